"""Bounds of every number and date that an answer of ESI brings, applied where it enters.

A server, a proxy or a damaged file can say anything: a limit that ends in 31 years, an answer that
is good until the year 9999. `bounded_headers` puts each value within the bound that stands here
with its reason, so that nothing behind it has to doubt a number again. Pure: takes headers and a
clock, and tells what it changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

MAX_WAIT = 3600.0
"""Seconds to stay away because of a limit. ESI's error limit starts anew each minute and its token
buckets each 15 minutes (OpenAPI document 2026-08-18); four windows are more than any limit needs.
"""
MAX_REMAINING = 1_000_000
"""Errors or tokens left, or tokens of a bucket. The largest documented bucket has 12,000."""
MIN_TOKENS = 5
"""Tokens of a bucket at least: what one answer may cost (4xx). With fewer nothing could be sent."""
MAX_WINDOW = 3600.0
"""Seconds of a bucket's window: every documented one is 15 minutes, and no wait is longer than
MAX_WAIT."""
MAX_PAGES = 10_000
"""Pages of a list: ten million rows, more than any list of ESI has. More is an error of its own
(`paging.page_count`), since a list that was cut short here would not be whole."""
DAY = 86_400.0
MIN_LIFETIME = 600.0
"""Seconds an answer may be good for at least, however short the route's cache age: the daily
downtime (15 minutes) prolongs some."""
UNDOCUMENTED_LIFETIME = DAY + 3600.0
"""The same for routes without a documented cache age: "expires daily at 11:05"."""
LONG_LIFETIME = 8 * DAY
"""The same for routes that are documented with a day or more: `/characters/{character_id}` (86,400)
was recorded in January 2026 with an `Expires` 604,450 seconds ahead, and asking before it would
circumvent ESI's cache."""
MAX_SKEW = 7 * DAY
"""Seconds by which this machine's clock and ESI's `Date` may differ for a `Last-Modified` in this
machine's future to be believed. A moment far ahead would make every later observation an older one.
"""
TOLERANCE = 60.0
"""Seconds by which `Last-Modified` may lie behind `Date`: clocks of ESI's own machines differ."""
MAX_TIME = 253_402_300_799.0
"""9999-12-31T23:59:59Z, the last moment that can be written as a date."""

