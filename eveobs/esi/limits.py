"""What ESI still allows, as a state machine: it takes headers and a clock and decides.

Two regimes. Routes without a rate-limit group share the **error limit**: a hundred failed answers a
minute, after which every route answers 420. Routes with a group spend **tokens** of a bucket that
fills again one window after each was spent. Both are counted at ESI for all programs of a machine
together, so a `Ledger` is shared by all eveobs processes (see `shared_limits`); nothing here knows
how. Times are seconds since the epoch.
"""

from __future__ import annotations

import msgspec

from eveobs.esi.bounds import (
    MAX_REMAINING,
    MAX_WAIT,
    MAX_WINDOW,
    MIN_TOKENS,
    Clamped,
    parse_limit,
    wait,
    whole_number,
    within,
)
from eveobs.esi.route import Route

ERROR_LIMIT = 100
ERROR_WINDOW = 60.0
ERROR_MARGIN = 10
"""Errors left to programs that are not eveobs, and to what is not known yet."""
HOLDER_LIFE = 10.0
"""Seconds after which a process that was not heard of no longer holds an allowance."""
COSTLIEST = 5
"""Tokens an answer may cost at worst (4xx); reserved before it is known."""
PACE_FROM = 0.8
"""Share of a bucket from which on requests are spread instead of sent at once."""
GRAINS = 600
"""Moments into which a window is cut."""
UNTOLD_PAUSE = 60.0
"""Seconds to stay away where a limit does not say how long."""
EVERYTHING = ""
"""The pause that holds for all routes."""


MAX_WHY = 500
"""Characters of the reason that a circuit is open."""


def bucket_key(group: str, owner: str = "") -> str:
    """What ESI counts together: a group for one character (`owner`, its id), or without one for
    the machine's address.
    """
    return f"{group}|{owner}"


def tokens(route: Route, status: int) -> int:
    """What an answer cost of the route's bucket."""
    return cost(status) if route.group else 0


