"""What a watch was told from outside: to end, or to read its settings again."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass, field


@dataclass(slots=True)
class Orders:
    """`given` is set as long as there is an order; `signal` is the one that told it to end."""

    stop: bool = False
    reload: bool = False
    signal: int = 0
    given: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def heed(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take SIGTERM and SIGINT as orders to end, and SIGHUP as one to read settings again."""
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end, number)
        loop.add_signal_handler(signal.SIGHUP, self.read_again)

    def end(self, by: int = 0) -> None:
        """End: finish what is being written, and nothing else."""
        self.stop, self.signal = True, self.signal or by
        self.given.set()
        self.stopped.set()

    def read_again(self) -> None:
        """Read the settings again, after what is under way."""
        self.reload = True
        self.given.set()

    def reloaded(self) -> None:
        """The settings were read again."""
        self.reload = False
        if not self.stop:
            self.given.clear()
