"""ESI's two limits, as the server keeps them: who has used how much, and until when."""

from __future__ import annotations

from collections import deque
from math import ceil

ERROR_LIMIT_EXCEEDED = (
    "This software has exceeded the error limit for ESI. If you are a user, please contact the "
    "maintainer of this software."
)
_ERRORS = 100
_ERROR_WINDOW = 60
_SUCCESS, _REDIRECTION, _CLIENT_ERROR, _SERVER_ERROR = 200, 300, 400, 500
_TOO_MANY_REQUESTS = 429
_SPAM, _SPAM_WINDOW = 20, 10


class ErrorLimit:
    """100 errors a minute over all routes together; the minutes count from `begin`."""

    def __init__(self, begin: int) -> None:
        self._begin = begin
        self._window = 0
        self._errors = 0
        self._exhausted_until = float("-inf")

    def remaining(self, now: float) -> int:
        """How many more errors are allowed in this minute."""
        self._turn(now)
        return 0 if now < self._exhausted_until else max(0, _ERRORS - self._errors)

    def reset(self, now: float) -> int:
        """Whole seconds until the minute is over, at least 1."""
        if now < self._exhausted_until:
            return ceil(self._exhausted_until - now)
        return _ERROR_WINDOW - int(now - self._begin) % _ERROR_WINDOW

    def count(self, now: float) -> None:
        """One more answer that was an error."""
        self._turn(now)
        self._errors += 1

    def exhaust(self, now: float, seconds: float) -> None:
        """Allow no more for so long, as if others had used it up."""
        self._exhausted_until = now + seconds

    def _turn(self, now: float) -> None:
        window = int((now - self._begin) // _ERROR_WINDOW)
        if window != self._window:
            self._window, self._errors = window, 0


class TokenBucket:
    """The tokens of one rate-limit group; each comes back one window after it was spent."""

    def __init__(self, group: str, tokens: int, window: int) -> None:
        self.group = group
        self._tokens = tokens
        self._window = window
        self._spent: deque[tuple[float, int]] = deque()
        self._used = 0

    @property
    def limit(self) -> str:
        """As the header says it, such as `600/15m`."""
        return f"{self._tokens}/{self._window // 60}m"

    def remaining(self, now: float) -> int:
        """Tokens left."""
        while self._spent and self._spent[0][0] <= now - self._window:
            self._used -= self._spent.popleft()[1]
        return max(0, self._tokens - self._used)

    def spend(self, now: float, status: int) -> int:
        """Takes what an answer of that status costs, and says how much that was."""
        cost = price(status)
        if cost:
            self._spent.append((now, cost))
            self._used += cost
        return cost

    def retry_after(self, now: float) -> int:
        """Whole seconds until there is a token again; 0: there is one."""
        if self.remaining(now):
            return 0
        used = self._used
        for moment, cost in self._spent:
            used -= cost
            if used < self._tokens:
                return int(moment + self._window - now) + 1
        return 0


class SpamGuard:
    """The game server's own limit on contract items: 20 in ten seconds for each character."""

    def __init__(self, *, on: bool = True) -> None:
        self._on = on
        self._asked: dict[int, deque[float]] = {}

    def wait(self, character: int, now: float) -> int:
        """Counts a request; microseconds until it would be answered, 0: it is."""
        asked = self._asked.setdefault(character, deque())
        while asked and asked[0] <= now - _SPAM_WINDOW:
            asked.popleft()
        if not self._on or len(asked) < _SPAM:
            asked.append(now)
            return 0
        return max(1, int((asked[0] + _SPAM_WINDOW - now) * 1_000_000))


def price(status: int) -> int:
    """What an answer costs, in tokens."""
    if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
        return 0
    if status >= _CLIENT_ERROR:
        return 5
    return 1 if status >= _REDIRECTION else 2


def is_error(status: int) -> bool:
    """Whether the error limit counts it: everything but 2xx and 3xx."""
    return not _SUCCESS <= status < _CLIENT_ERROR
