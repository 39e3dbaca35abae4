"""Reading the lists of a subject: whole, in part, or stopped by a limit.

A limit or a sign-in that ended stops the asking, not the observation: what was answered is handed
over, with the error for the exit code and how much is left for the next run.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from eveobs.errors import EveobsError, LimitError, SignInError
from eveobs.records.collected import Collected
from eveobs.records.schema import Record

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.esi.answers import Listing
    from eveobs.esi.client import EsiClient
    from eveobs.esi.route import Route

T = TypeVar("T")
K = TypeVar("K")

NOTHING: frozenset[int] = frozenset()


async def read_list(
    client: EsiClient,
    route: Route,
    parameters: Mapping[str, object],
    *,
    shape: type[list[T]],
    access: Access | None,
    stage: str = "",
    keep: bool = True,
    accept: frozenset[int] = NOTHING,
) -> Listing[T]:
    """The rows of `route`, which may have pages or not. Raises what its first request raises."""
    if route.paging == "x-pages":
        return await client.pages(
            route, parameters, shape=shape, keep=keep, accept=accept, stage=stage, access=access
        )
    from eveobs.esi.answers import Listing

    answer = await client.get(
        route, parameters, shape=shape, keep=keep, accept=accept, access=access
    )
    return Listing(
        rows=answer.value or [],
        whole=True,
        last_modified=answer.last_modified,
        expires=answer.expires,
        status=answer.status,
        detail=answer.detail,
    )


@dataclass(slots=True)
class Failures:
    """What could not be read, how long what could stays fresh, and what stopped the asking.

    `left` counts the questions that were not put any more.
    """

    count: int = 0
    first: str = ""
    expires: float = float("inf")
    stopped: EveobsError | None = None
    left: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, error: EveobsError, *, stage: str) -> None:
        """`what` (of the kind `stage`) was not answered."""
        if self.stops(error):
            self.left[stage] = self.left.get(stage, 0) + 1
            return
        self.count += 1
        self.first = self.first or f"{what}: {error.message}"

    def stops(self, error: EveobsError) -> bool:
        """Whether `error` is one after which nothing more is asked; then it is remembered."""
        if not isinstance(error, LimitError | SignInError):
            return False
        self.stopped = self.stopped or error
        return True

    def note(self, listing: Listing[Any]) -> None:
        """Whether what `listing` lacks is for something that stops the asking."""
        if listing.error is not None:
            self.stops(listing.error)

    def while_allowed(self, ask: Callable[[K], Awaitable[T]]) -> Callable[[K], Awaitable[T]]:
        """`ask`, until something stopped the asking: then that error, without a request.

        What is under way at that moment is still waited for: its tokens are spent.
        """

        async def ask_or_stop(key: K) -> T:
            if self.stopped is not None:
                raise self.stopped
            try:
                return await ask(key)
            except EveobsError as error:
                self.stops(error)
                raise

        return ask_or_stop

    def text(self) -> str:
        """What is missing, in words; "" for nothing."""
        more = f" (and {self.count - 1} more)" if self.count > 1 else ""
        return "; ".join(text for text in (self.first + more, self._left()) if text)

    def _left(self) -> str:
        if self.stopped is None or not self.left:
            return ""
        counts = " and ".join(f"{number:,} {stage}" for stage, number in self.left.items())
        until = ""
        if isinstance(self.stopped, LimitError):
            until = f", until {datetime.fromtimestamp(self.stopped.retry_at, UTC):%H:%M:%S} UTC"
        return f"{counts} left for the next run: {self.stopped.message}{until}"


def collected(
    rows: Sequence[Record],
    listings: Sequence[Listing[Any]],
    failures: Failures,
    *,
    of: int = 1,
) -> Collected[Record]:
    """One reading of a subject, of `listings` that together, when they are `of`, are its list.

    It is whole when all of them are there and whole; its moment is that of the newest. An answer
    that is no list (204) says nothing of what is in it.
    """
    whys = [_why(listing) for listing in listings]
    moments = [each.last_modified for each in listings if each.last_modified is not None]
    expires = min((each.expires for each in listings), default=0.0)
    return Collected(
        rows=rows,
        pages=sum(each.pages for each in listings),
        whole=len(listings) == of and not any(whys),
        missing="; ".join(text for text in (*whys, failures.text()) if text),
        moment=datetime.fromtimestamp(max(moments), UTC) if moments else None,
        expires=datetime.fromtimestamp(expires, UTC),
        fresh_until=datetime.fromtimestamp(min(expires, failures.expires), UTC),
        stopped=failures.stopped,
    )


def moment_of(last_modified: float | None) -> datetime | None:
    """A Last-Modified, in seconds since 1970, as a moment; None for none."""
    return None if last_modified is None else datetime.fromtimestamp(last_modified, UTC)


def _why(listing: Listing[Any]) -> str:
    if listing.status != 200:
        return f"the list was answered with {listing.status}"
    return "" if listing.whole else listing.why
