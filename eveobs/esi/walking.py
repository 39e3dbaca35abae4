"""Reading a ledger from its newest entry back: each page is asked for by the lowest id of the last.

A ledger grows at its new end while it is read, and what is older than an id stays what it was: so a
walk has no gap, from the newest entry of its first page to where it ends.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from eveobs.errors import EveobsError, ShapeError
from eveobs.esi.answers import Answer, Listing
from eveobs.esi.page_reader import Steps

T = TypeVar("T")

MOST_STEPS = 10_000
"""Pages in one reading; a ledger that has more is not believed."""
FROM_ID = "from_id"
NAMES = {"/characters/{character_id}/mail": ("last_mail_id", "mail_id")}
"""Routes that call their parameter, and the id that goes into it, something else than most."""


def names_of(path: str) -> tuple[str, str]:
    """The parameter that a from-id route goes on with, and the field of a row that goes there."""
    return NAMES.get(path, (FROM_ID, "transaction_id"))


@dataclass(slots=True)
class Walker(Generic[T]):
    """One reading. `get` asks for what is older than an id, or for the newest; `id_field` has that
    id in a row, and `until` is the one from which on back nothing is wanted.
    """

    get: Callable[[int | None], Awaitable[Answer[list[T]]]]
    id_field: str
    until: int | None
    steps: Steps
    rows: dict[int, T] = field(default_factory=dict)
    pages: int = 0

    async def read(self) -> Listing[T]:
        """All of it. Raises what the first request raises."""
        self.steps.ahead(1)
        first = await self.get(None)
        self._take(first)
        why, error = "", None
        if self.rows:
            try:
                why = await self._go_back()
            except EveobsError as problem:
                error = problem
                why = f"what is older than {min(self.rows)} failed: {problem.message}"
        return Listing(
            rows=[self.rows[number] for number in sorted(self.rows, reverse=True)],
            whole=not why,
            why=why,
            last_modified=first.last_modified,
            expires=first.expires,  # what is older does not change
            pages=self.pages,
            status=first.status,
            detail=first.detail,
            error=error,
        )

    async def _go_back(self) -> str:
        """Read on to the end; why that was not reached, or ""."""
        lowest = min(self.rows)
        while self.until is None or lowest > self.until:
            if self.pages >= MOST_STEPS:
                return f"it has more than {MOST_STEPS:,} pages"
            self.steps.ahead(1)
            seen = self._take(await self.get(lowest))
            older = [number for number in seen if number < lowest]
            if not older:
                newer = [number for number in seen if number > lowest]
                return (
                    f"what is older than {lowest} was answered with what is newer" if newer else ""
                )
            lowest = min(older)
        return ""

    def _take(self, answer: Answer[list[T]]) -> list[int]:
        try:
            found = {int(part(row, self.id_field)): row for row in answer.value or ()}
        except (TypeError, ValueError, OverflowError) as error:
            raise ShapeError(
                f"a page of a list by id is malformed: a row without {self.id_field}", status=200
            ) from error
        self.rows |= found
        self.pages += 1
        self.steps.done(1)
        return list(found)


def part(whole: Any, name: str) -> Any:
    """A field of a struct or a mapping; None where there is none."""
    return whole.get(name) if isinstance(whole, Mapping) else getattr(whole, name, None)
