"""Progress as events: the library reports, whoever renders listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listens to a run. Every method is cheap and may be called thousands of times."""

    def expect(self, stage: str, total: int) -> None:
        """`total` steps of `stage` (for instance "pages", "items") are ahead; may be corrected."""

    def advance(self, stage: str, steps: int = 1) -> None:
        """`steps` more of `stage` are done."""

    def wait(self, seconds: float, reason: str) -> None:
        """The run pauses for `seconds`, because of `reason`."""

    def warn(self, message: str) -> None:
        """Something a person should know, which does not stop the run."""


class Silence:
    """Listens to nothing."""

    def expect(self, stage: str, total: int) -> None:
        """Ignore it."""

    def advance(self, stage: str, steps: int = 1) -> None:
        """Ignore it."""

    def wait(self, seconds: float, reason: str) -> None:
        """Ignore it."""

    def warn(self, message: str) -> None:
        """Ignore it."""
