"""Tells a monitor from outside that rounds begin and how they end: a request to a URL each.

A monitor such as healthchecks.io raises an alarm when it hears nothing for too long, which is what
no alarm of the process itself can do. What goes wrong here is a warning, and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from eveobs.esi.trust import verified
from eveobs.settings.secret import Secret

TIMEOUT = 10.0
"""Seconds that a monitor gets."""


@dataclass(slots=True)
class Heartbeat:
    """Asks `start`, `success` or `failure` (addresses; empty for none). `warn` hears, once, of a
    monitor that does not answer.
    """

    start: Secret
    success: Secret
    failure: Secret
    warn: Callable[[str], None]
    silent: bool = False

    async def begins(self) -> None:
        """A round begins."""
        await self._ask(self.start)

    async def ends(self, *, good: bool) -> None:
        """A round is over."""
        await self._ask(self.success if good else self.failure)

    async def _ask(self, address: Secret) -> None:
        if not address:
            return
        import httpx

        try:
            # The body is not read, which may be of any size; httpx by itself times only silence.
            async with (
                asyncio.timeout(TIMEOUT),
                httpx.AsyncClient(timeout=TIMEOUT, verify=verified()) as client,
                client.stream("GET", address.reveal()) as answer,
            ):
                trouble = "" if answer.is_success else f"it answers {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            trouble = type(error).__name__
        if trouble and not self.silent:
            self.warn(f"the heartbeat's monitor cannot be told: {trouble}")
        self.silent = bool(trouble)
