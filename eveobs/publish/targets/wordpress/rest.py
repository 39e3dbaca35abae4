"""The REST API of a site: JSON in, JSON out, and every other answer turned into an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec

from eveobs.errors import EveobsError
from eveobs.publish.targets.wordpress import faults
from eveobs.publish.targets.wordpress.address import route_of
from eveobs.publish.targets.wordpress.faults import RefusedError
from eveobs.publish.targets.wordpress.line import Answer, Line
from eveobs.publish.targets.wordpress.pictures import Held
from eveobs.publish.targets.wordpress.responses import (
    Batch,
    BatchItem,
    Media,
    ShownPost,
    decode,
    same_number,
    shaped,
)

T = TypeVar("T")

BATCH = 25
"""Requests in one call of /batch/v1: WordPress takes no more."""
_SIGN_IN = {401}
_TOO_LOW = ("rest_cannot", "rest_forbidden", "eveobs_not_allowed", "rest_user_cannot")
_MISSING = {"rest_post_invalid_id", "rest_no_route"}


class Reply(NamedTuple, Generic[T]):
    """A decoded body, with the headers by lower-case name."""

    body: T
    headers: Mapping[str, str]


class Rest:
    """REST requests over `line`, signed with an application password."""

    way = "REST"

    def __init__(self, line: Line) -> None:
        self._line = line
        self.site = line.home

    def get(self, path: str, shape: type[T], **query: str | int) -> Reply[T]:
        """Ask `path`, such as /wp/v2/posts, for a `shape`."""
        answer = self._call("GET", self._url(path, query), {}, None)
        return Reply(self.shaped(answer.body, shape), answer.headers)

    def post(self, path: str, body: Any, shape: type[T], **query: str | int) -> T:
        """Send `body` to `path`, which answers with a `shape`."""
        headers = {"content-type": "application/json"}
        content = msgspec.json.encode(body)
        answer = self._call("POST", self._url(path, query), headers, content)
        return self.shaped(answer.body, shape)

    def shown(self, slugs: Sequence[str]) -> list[ShownPost]:
        """The published posts that bear `slugs`, whoever wrote them: as a reader is shown them."""
        return self.get(
            "/wp/v2/posts", list[ShownPost], slug=",".join(slugs), per_page=100,
            _fields="id,slug,content.rendered",
        ).body  # fmt: skip

    def shaped(self, value: Any, shape: type[T]) -> T:
        """`value` as a `shape`. Raises UnknownOutcomeError for what is none."""
        return shaped(value, shape, self.site, self.way)

    def held(self, name: str) -> Held | None:
        """See `Media`."""
        found = self.get("/wp/v2/media", list[Media], slug=name, _fields="id,source_url").body
        return Held(str(found[0].id), found[0].source_url) if found else None

    def take(self, name: str, kind: str, content: bytes) -> Held:
        """See `Media`."""
        headers = {"content-type": kind, "content-disposition": f'attachment; filename="{name}"'}
        answer = self._call("POST", self._url("/wp/v2/media", {}), headers, content)
        made = self.shaped(answer.body, Media)
        return Held(str(made.id), made.source_url)

    def batch(self, requests: Sequence[tuple[str, str, Any]]) -> list[Any | EveobsError]:
        """Carry out up to BATCH of (method, path, body) in one request: for each its body, or the
        error that it met.
        """
        some = [
            {"method": method, "path": path, "body": body} if body is not None
            else {"method": method, "path": path}
            for method, path, body in requests
        ]  # fmt: skip
        answered = self.post("/batch/v1", {"requests": some}, Batch).responses
        same_number(answered, len(some), self.site, self.way)
        return [self._one(one) for one in answered]

    def _one(self, one: BatchItem) -> Any | EveobsError:
        return one.body if one.status < 400 else self._error(one.status, one.body)

    def _url(self, path: str, query: Mapping[str, str | int]) -> str:
        more = "".join(f"&{name}={quote(str(value), safe=',:')}" for name, value in query.items())
        return route_of(self.site, path) + more

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Reply[Any]:
        signed = {"authorization": self._line.basic, "accept": "application/json", **headers}
        answer = self._line.send(method, url, signed, content)
        body = self._decoded(answer)
        if answer.status >= 400:
            raise self._error(answer.status, body, answer)
        return Reply(body, answer.headers)

    def _decoded(self, answer: Answer) -> Any:
        if answer.kind.endswith("json"):
            try:
                return decode(answer.body)
            except ValueError:
                pass
        return faults.refuse(self.site, answer, self.way)

    def _error(self, status: int, body: Any, answer: Answer | None = None) -> EveobsError:
        about = body if isinstance(body, dict) else {}
        code, message = str(about.get("code", "")), _words(about)
        if status in _SIGN_IN and "disabled" in f"{code} {message}".lower():
            return faults.disabled(self.site, self.way, "xmlrpc")
        if status in _SIGN_IN:
            return faults.wrong_password(self.site)
        if status == 403 and code.startswith(_TOO_LOW):
            return faults.low_role(self.site, message)
        if status >= 500 or status in (408, 413, 429):
            return _raised(self.site, answer or Answer(status, {}, message.encode()), self.way)
        return RefusedError(f"{message} ({code})", code=code, status=status)


def _words(about: Mapping[str, Any]) -> str:
    return faults.plain(str(about.get("message", "refused")).encode("utf-8", "replace"))


def _raised(site: str, answer: Answer, way: str) -> EveobsError:
    try:
        faults.refuse(site, answer, way)
    except EveobsError as error:
        return error


def is_missing(error: EveobsError) -> bool:
    """Whether there is no such post, or no such route."""
    return isinstance(error, RefusedError) and (error.status == 404 or error.code in _MISSING)
