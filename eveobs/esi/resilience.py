"""What a failed answer means: an error to report, a reason to wait, or one to try again.

Pure: takes status, headers, body and a clock. The client does the waiting.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from eveobs.errors import AnswerError, DowntimeError, EveobsError, LimitError, UnreachableError
from eveobs.esi.bounds import MAX_WAIT, Clamped, http_time, seconds_of, wait, whole_number
from eveobs.esi.limits import EVERYTHING, UNTOLD_PAUSE
from eveobs.esi.route import Route

BACKOFF_START = 0.25
BACKOFF_CAP = 15.0
HINTS = {
    400: "ESI does not take the question; if it stays so, ESI has changed: update eveobs.",
    401: "The route needs a character that is signed in.",
    403: "ESI refuses it to this program or character.",
    404: "There is no such thing, or no longer.",
}
AWAY = ("temporarily unavailable", "Timeout contacting")
"""ESI's words when the game behind it does not answer."""
EVERY_RETRY = 99
"""As many as the settings allow."""
NO_SUCH_PAGE = "Requested page does not exist"
"""An older gateway of ESI says 500 for a page beyond the last, with these words."""
LEAST_PAUSE = 1.0
"""Seconds to stay away at least, also where a limit says 0: its clock counts in whole seconds."""
SPAM_PAUSE = 10.0
"""Seconds to stay away from contract items after a ConStopSpamming that does not say how long."""


MAX_ERROR_BODY = 64 * 1024
"""Bytes of an error body that is read; ESI's have some hundreds."""


class _ErrorBody(msgspec.Struct):
    error: Any = ""


_error = msgspec.json.Decoder(_ErrorBody)


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed try. `pause` is a wait that was told or is known, for `pause_for` (a rate-limit
    group or everything), shown as `reason` ("": the limit of that group); without it `retries`
    counts the tries worth making, after a back-off of at least `after` seconds. `refused` is an
    access token in whose place another one may do.
    """

    error: EveobsError
    retries: int = 0
    after: float = 0.0
    pause: float | None = None
    pause_for: str = EVERYTHING
    refused: str = field(default="", repr=False)
    reason: str = ""
    clamped: tuple[Clamped, ...] = ()


def backoff(attempt: int) -> float:
    """Seconds before try `attempt` (from 1) is repeated: exponential, with full jitter."""
    return random.uniform(0, min(BACKOFF_CAP, BACKOFF_START * 2**attempt))  # noqa: S311


def judge(  # noqa: PLR0911 - one return a kind of answer
    route: Route, url: str, status: int, headers: Mapping[str, str], body: bytes, now: float
) -> Failure:
    """What an answer other than 2xx, 304 or one the caller expects means."""
    detail = error_text(body)
    what = f"{route.method} {url} answered {status}" + (f": {detail}" if detail else "")
    if status == 420:
        return _limit(f"ESI's error limit is reached ({what})", reset_after(headers, now), "", now)
    if status == 429:
        told = retry_after(headers, now)
        return _limit(f"a rate limit of ESI is reached ({what})", told, route.group, now)
    if "ConStopSpamming" in detail:
        told = spam_pause(detail)
        failure = _limit(f"the game asks to slow down ({what})", told, route.group, now)
        failure = replace(failure, reason=f"the game asks to slow down: {_guarded(route)}")
        if told > MAX_WAIT:
            return replace(failure, clamped=(Clamped("remainingTime", f"{told:.0f}", "3600"),))
        return failure
    after = retry_after(headers, now) or 0.0
    if is_downtime(status, detail, now):
        return Failure(downtime(what, now), 2, after)
    if status == 500 and NO_SUCH_PAGE in detail:
        return Failure(AnswerError(what, status=404, detail=detail))
    if status in (408, 500, 502, 503, 504, 520):
        trouble = UnreachableError(what, hint="ESI is in trouble; try again later.")
        return Failure(trouble, EVERY_RETRY, after)
    return Failure(_refusal(what, status, detail, headers))


def _guarded(route: Route) -> str:
    """What the game's spam guard protects, in a player's words."""
    return "contract items" if "/contracts" in route.path else route.path


def _refusal(what: str, status: int, detail: str, headers: Mapping[str, str]) -> EveobsError:
    if 300 <= status < 400:
        moved = headers.get("location", "elsewhere")
        return UnreachableError(what, hint=f"It points to {moved}; is esi.base_url right?")
    if not detail:
        hint = "It did not come from ESI: a proxy, a firewall, or a wrong esi.base_url."
        return UnreachableError(what, hint=hint)
    return AnswerError(what, status=status, detail=detail, hint=HINTS.get(status))


def _limit(message: str, told: float | None, group: str, now: float) -> Failure:
    pause = UNTOLD_PAUSE if told is None else max(wait(told), LEAST_PAUSE)
    error = LimitError(message, retry_at=now + pause, hint=f"Try again in {pause:.0f} seconds.")
    return Failure(error, pause=pause, pause_for=group)


def downtime(what: str, now: float) -> DowntimeError:
    """The game is away, as every day for a while, or in an outage."""
    hint = "The daily downtime starts at 11:00 UTC and usually ends within 15 minutes."
    if not in_daily_downtime(now):
        hint = "It is not the daily downtime (11:00 UTC): an outage. Try again in some minutes."
    return DowntimeError(f"EVE Online is not available ({what})", hint=hint)


def in_daily_downtime(now: float) -> bool:
    """Whether it is between 11:00 and 11:15 UTC."""
    moment = datetime.fromtimestamp(now, UTC)
    return moment.hour == 11 and moment.minute < 15


def is_downtime(status: int, detail: str, now: float) -> bool:
    """Whether a 502, 503 or 504 is the game being away rather than ESI being in trouble."""
    if status not in (502, 503, 504):
        return False
    return in_daily_downtime(now) or any(words in detail for words in AWAY)


def error_text(body: bytes) -> str:
    """ESI's own words in an error body, shortened; "" where there are none."""
    if len(body) > MAX_ERROR_BODY:
        return ""
    try:
        text = _error.decode(body).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return str(text)[:300]


