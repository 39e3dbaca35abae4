"""When an answer of ESI may be asked for again: pure decisions over headers and a clock.

Times are seconds since the epoch. ESI's own clock counts: what is compared is `Expires` with the
`Date` of the same answer, so a machine whose clock is wrong neither asks early nor serves stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache


@lru_cache(maxsize=4096)
def http_time(text: str | None) -> float | None:
    """Seconds since the epoch of an HTTP date; None for none or one that cannot be read."""
    if not text:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


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
    return now + max(expires - (now if date is None else date), 0.0)


def same_etag(one: str, other: str) -> bool:
    """Weak comparison: `W/"x"` equals `"x"` (RFC 9110, 8.8.3.2)."""
    return one.removeprefix("W/") == other.removeprefix("W/")
