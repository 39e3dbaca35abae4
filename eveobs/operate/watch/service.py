"""What systemd wants to hear of a service of `Type=notify` (sd_notify(3)): that it is ready, what
it is doing, and, with WatchdogSec=, that it is alive. Where nobody listens nothing is said.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

HALF = 2
"""A watchdog is fed twice as often as it asks for."""


@dataclass(slots=True)
class Service:
    """Tells the service manager at `address`, a path or @name; "" for nobody. `interval` is after
    how many seconds the watchdog wants to hear something; 0: it does not.
    """

    address: str = ""
    interval: float = 0.0

    @classmethod
    def of(cls, environ: Mapping[str, str], pid: int) -> Self:
        """As `environ` of the process `pid` says: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID."""
        address = environ.get("NOTIFY_SOCKET", "")
        if address[:1] not in {"/", "@"} or not hasattr(socket, "AF_UNIX"):
            return cls()
        usec = environ.get("WATCHDOG_USEC", "")
        meant = environ.get("WATCHDOG_PID", str(pid)) == str(pid)
        interval = int(usec) / 1e6 / HALF if usec.isdecimal() and meant else 0.0
        return cls(address, interval)

    def ready(self, status: str) -> None:
        """Everything is set up, for the first time or after settings were read again."""
        self._say("READY=1", _status(status))

    def status(self, words: str) -> None:
        """What is being done, in a line."""
        self._say(_status(words))

    def alive(self) -> None:
        """Feed the watchdog."""
        self._say("WATCHDOG=1")

    def reloading(self) -> None:
        """Settings are read again; `ready` ends it."""
        self._say(
            "RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}"
        )

    def stopping(self) -> None:
        """The process is about to end."""
        self._say("STOPPING=1")

    def _say(self, *lines: str) -> None:
        if not self.address:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.settimeout(1.0)
            line.sendto("\n".join(lines).encode(), address)


def _status(words: str) -> str:
    return "STATUS=" + " ".join(words.split())
