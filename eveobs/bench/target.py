"""What is measured: a route with its URLs, in a mode, under a load."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from eveobs.bench.load import Load
from eveobs.errors import UsageError
from eveobs.esi.route import Route

IN_PATHS = "/:@!$&'()*+,;=~"


class Mode(StrEnum):
    """Which part of eveobs answers."""

    NETWORK = "network"
    REVALIDATE = "revalidate"
    MEMORY = "memory"
    DISK = "disk"
    STORE = "store"

    @property
    def asks(self) -> bool:
        """Whether each request goes to the server."""
        return self in {Mode.NETWORK, Mode.REVALIDATE}


class Target(NamedTuple):
    """A URL: the route, and the parameters that fill it."""

    base: str
    route: Route
    parameters: Mapping[str, str]

    @property
    def path(self) -> str:
        """Path and query."""
        return self.route.url(self.parameters)

    @property
    def local(self) -> bool:
        """Whether it is on this machine, where nobody else's budget is spent."""
        return is_loopback(self.base)


class Case(NamedTuple):
    """A row of the result. `targets` are asked in turn; in `Mode.STORE`, `name` is a list.

    What does not wait for a server is done by one worker: several would only take turns.
    """

    name: str
    mode: Mode
    load: Load
    targets: tuple[Target, ...] = ()

    @property
    def key(self) -> str:
        """What tells it from others, also on another day and another port."""
        pace = f" {self.load.rate:g}/s" if self.load.rate else ""
        return f"{self.name} {self.mode} x{self.load.concurrency}{pace}"

    @property
    def local(self) -> bool:
        """Whether nothing of it leaves this machine."""
        return all(target.local for target in self.targets)


def cases(
    rows: Sequence[tuple[str, tuple[Target, ...], Mode]], loads: Iterable[Load]
) -> list[Case]:
    """A case for each row under each load, each once."""
    found = [
        Case(name, mode, load._replace(concurrency=_workers(load, targets, mode)), targets)
        for load in loads
        for name, targets, mode in rows
    ]
    return list({case.key: case for case in found}.values())


def _workers(load: Load, targets: Sequence[Target], mode: Mode) -> int:
    """As many as are of use: away from here, no URL is asked by two at once."""
    if not mode.asks:
        return 1
    local = all(target.local for target in targets)
    return load.concurrency if local else min(load.concurrency, len(targets))


def is_loopback(base: str) -> bool:
    """Whether `base` is an address of this machine alone. A name other than localhost is not asked
    about: it could mean something else a moment later.
    """
    host = (urlsplit(base).hostname or "").rstrip(".")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def target_of(text: str, base: str) -> Target:
    """What was typed: a route of the ESI at `base` such as /universe/types/587, or a whole URL.

    A path that ESI does not have is taken of another server on loopback, which may serve anything.
    Raises UsageError, for a path of ESI with the nearest one that it has.
    """
    esi = base.rstrip("/")
    if "://" in text:
        split = urlsplit(text)
        if split.scheme not in {"http", "https"} or not split.hostname:
            raise UsageError(f"{text} is no address", hint="Such as http://127.0.0.1:8787/status.")
        base = f"{split.scheme}://{split.netloc}"
        text = text.partition("://")[2].partition("/")[2]
    other = is_loopback(base) and base.rstrip("/") != esi
    route, parameters = _route_of("/" + text.lstrip("/"), any_path=other)
    missing = [
        part[1:-1]
        for part in route.path.split("/")
        if part.startswith("{") and part[1:-1] not in parameters
    ]
    if missing:
        raise UsageError(f"{route.path} needs {', '.join(missing)}", hint="Put it into the path.")
    return Target(base.rstrip("/"), route, parameters)


def _route_of(path: str, *, any_path: bool) -> tuple[Route, dict[str, str]]:
    from eveobs.esi.lookup import find

    try:
        return find("GET", path)
    except UsageError:
        if not any_path:
            raise
    split = urlsplit(path)
    asked = quote(unquote(split.path), safe=IN_PATHS)
    return Route("GET", asked), dict(parse_qsl(split.query, keep_blank_values=True))


def grouped(targets: Iterable[Target]) -> dict[str, tuple[Target, ...]]:
    """By the name of the row: URLs of one route together, one alone by its path.

    Hosts are named where there are several.
    """
    groups: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        same = groups.setdefault((target.base, target.route.path), [])
        if target not in same:
            same.append(target)
    several = len({base for base, _ in groups}) > 1
    named = {}
    for (base, path), same in groups.items():
        name = path if len(same) > 1 else same[0].path
        named[base + name if several else name] = tuple(same)
    return named
