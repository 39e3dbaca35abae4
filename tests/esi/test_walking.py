"""A ledger that grows while it is walked: no gap and no double, or it says why not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.errors import AnswerError, LimitError
from eveobs.esi import walking
from eveobs.esi.answers import Listing
from eveobs.esi.route import Route
from tests.esi.fakes import Time, Warnings, client, error, ok

pytestmark = pytest.mark.unit

ROUTE = Route("GET", "/characters/{character_id}/wallet/transactions", 3600, "from-id")
MAIL = Route("GET", "/characters/{character_id}/mail", 30, "from-id")


class Line(msgspec.Struct):
    transaction_id: int


@dataclass
class Ledger:
    """ESI's side: `size` entries a page, below from_id or (`inclusive`) from it on; before each
    answer it grows by what comes next in `growth`.
    """

    ids: list[int]
    size: int = 3
    inclusive: bool = False
    growth: list[int] = field(default_factory=list)
    asked: list[int | None] = field(default_factory=list)
    first_page: list[int] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = parse_qs(urlsplit(str(request.url)).query)
        below = int(query["from_id"][0]) if "from_id" in query else None
        for _ in range(self.growth.pop(0) if self.growth and self.asked else 0):
            self.ids.append(max(self.ids, default=0) + 1 + len(self.ids) % 3)
        self.asked.append(below)
        limit = float("inf") if below is None else below + self.inclusive
        page = sorted((n for n in self.ids if n < limit), reverse=True)[: self.size]
        if below is None:
            self.first_page = page
        return ok([{"transaction_id": number} for number in page])


def walked(
    server: Callable[[httpx.Request], httpx.Response],
    until: int | None = None,
    progress: Warnings | None = None,
    **settings: Any,
) -> Listing[Line]:
    async def walk() -> Listing[Line]:
        async with client(server, Time(), progress=progress, **settings) as esi:
            return await esi.walk(
                ROUTE,
                {"character_id": 1},
                shape=list[Line],
                id_field="transaction_id",
                until=until,
                stage="pages",
            )

    return asyncio.run(walk())


def ids_of(listing: Listing[Line]) -> list[int]:
    return [row.transaction_id for row in listing.rows]


@settings(max_examples=150, deadline=None)
@given(
    ids=st.lists(st.integers(1, 10**12), unique=True, max_size=40),
    size=st.integers(1, 7),
    inclusive=st.booleans(),
    growth=st.lists(st.integers(0, 9), max_size=20),
    known=st.floats(0, 1),
    ask_until=st.booleans(),
)
def test_a_walk_has_no_gap_and_no_double(
    ids: list[int], size: int, inclusive: bool, growth: list[int], known: float, ask_until: bool
) -> None:
    until = sorted(ids)[int(known * (len(ids) - 1))] if ask_until and ids else None
    server = Ledger([*ids], max(size, 1 + inclusive), inclusive, [*growth])
    listing = walked(server, until)
    assert listing.whole
    assert listing.error is None
    found = ids_of(listing)
    newest = max(server.first_page, default=0)
    wanted = {n for n in server.ids if n <= newest and (until is None or n > until)}
    assert found == sorted(set(found), reverse=True)
    assert {n for n in found if until is None or n > until} == wanted
    assert listing.pages == len(server.asked)


def test_what_is_known_already_is_not_asked_for() -> None:
    server = Ledger([*range(1, 101)], size=10)
    assert ids_of(walked(server, until=95)) == [*range(100, 90, -1)]
    assert server.asked == [None]
    server = Ledger([*range(1, 101)], size=10)
    assert min(ids_of(walked(server, until=90))) == 81
    assert server.asked == [None, 91]


def test_what_comes_with_the_listing() -> None:
    seen = Warnings()
    listing = walked(Ledger([*range(1, 8)]), progress=seen)
    assert listing.pages == 4
    assert listing.status == 200
    assert listing.last_modified
    assert seen.expected == seen.done == {"pages": 4}


def test_an_empty_ledger_is_whole() -> None:
    listing = walked(Ledger([]))
    assert (listing.rows, listing.whole, listing.pages) == ([], True, 1)


def test_a_server_that_goes_round_in_a_circle_is_left() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return ok([{"transaction_id": number} for number in (9, 8, 7)])

    listing = walked(answer)
    assert not listing.whole
    assert "answered with what is newer" in listing.why
    assert ids_of(listing) == [9, 8, 7]
    assert len(asked) == 2


def test_a_ledger_without_end_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MOST_STEPS", 20)
    server = Ledger([*range(1, 1000)])
    listing = walked(server)
    assert (listing.whole, listing.pages, len(server.asked)) == (False, 20, 20)
    assert "more than 20 pages" in listing.why


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (error(404, "gone"), AnswerError),
        (error(429, "Too many", retry_after="1000"), LimitError),
        (httpx.Response(200, json=[{"transaction_id": "x"}]), AnswerError),
    ],
)
def test_a_page_that_fails_makes_it_partial(failure: httpx.Response, kind: type) -> None:
    server = Ledger([*range(1, 11)])

    def answer(request: httpx.Request) -> httpx.Response:
        return failure if len(server.asked) == 2 else server(request)

    listing = walked(answer)
    assert (listing.whole, ids_of(listing)) == (False, [*range(10, 4, -1)])
    assert listing.why.startswith("what is older than 5 failed")
    assert isinstance(listing.error, kind)


def test_a_first_page_that_fails_is_the_error() -> None:
    with pytest.raises(AnswerError):
        walked(lambda _: error(404, "no"))


async def test_mail_calls_its_parameter_otherwise(time: Time) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return ok(json.loads('[{"mail_id": 5}]') if len(asked) == 1 else [])

    parameter, id_field = walking.names_of(MAIL.path)
    async with client(answer, time) as esi:
        listing = await esi.walk(
            MAIL, {"character_id": 1}, shape=list[dict[str, int]], id_field=id_field
        )
    assert asked == ["/characters/1/mail", f"/characters/1/mail?{parameter}=5"]
    assert parameter == "last_mail_id"
    assert listing.rows == [{"mail_id": 5}]
