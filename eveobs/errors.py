"""Everything that can go wrong, and the exit code of each.

    EveobsError                 1  failed
    ├── UsageError              2  the command line asks for something that does not exist
    ├── ConfigError             3  a setting, or the place it points to, is wrong
    ├── SignInError             4  no token, or one without the scope
    ├── UnreachableError        5  no answer, or none that is ESI's
    │   └── DowntimeError       5  the daily downtime, or a datasource that is away
    ├── LimitError              6  a limit is reached; `retry_at` says until when
    ├── NotFoundError           1  nothing that is stored has that id or name
    ├── AnswerError             1  ESI answered with an error
    │   └── ShapeError          1  the body does not have the documented shape
    ├── PartialError            7  some of what was asked for is missing
    └── StoreError              1  the store refused: disk full, locked, damaged

A partial observation is a result, not an error; its exit code is that of PartialError.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell sees."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    SIGN_IN = 4
    UNREACHABLE = 5
    LIMITED = 6
    PARTIAL = 7
    INTERRUPTED = 130
    CLOSED_PIPE = 141
    TERMINATED = 143


SIMILARITY = 0.75
"""The least `difflib` ratio of a suggestion: "The Froge" is 0.89 like "The Forge", "jita" only 0.5
like "Heimatar". Something far away is a worse answer than none.
"""


def nearest(word: str, names: Iterable[str], most: int = 3) -> list[str]:
    """Those of `names` that somebody who wrote `word` may have meant, the likeliest first: what it
    begins or, of three letters or more, is a part of; else what is spelt much like it, in any case.
    """
    asked = word.strip().casefold()
    folded = {name.casefold(): name for name in names}
    if not asked:
        return []
    begins = [name for one, name in folded.items() if one.startswith(asked)]
    inside = [name for one, name in folded.items() if asked in one and name not in begins]
    if len(asked) >= 3 and 0 < len(begins + inside) <= most:
        return begins + inside
    from difflib import get_close_matches

    return [folded[one] for one in get_close_matches(asked, folded, n=most, cutoff=SIMILARITY)]


def did_you_mean(near: Sequence[str]) -> str | None:
    """The hint with these names; None without any."""
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else None


class EveobsError(Exception):
    """A failure that a person can act on: what happened, to what, and what to do about it.

    `advice` is what to do where nothing better is known; a `hint` is better.
    """

    exit_code = ExitCode.FAILED
    advice = "Run it again with -v to see what is done."

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(EveobsError):
    """The command line names something that does not exist, or things that exclude each other."""

    advice = "--help says what the command takes."
    exit_code = ExitCode.USAGE


class NotFoundError(EveobsError):
    """Nothing that is stored has that id or name. The command line is right, and may find something
    another day.
    """

    advice = "`eveobs fetch` gets what is there now."


class ConfigError(EveobsError):
    """A setting is wrong, or what it points to cannot be used."""

    advice = "`eveobs config show --origin` has every setting, and where it is from."
    exit_code = ExitCode.CONFIGURATION


class SignInError(EveobsError):
    """No character is signed in, or its token lacks a scope."""

    advice = "`eveobs auth list` shows who is signed in, `eveobs auth login` signs in."
    exit_code = ExitCode.SIGN_IN


class UnreachableError(EveobsError):
    """No answer, or one that did not come from ESI (a proxy's page, an empty body)."""

    advice = "Try again in some minutes; `eveobs health` tells what can be reached."
    exit_code = ExitCode.UNREACHABLE


class DowntimeError(UnreachableError):
    """ESI is up, the game behind it is not: the daily downtime from 11:00 UTC, or an outage."""


class LimitError(EveobsError):
    """ESI's error limit or a rate limit is reached.

    `retry_at` is the moment, in seconds since the epoch, from which asking is allowed again.
    """

    advice = "Try again after that time; `eveobs limits` shows what is left."
    exit_code = ExitCode.LIMITED

    def __init__(self, message: str, *, retry_at: float, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_at = retry_at


class AnswerError(EveobsError):
    """ESI answered, with an error: `status` is the HTTP status, `detail` ESI's own words."""

    def __init__(
        self, message: str, *, status: int, detail: str = "", hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.detail = detail


class ShapeError(AnswerError):
    """The body is not what the route documents. Such a body is never cached or stored."""


class PartialError(EveobsError):
    """What arrived was given out; some of it is missing."""

    advice = "What arrived is kept; run it again to get the rest."
    exit_code = ExitCode.PARTIAL


class StoreError(EveobsError):
    """The store could not be read or written. What was committed before is intact."""

    advice = "`eveobs health --check store` looks at it; what was stored before is intact."
