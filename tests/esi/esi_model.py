"""A list of ESI in small: snapshots that follow one another, each page cached on its own.

What ESI does (esi-issues#1149): a page is cut from the snapshot of the moment it is first asked in,
and served like that until it expires, whatever became of the others. Time is handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle

import httpx
import msgspec
from hypothesis import strategies as st

from eveobs.esi.freshness import http_date

START = 1_790_000_000
PAGE = 3
"""Rows a page."""


@dataclass(frozen=True)
class Snapshot:
    """The rows from `moment` (seconds after START) on."""

    moment: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Shown:
    """One answer. `rows` is None for a 304 and for a page that does not exist (`pages` 0)."""

    rows: tuple[int, ...] | None
    pages: int
    etag: str
    last_modified: int | None
    expires: int

    @property
    def status(self) -> int:
        return 200 if self.rows is not None else 304 if self.pages else 404


@dataclass
class Model:
    """`lifetimes`: seconds that pages are served, in the order in which they are cut. A 304 has no
    Last-Modified unless `told_again`. `by_page`: Last-Modified is when a page was cut.
    """

    snapshots: Sequence[Snapshot]
    lifetimes: Sequence[int]
    told_again: bool = True
    by_page: bool = False
    asked: list[tuple[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cached: dict[int, Shown] = {}
        self._lifetimes: Iterator[int] = cycle(self.lifetimes)

    def ask(self, number: int, now: float, etag: str = "") -> Shown:
        self.asked.append((number, now))
        shown = self._cached.get(number)
        if shown is None or now >= shown.expires:
            shown = self._cut(number, now)
            if shown.rows is None:
                return shown
            self._cached[number] = shown
        if etag and etag == shown.etag:
            told = shown.last_modified if self.told_again else None
            return replace(shown, rows=None, last_modified=told)
        return shown

    def _cut(self, number: int, now: float) -> Shown:
        snapshot = self._at(now)
        pages = max(-(-len(snapshot.rows) // PAGE), 1)
        moment = int(now) if self.by_page else START + snapshot.moment
        expires = int(now) + next(self._lifetimes)
        if number > pages:
            return Shown(None, 0, "", None, 0)
        rows = snapshot.rows[(number - 1) * PAGE : number * PAGE]
        return Shown(rows, pages, f'"{"-".join(map(str, rows))}"', moment, expires)

    def _at(self, now: float) -> Snapshot:
        return max((s for s in self.snapshots if START + s.moment <= now), key=lambda s: s.moment)

    def rows_of(self, last_modified: float | None) -> tuple[int, ...]:
        """What the list was at the moment that Last-Modified names."""
        assert last_modified is not None
        return self._at(last_modified).rows

    def respond(self, request: httpx.Request, now: float) -> httpx.Response:
        """The same as a server says it."""
        page = int(request.url.params["page"])
        shown = self.ask(page, now, request.headers.get("if-none-match", ""))
        if shown.status == 404:
            return httpx.Response(404, json={"error": "Requested page does not exist!"})
        headers = {
            "date": http_date(int(now)),
            "etag": shown.etag,
            "expires": http_date(shown.expires),
            "x-pages": str(shown.pages),
        }
        if shown.last_modified is not None:
            headers["last-modified"] = http_date(shown.last_modified)
        body = b"" if shown.rows is None else msgspec.json.encode(shown.rows)
        return httpx.Response(shown.status, headers=headers, content=body)


@st.composite
def snapshots(draw: st.DrawFn) -> list[Snapshot]:
    """Lists that grow, shrink and shift, one at START and some after."""
    rows = st.lists(st.integers(0, 20), unique=True, max_size=11).map(lambda r: tuple(sorted(r)))
    moments = draw(st.lists(st.integers(1, 120), unique=True, max_size=6))
    return [Snapshot(moment, draw(rows)) for moment in [0, *sorted(moments)]]


models = st.builds(
    Model,
    snapshots(),
    st.lists(st.integers(1, 70), min_size=1, max_size=6),
    told_again=st.booleans(),
    by_page=st.booleans(),
)
delays = st.lists(st.sampled_from([0.0, 0.1, 0.7, 3.0, 20.0]), min_size=1, max_size=7)
"""Seconds that requests take, in turn."""
