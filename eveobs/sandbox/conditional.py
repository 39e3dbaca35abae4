"""Conditional requests (RFC 9110, section 13): has the client got this already?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

from eveobs.sandbox.answers import Answer

_ETAG = re.compile(r'(?:W/)?("[^"]*")')


def not_modified(answer: Answer, headers: Mapping[str, str]) -> bool:
    """Whether 304 is the answer. If-None-Match, where sent, decides alone."""
    if answer.body is None or not answer.etag:
        return False
    wanted = headers.get("If-None-Match")
    if wanted is not None:
        return _matches(wanted, answer.body.etag)
    since = headers.get("If-Modified-Since")
    return (
        since is not None
        and answer.last_modified is not None
        and (answer.last_modified <= _seconds(since))
    )


def _matches(wanted: str, etag: str) -> bool:
    """The weak comparison: `W/` makes no difference."""
    return wanted.strip() == "*" or etag.removeprefix("W/") in _ETAG.findall(wanted)


def _seconds(date: str) -> float:
    """Seconds since the epoch; a date that is none is longer ago than everything."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return float("-inf")


@lru_cache(maxsize=4096)
def http_date(seconds: int) -> str:
    """As HTTP writes dates."""
    return formatdate(seconds, usegmt=True)
