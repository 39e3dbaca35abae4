"""The wallets of a subject: the one of a character, the seven divisions of a corporation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from eveobs.errors import EveobsError
from eveobs.esi.routes import BY_PATH
from eveobs.processors.interface import Task
from eveobs.processors.listed import subject_of
from eveobs.processors.reading import Failures
from eveobs.records.schema import SubjectKind
from eveobs.records.wallet_journal import DIVISIONS

if TYPE_CHECKING:
    from eveobs.esi.answers import Listing
    from eveobs.esi.client import EsiClient
    from eveobs.esi.route import Route

T = TypeVar("T")

Division = int | None
"""None for the wallet of a character."""


def wallet_routes(book: str) -> dict[SubjectKind, Route]:
    """The routes of `book` (journal, transactions) by whose wallet it is."""
    return {
        SubjectKind.CHARACTER: BY_PATH["GET", f"/characters/{{character_id}}/wallet/{book}"],
        SubjectKind.CORPORATION: BY_PATH[
            "GET", f"/corporations/{{corporation_id}}/wallets/{{division}}/{book}"
        ],
    }


def divisions_of(task: Task) -> Sequence[Division]:
    """The wallets of the subject."""
    return DIVISIONS if task.subject_kind is SubjectKind.CORPORATION else (None,)


def parameters_of(task: Task, division: Division) -> dict[str, object]:
    """What the path of a wallet's route names."""
    named = subject_of(task)
    return named if division is None else {**named, "division": division}


async def read_wallets(
    client: EsiClient, task: Task, read: Callable[[Division], Awaitable[Listing[T]]]
) -> tuple[list[tuple[Division, Listing[T]]], Failures]:
    """`read` every wallet. Raises what the first one raises: who may not read one may read none."""
    first, *others = divisions_of(task)
    failures = Failures()
    if others:
        task.progress.expect("divisions", 1 + len(others))
    books = [(first, await read(first))]
    failures.note(books[0][1])
    async with aclosing(client.each(others, failures.while_allowed(read))) as answers:
        async for division, found in answers:
            if isinstance(found, EveobsError):
                failures.add(f"division {division}", found, stage="divisions")
            else:
                books.append((division, found))
                failures.note(found)
    if others:
        task.progress.advance("divisions", len(books))
    return books, failures