def cost(status: int) -> int:
    """Tokens of an answer: 2xx 2, 3xx 1, 4xx 5 (429 free), 5xx 0."""
    return 0 if status == 429 else {2: 2, 3: 1, 4: 5}.get(status // 100, 0)


class Bucket(msgspec.Struct):
    """The tokens of one rate-limit group (and character): what was spent, when, and what for.

    `spent` holds pairs of time and tokens, oldest first.
    """

    limit: int
    window: float
    spent: list[tuple[float, int]] = msgspec.field(default_factory=list)
    last: float = 0.0

    def used(self, now: float) -> int:
        """Tokens that have not come back yet."""
        while self.spent and self.spent[0][0] <= now - self.window:
            self.spent.pop(0)
        return sum(tokens for _, tokens in self.spent)

    def delay(self, tokens: int, now: float, *, paced: bool = True) -> float:
        """Seconds until `tokens` may be spent; from PACE_FROM on they are spread, where `paced`."""
        used = self.used(now)
        if used + tokens > self.limit:
            return max(self._returns(used + tokens - self.limit) - now, 0.001)
        if paced and used + tokens > PACE_FROM * self.limit:
            return max(self.last + tokens * self.window / self.limit - now, 0.0)
        return 0.0

    def _returns(self, tokens: int) -> float:
        """When `tokens` of those spent will have come back."""
        back = 0
        for when, some in self.spent:
            back += some
            if back >= tokens:
                return when + self.window
        return self.spent[-1][0] + self.window if self.spent else 0.0

    def take(self, tokens: int, now: float) -> None:
        """Spend `tokens`. What is spent within a moment is kept as one, at its end."""
        self.last = now
        if self.spent and now - self.spent[-1][0] < self.window / GRAINS:
            tokens += self.spent.pop()[1]
        self.spent.append((now, tokens))

    def bound(self, now: float) -> None:
        """Put what was read from disk within its bounds: nothing was spent in the future."""
        self.limit = int(within(self.limit, MIN_TOKENS, MAX_REMAINING))
        self.window = within(self.window, 1.0, MAX_WINDOW)
        self.last = within(self.last, 0.0, now)
        spent = [
            (within(when, 0.0, now), int(within(tokens, 0, MAX_REMAINING)))
            for when, tokens in self.spent[-2 * GRAINS :]
        ]
        self.spent = sorted(spent)

    def give_back(self, tokens: int) -> None:
        """Of what was reserved, `tokens` were not spent after all."""
        for index in range(len(self.spent) - 1, -1, -1):
            when, some = self.spent[index]
            back = min(some, tokens)
            self.spent[index] = (when, some - back)
            tokens -= back
            if not tokens:
                return

    def learn(self, limit: str, remaining: str | None, now: float, reserved: int) -> None:
        """Take in `X-Ratelimit-Limit` (such as 600/15m) and `-Remaining`.

        Fewer tokens left than is known here, those reserved for requests under way aside, were
        spent by another program.
        """
        if (told := parse_limit(limit)) is not None:
            self.limit, self.window = told
        if (left := whole_number(remaining)) is not None:
            elsewhere = self.limit - max(left, 0) - self.used(now)
            if elsewhere > reserved:
                self.spent.append((now, elsewhere))


def _not_after(until: float, latest: float, what: str, clamped: list[Clamped]) -> float:
    bounded = within(until, 0.0, latest)
    if until > latest:
        clamped.append(Clamped(f"end of {what}", f"{until:.0f}", f"{latest:.0f}"))
    return bounded


class Holder(msgspec.Struct):
    """A process, how many requests that may fail it may have under way, and when it was heard."""

    allowance: int
    heard: float


class Circuit(msgspec.Struct, frozen=True):
    """Some process has stopped asking, until a time in seconds since the epoch, and why."""

    until: float
    why: str


class Ledger(msgspec.Struct):
    """All that is known of the limits of one ESI."""

    errors: int = 0
    window_ends: float = 0.0
    holders: dict[str, Holder] = msgspec.field(default_factory=dict)
    buckets: dict[str, Bucket] = msgspec.field(default_factory=dict)
    pauses: dict[str, float] = msgspec.field(default_factory=dict)
    reasons: dict[str, str] = msgspec.field(default_factory=dict)
    circuit: Circuit | None = None

    # -- the error limit --------------------------------------------------------------------------

    def allow(self, holder: str, want: int, under_way: int, now: float) -> int:
        """How many requests that may fail `holder` may have under way, at most `want`.

        Each may turn out to be an error, so all holders together never have more under way than
        errors are left. Where that is short, each gets a fair share. 0 means to ask again soon, or
        after `window_ends` when no errors are left.
        """
        self._turn_window(now)
        others = {
            name: other
            for name, other in self.holders.items()
            if name != holder and other.heard > now - HOLDER_LIFE
        }
        left = ERROR_LIMIT - ERROR_MARGIN - self.errors
        free = left - sum(other.allowance for other in others.values())
        fair = max(left // (len(others) + 1), 1)
        allowance = max(min(want, free, fair if others else left), 0)
        self.holders = {**others, holder: Holder(max(allowance, under_way), now)}
        return allowance

    def errors_left(self, now: float) -> int:
        """Errors that may still be made before the margin."""
        self._turn_window(now)
        return max(ERROR_LIMIT - ERROR_MARGIN - self.errors, 0)

    def failed(self, holder: str, now: float) -> None:
        """One answer counted against the error limit."""
        self._turn_window(now)
        self.errors += 1
        self.window_ends = self.window_ends or now + ERROR_WINDOW
        if (own := self.holders.get(holder)) is not None:
            own.allowance = max(own.allowance - 1, 0)

    def learn_errors(self, remain: int, reset: float, now: float) -> None:
        """Take in `X-ESI-Error-Limit-Remain` and `-Reset`."""
        self._turn_window(now)
        self.errors = max(self.errors, ERROR_LIMIT - remain)
        self.window_ends = now + wait(reset)

    def leave(self, holder: str) -> None:
        """The process ends."""
        self.holders.pop(holder, None)

    def _turn_window(self, now: float) -> None:
        if now >= self.window_ends:
            self.errors = 0
            self.window_ends = 0.0

    # -- tokens and pauses ------------------------------------------------------------------------

    def bucket(self, route: Route, owner: str = "") -> Bucket:
        """The bucket of a route with a group."""
        key = bucket_key(route.group, owner)
        if key not in self.buckets:
            self.buckets[key] = Bucket(route.tokens, float(route.window))
        return self.buckets[key]

    def pause(self, what: str, until: float, reason: str = "") -> None:
        """Ask nothing of `what` (a `bucket_key`, or EVERYTHING) before `until`, because of `reason`
        ("": its limit). Of two pauses the one that ends later counts.
        """
        if until < self.pauses.get(what, 0.0):
            return
        self.pauses[what] = until
        self.reasons.pop(what, None)
        if reason:
            self.reasons[what] = reason[:MAX_WHY]

    def paused(self, what: str, now: float) -> float:
        """Seconds for which `what` must not be asked."""
        self.pauses = {each: until for each, until in self.pauses.items() if until > now}
        self.reasons = {each: why for each, why in self.reasons.items() if each in self.pauses}
        return max(self.pauses.get(self._longest_pause(what), 0.0) - now, 0.0)

    def pause_reason(self, what: str, now: float) -> str:
        """Why `what` must not be asked; "" where it may be, or where no reason was given."""
        return self.reasons.get(self._longest_pause(what), "") if self.paused(what, now) else ""

    def _longest_pause(self, what: str) -> str:
        """The pause of `what` that ends last: its own, its group's, or that of everything."""
        group = what.partition("|")[0]  # as it was named before characters were told apart
        return max((EVERYTHING, group, what), key=lambda name: self.pauses.get(name, 0.0))

    def open_circuit(self, now: float) -> Circuit | None:
        """The circuit that some process has opened and not tried again, for others to be told."""
        return self.circuit if self.circuit is not None and self.circuit.until > now else None

    # -- what was kept ----------------------------------------------------------------------------

    def bound(self, now: float) -> list[Clamped]:
        """Put all that was read from disk within its bounds; what was changed.

        A ledger may have been kept by a version that believed every header, by a clock that was
        wrong, or by whoever can write into the state folder.
        """
        clamped: list[Clamped] = []
        latest = now + MAX_WAIT
        self.errors = int(within(self.errors, 0, ERROR_LIMIT))
        self.window_ends = _not_after(self.window_ends, latest, "the error limit", clamped)
        for name, until in self.pauses.items():
            self.pauses[name] = _not_after(until, latest, f"the pause of {name or 'all'}", clamped)
        self.reasons = {name: why[:MAX_WHY] for name, why in self.reasons.items()}
        if self.circuit is not None:
            until = _not_after(self.circuit.until, latest, "the circuit breaker", clamped)
            self.circuit = Circuit(until, self.circuit.why[:MAX_WHY])
        for name, holder in self.holders.items():
            allowance = int(within(holder.allowance, 0, ERROR_LIMIT))
            self.holders[name] = Holder(allowance, within(holder.heard, 0.0, now))
        for bucket in self.buckets.values():
            bucket.bound(now)
        return clamped

    def tidy(self, now: float) -> None:
        """Forget what came back long ago: the whole ledger is read and written each time."""
        for bucket in self.buckets.values():
            if bucket.spent and bucket.spent[-1][0] <= now - bucket.window:
                bucket.spent.clear()
