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


class Rounds:
    """Tells `listener` of the same stages again and again: what each round does comes on top.

    Call `begin` before every round but the first.
    """

    def __init__(self, listener: Progress) -> None:
        self._listener = listener
        self._done: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def begin(self) -> None:
        """What is done by now belongs to earlier rounds."""
        self._before = dict(self._done)

    def expect(self, stage: str, total: int) -> None:
        """`total` steps of `stage` in this round."""
        self._done.setdefault(stage, 0)
        self._listener.expect(stage, self._before.get(stage, 0) + total)

    def advance(self, stage: str, steps: int = 1) -> None:
        """Pass it on."""
        self._done[stage] = self._done.get(stage, 0) + steps
        self._listener.advance(stage, steps)

    def wait(self, seconds: float, reason: str) -> None:
        """Pass it on."""
        self._listener.wait(seconds, reason)

    def warn(self, message: str) -> None:
        """Pass it on."""
        self._listener.warn(message)


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
