"""What a site offers, and the best way to publish to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs.errors import ConfigError, EveobsError, SignInError, UnreachableError
from eveobs.publish.target import Target
from eveobs.publish.targets.wordpress.blog import Posts
from eveobs.publish.targets.wordpress.companion import Companion, OverRest, OverXmlRpc
from eveobs.publish.targets.wordpress.faults import RefusedError
from eveobs.publish.targets.wordpress.journal import Journal
from eveobs.publish.targets.wordpress.line import Line
from eveobs.publish.targets.wordpress.pictures import Linked, Media, Pictures, Taken
from eveobs.publish.targets.wordpress.posts import PlainPosts
from eveobs.publish.targets.wordpress.responses import About
from eveobs.publish.targets.wordpress.rest import Rest

if TYPE_CHECKING:
    from eveobs.publish.targets.wordpress.xmlrpc import XmlRpc

NO_METHOD = "-32601"
"""The fault of XML-RPC for a method that is not there."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a target of WordPress needs of eveobs: a `folder` for its journals, what many of each
    kind are called, who hears of what is odd, and whether pictures are taken to the site from the
    image server `images` ("" to link them).
    """

    folder: Path
    plurals: Mapping[str, str]
    warn: Callable[[str], None]
    images: str = ""


def find_way(line: Line, transport: str, around: Surroundings) -> Target:
    """The target for the site of `line`. `transport` is auto, rest or xmlrpc.

    Raises ConfigError, SignInError or UnreachableError where there is no way.
    """
    if transport == "xmlrpc":
        return _over_xmlrpc(line, around)
    try:
        return _over_rest(line, around)
    except (ConfigError, SignInError, UnreachableError, RefusedError) as error:
        if transport == "rest":
            raise
        first = error
    try:
        return _over_xmlrpc(line, around)
    except EveobsError:
        raise first from None


def about_over_rest(rest: Rest) -> About | None:
    """What the plugin says of the site; None where there is REST without it."""
    try:
        return rest.get("/eveobs/v1/site", About).body
    except RefusedError as error:
        if error.code != "rest_no_route":
            raise
        return None


def about_over_xmlrpc(caller: XmlRpc) -> About | None:
    """What the plugin says of the site; None where there is XML-RPC without it."""
    try:
        return OverXmlRpc(caller).send("site", {}, About)
    except RefusedError as error:
        if error.code != NO_METHOD:
            raise
        return None


def _over_rest(line: Line, around: Surroundings) -> Target:
    rest = Rest(line)
    about = about_over_rest(rest)
    if about is None:
        from eveobs.publish.targets.wordpress.rest_posts import RestPosts

        return _plain(line, RestPosts(rest), _pictures(rest, around), around)
    return _companion(line, OverRest(rest), about, _pictures(rest, around))


def _over_xmlrpc(line: Line, around: Surroundings) -> Target:
    from eveobs.publish.targets.wordpress.xmlrpc import XmlRpc
    from eveobs.publish.targets.wordpress.xmlrpc_posts import XmlRpcMedia, XmlRpcPosts

    caller = XmlRpc(line)
    about = about_over_xmlrpc(caller)
    pictures = _pictures(XmlRpcMedia(caller), around)
    if about is None:
        return _plain(line, XmlRpcPosts(caller), pictures, around)
    return _companion(line, OverXmlRpc(caller), about, pictures)


def _plain(line: Line, posts: Posts, pictures: Pictures, around: Surroundings) -> Target:
    now = posts.stamp()  # which only a user who is signed in is told
    journal = Journal(around.folder, line.home, around.warn)
    return PlainPosts(posts, journal, pictures, line, around.plurals, around.warn, now)


def _companion(
    line: Line,
    operations: OverRest | OverXmlRpc,
    about: About,
    pictures: Pictures,
) -> Target:
    if about.protocol != Companion.protocol:
        raise ConfigError(
            f"the plugin of {line.home} is of another version ({about.plugin})",
            hint="`eveobs publish plugin > eveobs.php` makes the one that fits.",
        )
    return Companion(operations, line, about, pictures)


def _pictures(media: Media, around: Surroundings) -> Pictures:
    return Taken(media, around.images, around.warn) if around.images else Linked()