_NUMBER = re.compile(r"[ \t]*([+-]?)([0-9]+)(?:\.([0-9]*))?[ \t]*")
_LIMIT = re.compile(r"[ \t]*([0-9]+)/([0-9]+)([smhd])[ \t]*")
_USUAL = frozenset(map(str, range(1, 1001)))
"""What nearly every count is; found quicker than it is read."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DIGITS = 15
"""Digits that are read; more are a number beyond every bound."""
_COUNTS = (
    ("x-esi-error-limit-remain", MAX_REMAINING),
    ("x-ratelimit-remaining", MAX_REMAINING),
    ("x-ratelimit-used", MAX_REMAINING),
)


class Clamped(NamedTuple):
    """A value that was out of its bound: where it stood, what it said, what is used instead ("" for
    nothing: it is as if it were not there).
    """

    where: str
    said: str
    used: str


@lru_cache(maxsize=4096)
def number(text: str | None) -> float | None:
    """The number in `text`; None for what is none: empty, NaN, exponents, digits of other scripts.
    One of more than 15 digits is as large as one of 15 can be.
    """
    found = _NUMBER.fullmatch(text) if text else None
    if found is None:
        return None
    sign, digits, fraction = found.groups()
    digits = digits.lstrip("0")
    if len(digits) > _DIGITS:
        digits, fraction = "1" + _DIGITS * "0", ""
    size = float(f"{digits or 0}.{fraction[:_DIGITS] if fraction else 0}")
    return -size if sign == "-" else size


def whole_number(text: str | None) -> int | None:
    """The same without its fraction."""
    found = number(text)
    return None if found is None else int(found)


def within(number: float, least: float, most: float) -> float:
    """`number` put between `least` and `most`; NaN becomes `least`."""
    return min(max(least, number), most) if number == number else least  # noqa: PLR0124 - NaN


def wait(seconds: float) -> float:
    """Seconds to wait for a limit, within MAX_WAIT."""
    return within(seconds, 0.0, MAX_WAIT)


def moment(seconds: float | None, most: float = MAX_TIME) -> float | None:
    """A time since the epoch that can be written as a date and is not after `most`; else None."""
    return seconds if seconds is not None and 0 <= seconds <= most else None


@lru_cache(maxsize=256)
def max_lifetime(cache_age: int) -> float:
    """Seconds for which an answer of a route with this documented `cache_age` (0: none) may be
    good: four times that, at least MIN_LIFETIME and at most a day beyond.
    """
    if cache_age <= 0:
        return UNDOCUMENTED_LIFETIME
    usual = max(min(4.0 * cache_age, cache_age + DAY), MIN_LIFETIME)
    return max(usual, LONG_LIFETIME) if cache_age >= DAY else usual


@lru_cache(maxsize=4096)
def http_time(text: str | None) -> float | None:
    """Seconds since the epoch of an HTTP date; None for none or one that cannot be read."""
    if not text or len(text) > 64 or not text.isascii():
        return None
    try:
        found = parsedate_to_datetime(text)
        # `-0000` gives a time without a zone, which would be taken for this machine's.
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def parse_limit(text: str) -> tuple[int, float] | None:
    """Tokens and seconds of a limit such as `600/15m`, each within its bound; None for no limit."""
    found = _LIMIT.fullmatch(text)
    if found is None:
        return None
    tokens, window = (whole_number(part) or 0 for part in found.groups()[:2])
    seconds = float(window * _UNITS[found[3]])
    bounded = within(tokens, MIN_TOKENS, MAX_REMAINING)
    return int(bounded), within(seconds, 1.0, MAX_WINDOW)


def bounded_headers(
    headers: Mapping[str, str], *, cache_age: int, now: float
) -> tuple[Mapping[str, str], tuple[Clamped, ...]]:
    """`headers` (found by lower-case name) with every number and date within its bound, and what
    was changed. The very same mapping where nothing was, which is nearly always.

    `cache_age` is that of the route, in seconds; `now` in seconds since the epoch.
    """
    changes: dict[str, str] = {}
    for name, most in _COUNTS:
        _count(headers, name, 0, most, changes)
    _reset(headers, changes)
    _pages(headers, changes)
    _limit(headers, changes)
    _retry_after(headers, now, changes)
    _dates(headers, cache_age, now, changes)
    if not changes:
        return headers, ()
    clamped = tuple(
        Clamped(name, str(headers.get(name, "")), used) for name, used in changes.items()
    )
    kept = {name.lower(): value for name, value in headers.items()} | changes
    return {name: value for name, value in kept.items() if value or name not in changes}, clamped


def _count(
    headers: Mapping[str, str], name: str, least: int, most: int, changes: dict[str, str]
) -> None:
    text = headers.get(name)
    if text is None or text in _USUAL:
        return
    found = whole_number(text)
    if found is None:
        changes[name] = ""
    elif not least <= found <= most:
        changes[name] = str(int(within(found, least, most)))


def _pages(headers: Mapping[str, str], changes: dict[str, str]) -> None:
    """Too many stay too many by one: whoever reads them refuses the list."""
    _count(headers, "x-pages", 1, MAX_PAGES + 1, changes)


def _reset(headers: Mapping[str, str], changes: dict[str, str]) -> None:
    """A limit that ended in the past says nothing: what is cautious counts instead."""
    text = headers.get("x-esi-error-limit-reset")
    if text is None:
        return
    found = seconds_of(text)
    if found is None or found != number(text):
        changes["x-esi-error-limit-reset"] = "" if found is None else f"{found:.0f}"


def seconds_of(text: str | None) -> float | None:
    """The seconds that a limit says, within MAX_WAIT; None for no number and for a negative one."""
    found = number(text)
    return None if found is None or found < 0 else wait(found)


def _limit(headers: Mapping[str, str], changes: dict[str, str]) -> None:
    text = headers.get("x-ratelimit-limit")
    if text is None:
        return
    found = _LIMIT.fullmatch(text)
    bounded = parse_limit(text)
    if found is None or bounded is None:
        changes["x-ratelimit-limit"] = ""
        return
    tokens, window = (whole_number(part) or 0 for part in found.groups()[:2])
    if bounded != (tokens, window * _UNITS[found[3]]):
        changes["x-ratelimit-limit"] = f"{bounded[0]}/{bounded[1]:.0f}s"


def _retry_after(headers: Mapping[str, str], now: float, changes: dict[str, str]) -> None:
    """Seconds, or a date, which counts from the answer's own `Date`."""
    text = headers.get("retry-after")
    if text is None:
        return
    if (found := number(text)) is not None:
        if (seconds := seconds_of(text)) is None or seconds != found:
            changes["retry-after"] = "" if seconds is None else f"{seconds:.0f}"
        return
    if (until := http_time(text)) is not None:
        date = http_time(headers.get("date"))
        seconds = max(until - (now if date is None else date), 0.0)
        if seconds > MAX_WAIT:
            changes["retry-after"] = f"{MAX_WAIT:.0f}"
    else:
        changes["retry-after"] = ""


def _dates(headers: Mapping[str, str], cache_age: int, now: float, changes: dict[str, str]) -> None:
    date = http_time(headers.get("date"))
    expires = http_time(headers.get("expires"))
    if expires is not None:
        # Skew of clocks does not matter: both dates are by the clock of the same server.
        start = now if date is None else date
        longest = max_lifetime(cache_age)
        if expires - start > longest:
            changes["expires"] = formatdate(min(start + longest, MAX_TIME), usegmt=True)
    modified = http_time(headers.get("last-modified"))
    if modified is not None:
        believed = date if date is not None and abs(date - now) <= MAX_SKEW else now
        if modified > max(believed, now) + TOLERANCE or modified < 0:
            changes["last-modified"] = ""
