"""When an answer of ESI may be asked for again: pure decisions over headers and a clock.

Times are seconds since the epoch. ESI's own clock counts: what is compared is `Expires` with the
`Date` of the same answer, so a machine whose clock is wrong neither asks early nor serves stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from typing import TYPE_CHECKING

import msgspec

from eveobs.esi.bounds import MAX_PAGES, MAX_SKEW, Clamped, http_time, max_lifetime

if TYPE_CHECKING:
    from eveobs.esi.cache import Entry

__all__ = ["believed", "expiry", "http_date", "http_time", "same_etag"]


def http_date(seconds: float) -> str:
    """`seconds` as an HTTP date."""
    return formatdate(seconds, usegmt=True)


def expiry(headers: Mapping[str, str], *, now: float, cache_age: int) -> float:
    """When new data can exist, by this machine's clock.

    Without a usable `Expires` (a 304 can lack it, esi-issues#777) the route's documented cache age
    counts from now; a route without one is stale at once and is asked conditionally every time.
    """
    expires = http_time(headers.get("expires"))
    if expires is None:
        return now + cache_age
    date = http_time(headers.get("date"))
    lifetime = max(expires - (now if date is None else date), 0.0)
    return now + min(lifetime, max_lifetime(cache_age))


def believed(entry: Entry | None, cache_age: int) -> tuple[Entry | None, tuple[Clamped, ...]]:
    """What was kept on disk, as it may be believed: good for no longer than an answer of a route
    with this `cache_age` can be; and what was changed. None for one of a moment that has not come,
    or with more pages than a list has: it is as if nothing were kept.
    """
    if entry is None:
        return None, ()
    modified, pages = entry.last_modified, entry.pages
    if modified is not None and not 0 <= modified <= entry.stored + MAX_SKEW:
        return None, ()
    if pages is not None and not 1 <= pages <= MAX_PAGES:
        return None, ()
    latest = entry.stored + max_lifetime(cache_age)
    if entry.expires <= latest:
        return entry, ()
    clamped = Clamped("expiry", f"{entry.expires:.0f}", f"{latest:.0f}")
    return msgspec.structs.replace(entry, expires=latest), (clamped,)


def same_etag(one: str, other: str) -> bool:
    """Weak comparison: `W/"x"` equals `"x"` (RFC 9110, 8.8.3.2)."""
    return one.removeprefix("W/") == other.removeprefix("W/")