def reset_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until the error limit starts anew, None where that is not told."""
    told = seconds_of(headers.get("x-esi-error-limit-reset"))
    return retry_after(headers, now) if told is None else told


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that Retry-After says, as a number or as a date; None where it says nothing."""
    text = headers.get("retry-after")
    told, moment = seconds_of(text), http_time(text)
    if told is None and moment is not None:
        date = http_time(headers.get("date"))
        told = wait(moment - (now if date is None else date))
    return told


def spam_pause(detail: str) -> float:
    """Seconds told by `ConStopSpamming, details: {"remainingTime": MICROSECONDS}`."""
    found = re.search(r'remainingTime"?\s*:\s*([0-9]+)', detail)
    return (whole_number(found[1]) or 0) / 1e6 if found else SPAM_PAUSE


@dataclass(slots=True)
class CircuitBreaker:
    """Stops asking a host that does not answer.

    Closed: everything goes. After `threshold` failures in a row it opens for `rest` seconds and
    every request fails at once with the last error; then one try decides.
    """

    threshold: int = 10
    rest: float = 30.0
    failures: int = 0
    open_until: float = 0.0
    last: EveobsError | None = None

    def refusal(self, now: float) -> EveobsError | None:
        """The error to fail with at once, or None to go ahead."""
        if self.failures < self.threshold or self.last is None:
            return None
        if now < self.open_until:
            return self.last
        self.open_until = now + self.rest  # half-open: this one tries, the others wait for it
        return None

    def rests_until(self, now: float) -> float:
        """When the next try may be made, if it is open; else 0."""
        is_open = self.failures >= self.threshold and now < self.open_until
        return self.open_until if is_open else 0.0

    def succeeded(self) -> None:
        """An answer came."""
        self.failures = 0

    def failed(self, error: EveobsError, now: float) -> None:
        """No answer came, or one that says the host is down. A downtime is believed sooner."""
        before = self.failures
        self.failures += max(self.threshold // 10, 1) if isinstance(error, DowntimeError) else 1
        self.last = error
        if before < self.threshold <= self.failures:
            self.open_until = now + self.rest
