"""Which requests a fault is meant for: by route and page, and how often."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, NamedTuple
from urllib.parse import parse_qs

import msgspec

from eveobs.sandbox.draw import dice, happens

LISTS = "/contracts/public/*"
EVERYTHING = "/**"
_CHANCE = 90
"""What the dice are for; see `draw`."""
_WILD = re.compile(r"\*\*|\*|\{[^/{}]*\}")

Least1 = Annotated[int, msgspec.Meta(ge=1)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class Target(NamedTuple):
    """What a request asks for. `page` is 0 where the query has none that makes sense."""

    path: str
    page: int = 1

    @classmethod
    def of(cls, target: str) -> Target:
        """From a path with its query."""
        path, _, query = target.partition("?")
        if not query:
            return cls(path)
        text = parse_qs(query).get("page", ["1"])[-1]
        return cls(path, int(text) if text.isdecimal() and len(text) < 10 else 0)


class Aim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The requests that a fault hits: those of `route` and `page`, `after` so many of them every
    n-th, each with a `chance`, until it has hit so many `times`.

    In `route` a `*` (or a parameter as in `{region_id}`) is one part of the path, `**` any number.
    """

    route: Annotated[str, msgspec.Meta(pattern="^/")] = EVERYTHING
    page: Least1 | None = None
    after: Annotated[int, msgspec.Meta(ge=0)] = 0
    every: Least1 = 1
    chance: Share = 1.0
    times: Least1 | None = None

    def covers(self, target: Target) -> bool:
        """Whether it is one of these requests, however many there were."""
        if self.page is not None and target.page != self.page:
            return False
        return self.route == EVERYTHING or _pattern(self.route).fullmatch(target.path) is not None

    def is_due(self, number: int, seed: int) -> bool:
        """Whether the n-th of these requests (from 1) is hit. The same seed draws the same."""
        counted = number - self.after
        if counted < 1 or counted % self.every:
            return False
        return self.chance >= 1 or happens(dice(seed, _CHANCE, number), self.chance)


@lru_cache(maxsize=256)
def _pattern(route: str) -> re.Pattern[str]:
    parts, end = [], 0
    for wild in _WILD.finditer(route):
        parts += [re.escape(route[end : wild.start()]), ".*" if wild[0] == "**" else "[^/]*"]
        end = wild.end()
    return re.compile("".join([*parts, re.escape(route[end:])]))
