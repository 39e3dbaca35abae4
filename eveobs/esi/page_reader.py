"""Reading all pages of one list: asks for the pages that `paging` wants, until it is content."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, Protocol, TypeVar

from eveobs.errors import AnswerError, EveobsError, LimitError, SignInError
from eveobs.esi import paging
from eveobs.esi.answers import Answer, Listing
from eveobs.esi.concurrently import concurrently
from eveobs.esi.packed import PackedPage, PackedRows
from eveobs.telemetry.progress import Progress

T = TypeVar("T")


class GetPage(Protocol[T]):
    """Asks for one page; `afresh` with its body, also where what is kept has not expired."""

    async def __call__(self, number: int, *, afresh: bool) -> Answer[Sequence[T]]:
        """The page, from 1."""


@dataclass(slots=True)
class Steps:
    """How far the pages of one list are, told to `progress` where they have a `stage`."""

    progress: Progress
    stage: str
    expected: int = 0
    taken: int = 0

    def ahead(self, more: int) -> None:
        """So many `more` pages are to be read."""
        self.expected = max(self.expected, self.taken + more)
        if self.stage:
            self.progress.expect(self.stage, self.expected)

    def done(self, some: int) -> None:
        """So many were read."""
        self.taken += some
        if self.stage:
            self.progress.advance(self.stage, some)


@dataclass(slots=True)
class PageReader(Generic[T]):
    """One reading of one list, `workers` pages at a time."""

    get: GetPage[T]
    workers: int
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]]
    progress: Progress
    stage: str = ""
    reading: paging.Reading = field(default_factory=paging.Reading)
    answers: dict[int, Answer[Sequence[T]]] = field(default_factory=dict)
    error: EveobsError | None = None

    async def read(self, first: Answer[Sequence[T]]) -> Listing[T]:
        """All pages, of which the `first` is there."""
        self._took(1, first)
        steps = Steps(self.progress, self.stage)
        steps.ahead(first.pages)
        steps.done(1)
        while isinstance(step := self.reading.next(self.clock()), paging.Ask):
            if step.after:
                self.progress.wait(step.after, step.reason)
                await self.sleep(step.after)
            steps.ahead(len(step.numbers))
            await self._ask_all(step.numbers, steps, afresh=step.afresh)
        if isinstance(step, paging.Whole):
            return self._listing(self.reading.seen, whole=True)
        return self._listing(self.answers, whole=False, why=step.why)

    async def _ask_all(self, numbers: Iterable[int], steps: Steps, *, afresh: bool) -> None:
        ask = partial(self._ask, afresh=afresh)
        async for number, problem in concurrently(numbers, ask, workers=self.workers):
            if isinstance(problem, EveobsError):
                self.error = self.error or problem
                gone = isinstance(problem, AnswerError) and problem.status == 404
                self.reading.failed(number, problem.message, vanished=gone)
            steps.done(1)

    async def _ask(self, number: int, *, afresh: bool = False) -> None:
        if isinstance(self.error, LimitError | SignInError):
            raise self.error.with_traceback(None)  # which holds for every other page too
        answer = await self.get(number, afresh=afresh)
        if number > 1 and answer.value is None:
            detail = f": {answer.detail}" if answer.detail else ""
            raise AnswerError(f"answered {answer.status}{detail}", status=answer.status)
        self._took(number, answer)

    def _took(self, number: int, answer: Answer[Sequence[T]]) -> None:
        self.answers[number] = answer
        self.reading.saw(
            paging.PageSeen(
                number,
                answer.pages,
                answer.last_modified,
                answer.expires,
                dated=answer.dated,
                confirmed=answer.confirmed,
                rows=len(answer.value or ()),
            )
        )

    def _listing(self, numbers: Iterable[int], *, whole: bool, why: str = "") -> Listing[T]:
        kept = [self.answers[number] for number in sorted(numbers)]
        moments = [a.last_modified for a in kept if a.last_modified is not None]
        return Listing(
            rows=_rows([answer.value or () for answer in kept]),
            whole=whole,
            why=why,
            last_modified=max(moments, default=None),
            expires=min(answer.expires for answer in kept),
            pages=len(kept),
            status=kept[0].status,
            detail=kept[0].detail,
            error=None if whole else self.error,
        )


def _rows(pages: Sequence[Sequence[T]]) -> Sequence[T]:
    """Those of all pages; packed ones stay so."""
    packed = [page for page in pages if isinstance(page, PackedPage)]
    if packed and len(packed) == len(pages):
        return PackedRows(packed)
    return [row for page in pages for row in page]


def is_all(first: Answer[Sequence[T]]) -> bool:
    """Whether the first page is the whole list: nothing can disagree with it."""
    return first.pages == 1 and len(first.value or ()) < paging.FULL_PAGE


def only(answer: Answer[Sequence[T]]) -> Listing[T]:
    """A list of one page: the items of a contract, most often."""
    return Listing(
        rows=answer.value or [],
        whole=True,
        last_modified=answer.last_modified,
        expires=answer.expires,
        status=answer.status,
        detail=answer.detail,
    )
