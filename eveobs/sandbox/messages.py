"""A request and a reply as the wire has them, without a socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from multidict import CIMultiDict


class Asked(NamedTuple):
    """A request as it came. `target` is path and query; the names of `headers` in any case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


class Reply(NamedTuple):
    """What goes on the wire."""

    status: int
    headers: CIMultiDict[str]
    body: bytes | None


Hook = Callable[[Asked, float], Reply | None]
"""Asked before ESI is, with the sandbox's time; None: this request is not its own."""
