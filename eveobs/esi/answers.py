"""What comes back from ESI, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from eveobs.errors import EveobsError
from eveobs.esi.resilience import error_text
from eveobs.esi.route import Route

if TYPE_CHECKING:
    from eveobs.esi.access import Access

T = TypeVar("T")


@dataclass(slots=True)
class Usage:
    """What a run cost. `tokens` are those of rate-limit buckets; `bytes` of bodies received."""

    requests: int = 0
    not_modified: int = 0
    cached: int = 0
    tokens: int = 0
    bytes: int = 0


class Answer(NamedTuple, Generic[T]):
    """One page. `value` is None for an answer without content (204, or an accepted error status,
    then `detail` has ESI's words). `cached` says that nothing was sent; `dated`, that ESI told the
    moment of this very answer: a 304 may leave it out, then `last_modified` is that of the body.
    `confirmed`: the body is one that was kept, and a 304 said that it still holds.
    """

    value: T | None
    status: int
    expires: float
    last_modified: float | None = None
    pages: int = 1
    cached: bool = False
    dated: bool = True
    detail: str = ""
    confirmed: bool = False


class Listing(NamedTuple, Generic[T]):
    """The rows of all pages. Not `whole`: some are missing or of another moment, and `why`.

    `last_modified` is the moment the rows are of; `expires` the earliest that any page may change.
    `error` is that of the first page that failed; `after` the cursor to go on with another day.
    """

    rows: Sequence[T]
    whole: bool
    why: str = ""
    last_modified: float | None = None
    expires: float = 0.0
    pages: int = 1
    status: int = 200
    detail: str = ""
    error: EveobsError | None = None
    after: str = ""


class Reply(NamedTuple):
    """A status, headers by lower-case name, and the unpacked body."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def detail(self) -> str:
        """ESI's words in an error body."""
        return error_text(self.body) if self.status >= 400 else ""


class Asker(Protocol):
    """Gets a request of a client answered: `Sender` over the network, or what stands in for it."""

    base: str
    usage: Usage

    async def ask(
        self,
        route: Route,
        url: str,
        headers: Mapping[str, str],
        content: bytes = b"",
        accept: frozenset[int] = frozenset(),
        access: Access | None = None,
    ) -> Reply:
        """The reply to `url` (path and query): 2xx, 304, or a status in `accept`."""

    async def close(self) -> None:
        """Let go of everything."""
