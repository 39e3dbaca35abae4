"""What was asked of the sandbox: proof that something was sent, or was not."""

from __future__ import annotations

from collections import Counter
from typing import Any

_LIMITS = (420, 429)


class Tally:
    """Requests since the start or the last reset, by method, route and status.

    `route` is the route's template, such as `/contracts/public/{region_id}`, or "" for none;
    `status` is 0 for a request that was never answered.
    """

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._bytes: Counter[tuple[str, str, int]] = Counter()

    def add(self, method: str, route: str, status: int, size: int) -> None:
        """One more, answered with a body of `size` bytes."""
        key = (method, route, status)
        self._requests[key] += 1
        self._bytes[key] += size

    def reset(self) -> None:
        """Begin again at nothing."""
        self._requests.clear()
        self._bytes.clear()

    @property
    def bytes(self) -> int:
        """Bytes of all bodies, as sent (compressed where they were)."""
        return self._bytes.total()

    def count(
        self, *, method: str | None = None, route: str | None = None, status: int | None = None
    ) -> int:
        """How many requests there were of that kind."""
        wanted = (method, route, status)
        return sum(
            number
            for key, number in self._requests.items()
            if all(want in {None, have} for want, have in zip(wanted, key, strict=True))
        )

    @property
    def total(self) -> int:
        """All of them."""
        return self._requests.total()

    def as_json(self) -> dict[str, Any]:
        """All of it as a JSON object; `limits`: how often one was run into, by status."""
        rows = [
            {"method": key[0], "route": key[1], "status": key[2], "requests": number}
            | {"bytes": self._bytes[key]}
            for key, number in sorted(self._requests.items())
        ]
        drawn = {str(status): self.count(status=status) for status in _LIMITS}
        return {"requests": self.total, "bytes": self.bytes, "limits": drawn, "routes": rows}
