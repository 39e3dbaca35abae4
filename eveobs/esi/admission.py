"""When a request may go: the shared limits, asked as seldom as is safe, and waiting for them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from eveobs.errors import LimitError
from eveobs.esi.limits import ERROR_LIMIT, EVERYTHING, Circuit, bucket_key
from eveobs.esi.route import Route
from eveobs.esi.shared_limits import SharedLimits, Standing
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.esi.access import Access

RENEWAL = 1.0
"""Seconds for which a standing holds; long enough to cost nothing, short for other processes."""
MOMENT = 0.05
"""Seconds between looks when other processes have taken all room."""
LONGEST_WAIT = 900.0
"""Seconds; a limit that asks for more ends the run with the time to come back."""


class Admission:
    """Lets requests of one client pass. A limit that asks to wait for longer than `longest_wait`
    (in seconds) is an error instead; with `patient=False` every one is.
    """

    def __init__(
        self,
        limits: SharedLimits,
        *,
        want: int,
        patient: bool,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        progress: Progress,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self._limits = limits
        self._want = want
        self._patient = patient
        self.longest_wait = longest_wait
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._standing = Standing(0, 0.0)
        self._renewed = float("-inf")
        self._under_way = 0
        self._tokens_under_way: dict[str, int] = {}
        self._told_until = 0.0
        self._remain = str(ERROR_LIMIT)

    async def enter(self, route: Route, access: Access | None = None) -> None:
        """Wait until `route` may be asked. Raises LimitError where waiting is no use or no wish."""
        if route.group:
            await self._enter_group(route, access)
            return
        while not self._has_room():
            if self._standing.closed > 0:
                reason = self._limits.pause_reason(EVERYTHING, self._standing.closed)
                reason = reason or "the error limit of ESI is used up"
                await self._wait(self._standing.closed, reason)
            else:
                await self._sleep(MOMENT)
            self._renewed = float("-inf")
        self._under_way += 1

    async def _enter_group(self, route: Route, access: Access | None) -> None:
        owner = owner_of(access)
        key = bucket_key(route.group, owner)
        whose = f" for {access.name}" if access else ""
        while (delay := self._limits.reserve(route, owner, paced=self._patient)) > 0:
            if self._tokens_under_way.get(key) and not self._patient:
                await self._sleep(MOMENT)  # most of what is reserved for these comes back
            else:
                # Tokens may be left: a pause of the group has a reason of its own.
                reason = self._limits.pause_reason(key, delay)
                reason = reason or f"the rate limit {route.group} of ESI is used up"
                await self._wait(delay, f"{reason}{whose}")
        self._tokens_under_way[key] = self._tokens_under_way.get(key, 0) + 1

    def leave(
        self, route: Route, status: int, headers: Mapping[str, str], access: Access | None = None
    ) -> None:
        """The answer is there; `status` 0 when none came, NOT_SENT when nothing was sent."""
        if route.group:
            owner = owner_of(access)
            key = bucket_key(route.group, owner)
            self._tokens_under_way[key] -= 1
            self._limits.settle(route, status, headers, self._tokens_under_way[key], owner)
            return
        self._under_way -= 1
        remain = headers.get("x-esi-error-limit-remain", self._remain)
        if status >= 400:
            self._limits.failed(headers)
            self._renewed = float("-inf")
        elif remain != self._remain:  # another program of this machine made errors, or none does
            self._limits.learn_errors(headers)
            self._renewed = float("-inf")
        self._remain = remain

    def pause(
        self, group: str, seconds: float, access: Access | None = None, *, reason: str = ""
    ) -> None:
        """A limit told to stay away from `group`, or from everything, for `seconds`; `reason` is
        shown to those who wait, "" where it is the limit of that group.
        """
        what = EVERYTHING if group == EVERYTHING else bucket_key(group, owner_of(access))
        self._limits.pause(what, seconds, reason)
        self._renewed = float("-inf")

    def note_circuit(self, until: float, why: str) -> None:
        """The circuit is open `until` then; 0: it is closed again."""
        self._limits.note_circuit(Circuit(until, why) if until else None)

    def close(self) -> None:
        """Nothing more is asked."""
        self._limits.close()

    def _has_room(self) -> bool:
        now = self._clock()
        if now - self._renewed > RENEWAL:
            self._standing = self._limits.renew(self._want, self._under_way)
            self._renewed = now
        return self._standing.closed <= 0 and self._under_way < self._standing.allowance

    async def _wait(self, seconds: float, reason: str) -> None:
        until = self._clock() + seconds
        if seconds > self.longest_wait or not self._patient:
            raise LimitError(
                reason, retry_at=until, hint=f"Try again in {max(seconds, 1):.0f} seconds."
            )
        if until > self._told_until + 1 and seconds >= 1:
            self._told_until = until
            self._progress.wait(seconds, reason)
        # Not all processes come back at the same moment.
        await self._sleep(seconds + random.uniform(0, min(seconds, 1.0)))  # noqa: S311


def owner_of(access: Access | None) -> str:
    """For whom ESI counts the tokens of a group: a character, or "" for the machine's address."""
    return str(access.character_id) if access else ""
