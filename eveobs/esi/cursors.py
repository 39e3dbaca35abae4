"""Reading a list by cursor: back from its newest page, then forward to what changed meanwhile.

Such a list is sorted by when its rows last changed: one that changes while the list is read moves
to the new end, past where the reading began. Tokens are opaque, and can be kept for weeks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eveobs.errors import EveobsError, ShapeError
from eveobs.esi.answers import Answer, Listing
from eveobs.esi.page_reader import Steps
from eveobs.esi.walking import MOST_STEPS, part

BEFORE, AFTER = "before", "after"
FROM_THE_END = {BEFORE: "0"}
LIMIT = 100
"""Rows a page has at most; ESI gives ten where nothing is said."""


@dataclass(slots=True)
class CursorReader:
    """One reading. `get` asks for a page with more parameters; `begin` has those to begin with:
    with `after` it goes forward alone, with `before` back alone.

    A body is a struct or a mapping with `rows_field` ("": the list in a mapping) and `cursor`.
    """

    get: Callable[[Mapping[str, object]], Awaitable[Answer[Any]]]
    begin: Mapping[str, object]
    rows_field: str
    id_field: str
    steps: Steps
    rows: dict[Hashable, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    pages: int = 0

    async def read(self) -> Listing[Any]:
        """All of it. Raises what the first request raises."""
        self.steps.ahead(1)
        first = await self.get({} if {BEFORE, AFTER} & {*self.begin} else FROM_THE_END)
        self._take(first, (BEFORE, AFTER))
        error: EveobsError | None = None
        try:
            why = await self._read_on()
        except EveobsError as problem:
            error, why = problem, f"page {self.pages + 1} failed: {problem.message}"
        return Listing(
            rows=[*self.rows.values()],
            whole=not why,
            why=why,
            last_modified=first.last_modified,
            expires=first.expires,
            pages=self.pages,
            status=first.status,
            detail=first.detail,
            error=error,
            after=self.tokens.get(AFTER, ""),
        )

    async def _read_on(self) -> str:
        """Read the rest; why not all of it could be read, or ""."""
        if AFTER in self.begin:
            return await self._go(AFTER)
        why = await self._go(BEFORE)
        return why if why or BEFORE in self.begin else await self._go(AFTER)

    async def _go(self, way: str) -> str:
        asked = {str(self.begin.get(way, ""))} - {""}
        while self.rows and (token := self.tokens.get(way)):
            if token in asked:
                return f"the cursor came back to where it was after {self.pages} pages"
            if self.pages >= MOST_STEPS:
                return f"it has more than {MOST_STEPS:,} pages"
            asked.add(token)
            self.steps.ahead(1)
            if not self._take(await self.get({way: token}), (way,)):
                break
        return ""

    def _rows_of(self, body: Any) -> list[Any]:
        if self.rows_field:
            rows = part(body, self.rows_field) or []
        else:
            fields = body.values() if isinstance(body, Mapping) else ()
            rows = next((some for some in fields if isinstance(some, list)), [])
        if not isinstance(rows, list):
            raise _malformed(f"{self.rows_field} is no list")
        return rows

    def _take(self, answer: Answer[Any], ways: tuple[str, ...]) -> int:
        """Merge a page in, what came last on top; how many rows it had."""
        rows = self._rows_of(answer.value)
        for row in rows:
            key = part(row, self.id_field)
            self.rows[key if isinstance(key, str | int) else repr(row)] = row
        cursor = part(answer.value, "cursor")
        for way in ways:
            token = part(cursor, way) or ""
            if not isinstance(token, str):
                raise _malformed(f"cursor.{way} is no string")
            if rows or way not in self.tokens:
                self.tokens[way] = token
        self.pages += 1
        self.steps.done(1)
        return len(rows)


def _malformed(what: str) -> ShapeError:
    """An error about a page that is not what the routes with a cursor document."""
    return ShapeError(f"a page of a list by cursor is malformed: {what}", status=200)
