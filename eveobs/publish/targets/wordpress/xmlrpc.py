"""XML-RPC by python-wordpress-xmlrpc; the one module that knows that library.

Around it: its results of lists work on Python 3.10 and newer; nothing is asked when it is made;
each call is sent once, over httpx, with time-outs and a cap on the answer; a fault is told by what
it says, since WordPress gives the number 403 to a wrong password and an unknown post type alike.
"""

from __future__ import annotations

import collections
import xmlrpc.client
from collections.abc import Sequence
from typing import Any, TypeVar
from xml.parsers.expat import ExpatError

collections.Iterable = collections.abc.Iterable  # type: ignore[attr-defined]  # gone since 3.10

from wordpress_xmlrpc import Client, WordPressTerm  # noqa: E402 - after the line above
from wordpress_xmlrpc.base import (  # noqa: E402
    AnonymousMethod,
    AuthenticatedMethod,
    XmlrpcMethod,
)
from wordpress_xmlrpc.methods.media import UploadFile  # noqa: E402
from wordpress_xmlrpc.methods.options import GetOptions  # noqa: E402
from wordpress_xmlrpc.methods.posts import (  # noqa: E402
    DeletePost,
    EditPost,
    GetPost,
    GetPosts,
    NewPost,
)
from wordpress_xmlrpc.methods.taxonomies import GetTerms, NewTerm  # noqa: E402
from wordpress_xmlrpc.methods.users import GetProfile  # noqa: E402

from eveobs.errors import EveobsError  # noqa: E402
from eveobs.publish.targets.wordpress import faults  # noqa: E402
from eveobs.publish.targets.wordpress.faults import RefusedError  # noqa: E402
from eveobs.publish.targets.wordpress.line import Answer, Line  # noqa: E402
from eveobs.publish.targets.wordpress.responses import (  # noqa: E402
    XmlFault,
    same_number,
    shaped,
)

T = TypeVar("T")
BATCH = 25
"""Calls in one multicall: each pays for a sign-in of its own, and PHP has 30 seconds for all."""
__all__ = [
    "BATCH",
    "DeletePost",
    "EditPost",
    "GetOptions",
    "GetPost",
    "GetPosts",
    "GetProfile",
    "GetTerms",
    "Methods",
    "NewPost",
    "NewTerm",
    "UploadFile",
    "WordPressTerm",
    "XmlRpc",
    "XmlrpcMethod",
    "operation",
]


class Methods(AnonymousMethod):  # type: ignore[misc]
    """The names of all methods."""

    method_name = "mt.supportedMethods"


_BROKEN = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)
"""What the standard library's decoder raises for XML that is no response."""


class _Transport(xmlrpc.client.Transport):
    """Carries calls over `line`; see the module."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def request(
        self,
        host: Any,  # noqa: ARG002 - the line knows
        handler: str,  # noqa: ARG002
        request_body: Any,
        verbose: bool = False,  # noqa: ARG002
    ) -> Any:
        """Send one call, and decode its answer."""
        url = f"{self._line.home}xmlrpc.php"
        headers = {"content-type": "text/xml"}
        answer = self._line.send("POST", url, headers, request_body)
        if answer.status not in (200, 405, 500) or not answer.body.startswith(b"<?xml"):
            faults.refuse(self._line.home, answer, XmlRpc.way)
        return self._decoded(answer)

    def _decoded(self, answer: Answer) -> Any:
        parser, target = xmlrpc.client.getparser()
        try:
            parser.feed(answer.body)
            parser.close()
            return target.close()
        except xmlrpc.client.Fault:
            raise
        except (ExpatError, xmlrpc.client.Error, *_BROKEN):
            return faults.refuse(self._line.home, answer, XmlRpc.way)


class _Client(Client):  # type: ignore[misc]
    """The library's client, which asks nothing when it is made."""

    def __init__(self, line: Line) -> None:
        self.url = f"{line.home}xmlrpc.php"
        self.username, self.password = line.username, line.password.reveal()
        self.blog_id = 0
        self.server = xmlrpc.client.ServerProxy(
            self.url, transport=_Transport(line), allow_none=True
        )


class XmlRpc:
    """Calls over `line`, as its user."""

    way = "XML-RPC"

    def __init__(self, line: Line) -> None:
        self.site, self.line = line.home, line
        self._client = _Client(line)

    def call(self, method: XmlrpcMethod, shape: type[T]) -> T:
        """Call `method`, which gives a `shape`. Raises RefusedError for what concerns it alone."""
        result = self._sent(method.method_name, *method.get_args(self._client))
        return shaped(result, shape, self.site, self.way)

    def many(self, methods: Sequence[XmlrpcMethod], shape: type[T]) -> list[T | EveobsError]:
        """Call up to BATCH methods in one request: for each a `shape`, or the error it met.

        Raises what concerns them all, a refused sign-in or a site that failed.
        """
        calls = [
            {"methodName": one.method_name, "params": list(one.get_args(self._client))}
            for one in methods
        ]
        raw = self._sent("system.multicall", calls)
        answered = shaped(raw, list[dict[str, Any] | list[Any]], self.site, self.way)
        same_number(answered, len(calls), self.site, self.way)
        results: list[T | EveobsError] = []
        for one in answered:
            if isinstance(one, dict):
                fault = shaped(one, XmlFault, self.site, self.way)
                results.append(self._told(fault.faultCode, fault.faultString))
            else:
                (result,) = same_number(one, 1, self.site, self.way)
                results.append(shaped(result, shape, self.site, self.way))
        return results

    def _sent(self, name: str, *arguments: Any) -> Any:
        try:
            return getattr(self._client.server, name)(*arguments)
        except xmlrpc.client.Fault as fault:
            told = {"faultCode": fault.faultCode, "faultString": fault.faultString}
        fault_of = shaped(told, XmlFault, self.site, self.way)
        raise self._told(fault_of.faultCode, fault_of.faultString)

    def _told(self, code: int, words: str) -> EveobsError:
        """What a fault means. Its number says little, its text more."""
        text = faults.plain(words.encode("utf-8", "replace"))
        if code == 405:
            return faults.disabled(self.site, self.way, "rest")
        if code == 403 and _about_password(text):
            return faults.wrong_password(self.site)
        if code == 401:
            return faults.low_role(self.site, text)
        if code == 500:  # PHP or the database failed: how far it came, nobody said
            return _raised(self.site, Answer(500, {}, words.encode("utf-8", "replace")))
        return RefusedError(f"{text} ({code})", code=str(code), status=code)


def operation(name: str, text: str) -> XmlrpcMethod:
    """The companion plugin's operation `name`, given and giving JSON."""

    class Operation(AuthenticatedMethod):  # type: ignore[misc]
        method_name = f"eveobs.{name}"
        method_args = ("text",)

    return Operation(text)


def _about_password(text: str) -> bool:
    """Whether a fault 403 is about the sign-in: other languages than English say it otherwise, but
    what else it may be about says so by the word `post`, `type` or `taxonomy`.
    """
    words = text.lower()
    return not any(word in words for word in ("post", "type", "taxonomy", "term", "blog"))


def _raised(site: str, answer: Answer) -> EveobsError:
    try:
        faults.refuse(site, answer, XmlRpc.way)
    except EveobsError as error:
        return error
