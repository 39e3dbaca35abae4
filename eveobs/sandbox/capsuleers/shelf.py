"""Answers that were given already, encoded, for as long as they are good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from eveobs.esi.routes import BY_PATH
from eveobs.sandbox.answers import Answer, Body, Call, page_of, paged
from eveobs.sandbox.calendar import DAY, Calendar, static_data_since

_MOST = 5_000
_BEFORE_EXPIRY = 106
"""As the other static data: last modified at 11:03:14, expires at 11:05:00."""


class _Kept(NamedTuple):
    """The pages of one answer, good from `since` on for as long as its route says."""

    since: int
    pages: list[Body]


class Shelf:
    """Renews each answer when its route says it is due."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._kept: dict[tuple[str, tuple[str, ...], str], _Kept] = {}

    def ttl(self, path: str) -> int:
        """How long answers of a GET route are good, in seconds; 0: until 11:05."""
        age = BY_PATH["GET", path].cache_age
        return self._calendar.ttl(age) if age else 0

    def since(self, path: str, now: float) -> int:
        """When an answer that is given now was renewed: it tells of that moment."""
        ttl = self.ttl(path)
        return self._calendar.tick(now, ttl) if ttl else static_data_since(now)

    def answer(
        self, path: str, call: Call, look: Callable[[int], Any], variant: str = ""
    ) -> Answer:
        """What `look` finds at the moment the answer tells of, or what it found before.

        `variant` tells apart what the same path answers to different queries.
        """
        route, since = BY_PATH["GET", path], self.since(path, call.now)
        key = (path, call.values, variant)
        kept = self._kept.get(key)
        hit = kept is not None and kept.since == since
        if kept is None or not hit:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            value = look(since)
            pages = paged(value) if route.paging == "x-pages" else [Body(value)]
            kept = self._kept[key] = _Kept(since, pages)
        ttl = self.ttl(path)
        modified, expires = (since, since + ttl) if ttl else (since - _BEFORE_EXPIRY, since + DAY)
        shared = "private" if route.scope else "public"
        if route.paging == "x-pages":
            page = page_of(kept.pages, call.page, last_modified=modified, expires=expires, hit=hit)
            return page._replace(cache_control=shared)
        return Answer(200, kept.pages[0], modified, expires, hit=hit, cache_control=shared)
