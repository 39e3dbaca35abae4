"""What a fault makes of an answer, and that the limits hold whatever goes wrong."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest

from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.faults.aim import Target
from eveobs.sandbox.faults.spec import parse
from eveobs.sandbox.messages import Asked, Reply
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.world import World
from tests.sandbox.conftest import START, Clock

pytestmark = pytest.mark.unit

FORGE = 10000002
LIST = f"/contracts/public/{FORGE}"
CALENDAR = Calendar(int(START))


@pytest.fixture(scope="module")
def wide() -> World:
    """Three pages."""
    return World.generate(seed=7, contracts=2300, regions=[FORGE])


class Faulty:
    """The gateway of a sandbox with faults, without a socket."""

    def __init__(self, world: World, clock: Clock, *specs: str) -> None:
        self.clock = clock
        self.sandbox = Sandbox(world, clock=clock, faults=[parse(spec) for spec in specs])

    def __call__(self, target: str = LIST, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        strike = self.sandbox.faults.strike(Target.of(target), self.clock())
        return self.sandbox.gateway.reply(Asked("GET", target, named), self.clock(), strike)


def rows(reply: Reply) -> list[Any]:
    assert reply.body is not None
    return list(json.loads(reply.body))


class TestAnswers:
    """What is asked twice is the second page of The Forge's list."""

    @pytest.mark.parametrize(
        ("spec", "status", "words"),
        [
            ("400", 400, "Bad request"),
            ("401", 401, "Unauthorized"),
            ("403", 403, "Forbidden"),
            ("404", 404, "Not found"),
            ("500", 500, "Internal"),
            ("502", 502, "Bad gateway"),
            ("503", 503, "unavailable"),
            ("downtime", 503, "The datasource tranquility is temporarily unavailable"),
            ("504", 504, '"timeout":10'),
            ("429-bare", 429, "Too many"),
            ("520:seconds=2", 520, '\\"remainingTime\\": 2000000'),
            ("500:html=1", 500, "<html>"),
            ("504:html=1", 504, "<html>"),
            ("html", 200, "<html>"),
            ("html:status=502", 502, "<html>"),
            ("empty", 200, ""),
        ],
    )
    def test_instead_of_the_answer(
        self, world: World, clock: Clock, spec: str, status: int, words: str
    ) -> None:
        reply = Faulty(world, clock, spec)()
        assert reply.status == status
        assert words in (reply.body or b"").decode()
        assert reply.headers["Content-Type"].startswith("text" if "html" in spec else "application")

    def test_errors_are_counted_by_the_error_limit(self, world: World, clock: Clock) -> None:
        ask = Faulty(world, clock, "500:times=99")
        told = [int(ask().headers["X-Esi-Error-Limit-Remain"]) for _ in range(99)]
        assert told == list(range(99, 0, -1))
        assert ask().status == 200

    def test_the_error_limit_holds_for_every_route_until_it_is_over(
        self, world: World, clock: Clock
    ) -> None:
        ask = Faulty(world, clock, "420:seconds=5,times=1,route=/contracts/**")
        assert ask("/status").status == 200
        first = ask()
        assert (first.status, first.headers["X-Esi-Error-Limit-Reset"]) == (420, "5")
        clock.time += 4.5
        for path in ("/status", "/universe/regions", LIST, "/meta/compatibility-dates"):
            reply = ask(path)
            assert reply.status == 420
            assert reply.headers["X-Esi-Error-Limit-Remain"] == "0"
            assert reply.headers["X-Esi-Error-Limit-Reset"] == "1"
        clock.time += 0.5
        assert (ask().status, ask("/status").status) == (200, 200)
        assert ask.sandbox.requests.as_json()["limits"] == {"420": 5, "429": 0}

    def test_the_error_limit_holds_when_it_is_used_up_honestly(
        self, world: World, clock: Clock
    ) -> None:
        ask = Faulty(world, clock)
        assert {ask("/nowhere").status for _ in range(100)} == {404}
        for second in (0, 30, 59):
            clock.time = START + second
            assert [ask(path).status for path in ("/status", LIST, "/nowhere")] == [420] * 3
        clock.time = START + 60
        assert [ask(path).status for path in ("/status", LIST, "/nowhere")] == [200, 200, 404]

    def test_a_bucket_tells_when_it_has_tokens_again(self, world: World, clock: Clock) -> None:
        ask = Faulty(world, clock)
        spent = 0
        while (reply := ask("/status")).status == 200:
            spent += 1
            clock.time += 0.01
        assert (reply.status, spent) == (429, 300)
        assert reply.headers["Retry-After"] == "898"
        assert ask(LIST).status == 200
        clock.time += 898
        assert ask("/status").status == 200
        assert ask.sandbox.requests.as_json()["limits"] == {"420": 0, "429": 1}

    def test_a_told_429_counts_down(self, world: World, clock: Clock) -> None:
        ask = Faulty(world, clock, "429:seconds=3,times=1")
        told = []
        for _ in range(4):
            reply = ask()
            told.append((reply.status, reply.headers.get("Retry-After")))
            clock.time += 1
        assert told == [(429, "3"), (429, "2"), (429, "1"), (200, None)]

    def test_an_untold_429_has_no_header_of_a_limit(self, world: World, clock: Clock) -> None:
        headers = Faulty(world, clock, "429-bare")("/status").headers
        assert not [name for name in headers if "limit" in name.lower() or name == "Retry-After"]

    def test_a_redirect(self, world: World, clock: Clock) -> None:
        reply = Faulty(world, clock, "redirect:status=307")()
        assert (reply.status, reply.body) == (307, None)
        assert reply.headers["Location"].startswith("http://")

    def test_broken_bodies_keep_the_etag_and_are_sent_whatever_was_asked(
        self, world: World, clock: Clock
    ) -> None:
        honest = Faulty(world, clock)()
        etag = honest.headers["Etag"]
        for spec in ("invalid-json", "wrong-shape", "truncated-gzip", "empty", "bomb:megabytes=1"):
            reply = Faulty(world, clock, spec)(If_None_Match=etag, Accept_Encoding="gzip")
            assert (reply.status, reply.headers["Etag"]) == (200, etag)
            assert reply.body != honest.body

    def test_what_is_broken_about_them(self, world: World, clock: Clock) -> None:
        honest = rows(Faulty(world, clock)())
        shape = rows(Faulty(world, clock, "wrong-shape")())
        assert shape[:-1] == honest[:-1]
        assert shape[-1]["contract_id"] == f"number {honest[-1]['contract_id']}"
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            rows(Faulty(world, clock, "invalid-json")())
        cut = Faulty(world, clock, "truncated-gzip:part=0.9")(Accept_Encoding="gzip")
        with pytest.raises(EOFError):
            gzip.decompress(cut.body or b"")
        bomb = Faulty(world, clock, "bomb:megabytes=2")(Accept_Encoding="gzip")
        assert len(bomb.body or b"") < 20_000
        assert len(zlib.decompress(bomb.body or b"", 31)) == (2 << 20) + 2

    def test_a_single_object_and_an_empty_list_get_another_shape_too(
        self, world: World, clock: Clock
    ) -> None:
        ask = Faulty(world, clock, "wrong-shape")
        assert isinstance(json.loads(ask("/status").body or b"")["players"], str)
        assert isinstance(json.loads(ask("/contracts/public/10000016").body or b""), dict)

    def test_an_error_has_no_body_to_break(self, world: World, clock: Clock) -> None:
        for spec in ("invalid-json", "wrong-shape", "truncated-gzip", "duplicate-rows:page=9"):
            reply = Faulty(world, clock, spec)(f"{LIST}?page=9")
            assert (reply.status, reply.headers.get("Etag")) == (404, None)


class TestLists:
    def test_a_page_drifts_until_it_expires(self, wide: World, clock: Clock) -> None:
        ask = Faulty(wide, clock, "page-drift:seconds=5,times=1")
        honest = Faulty(wide, clock)
        clock.time += 1800.5
        late = honest(f"{LIST}?page=2")
        first, drifted = ask(), ask(f"{LIST}?page=2")
        assert first.headers["Last-Modified"] != drifted.headers["Last-Modified"]
        assert rows(drifted) != rows(late)
        clock.time -= 1800
        assert rows(drifted) == rows(honest(f"{LIST}?page=2"))
        clock.time += 1804
        assert rows(ask(f"{LIST}?page=2")) == rows(drifted)
        clock.time += 1
        assert rows(ask(f"{LIST}?page=2")) == rows(late)

    def test_a_page_of_the_next_cycle_is_not_of_the_future(self, wide: World, clock: Clock) -> None:
        ask = Faulty(wide, clock, "page-drift:cycles=1")
        clock.time += 100
        headers = ask(f"{LIST}?page=2").headers
        assert headers["Last-Modified"] == headers["Date"]

    def test_a_route_without_a_moment_does_not_drift(self, world: World, clock: Clock) -> None:
        reply = Faulty(world, clock, "page-drift:route=/**,page=1")("/contracts/public/5")
        assert reply.status == 404

    def test_a_list_shrinks_until_the_cycle_ends(self, wide: World, clock: Clock) -> None:
        ask = Faulty(wide, clock, "shrinking-list:seconds=2,times=1")
        clock.time += 10
        assert ask(f"{LIST}?page=3").status == 200
        first = ask()
        assert (first.headers["X-Pages"], len(rows(first))) == ("3", 1000)
        second = ask(f"{LIST}?page=2")
        assert second.headers["X-Pages"] == "2"
        assert second.headers["Last-Modified"] == first.headers["Date"]
        assert ask(f"{LIST}?page=3").status == 404
        assert ask().headers["X-Pages"] == "2"
        clock.time += 1790
        assert ask().headers["X-Pages"] == ask(f"{LIST}?page=3").headers["X-Pages"] == "3"

    def test_a_list_of_one_page_cannot_lose_it(self, world: World, clock: Clock) -> None:
        ask = Faulty(world, clock, "shrinking-list")
        assert rows(ask()) == rows(ask())

    def test_rows_appear_on_the_next_page_as_well(self, wide: World, clock: Clock) -> None:
        honest, ask = Faulty(wide, clock), Faulty(wide, clock, "duplicate-rows:rows=3")
        pages = [rows(ask(f"{LIST}?page={number}")) for number in (1, 2, 3)]
        assert pages[1] == pages[0][-3:] + rows(honest(f"{LIST}?page=2"))
        assert pages[2] == rows(honest(f"{LIST}?page=3"))
        etags = {one(f"{LIST}?page=2").headers["Etag"] for one in (honest, ask)}
        assert len(etags) == 2
        first = Faulty(wide, clock, "duplicate-rows:page=1")()
        assert rows(first) == pages[0]

    @pytest.mark.parametrize(("add", "told"), [(1, "4"), (-1, "2"), (-9, "1")])
    def test_x_pages_lies(self, wide: World, clock: Clock, add: int, told: str) -> None:
        ask = Faulty(wide, clock, f"x-pages:add={add}")
        assert ask().headers["X-Pages"] == told
        assert "X-Pages" not in ask("/status").headers


class TestValidators:
    def test_304_for_any_etag(self, world: World, clock: Clock) -> None:
        honest = Faulty(world, clock)().headers["Etag"]
        reply = Faulty(world, clock, "wrong-etag")(If_None_Match='"old"')
        assert (reply.status, reply.body, reply.headers["Etag"]) == (304, None, honest)
        echo = Faulty(world, clock, "wrong-etag:echo=1")(If_None_Match='"old"')
        assert (echo.status, echo.headers["Etag"]) == (304, '"old"')
        assert Faulty(world, clock, "wrong-etag")().status == 200

    def test_another_etag_each_time(self, world: World, clock: Clock) -> None:
        ask = Faulty(world, clock, "changing-etag")
        first = ask()
        second = ask(If_None_Match=first.headers["Etag"])
        assert second.status == 200
        assert second.body == first.body
        assert second.headers["Etag"] != first.headers["Etag"]
        assert "Etag" not in ask("/meta/compatibility-dates").headers

    def test_no_expires(self, world: World, clock: Clock) -> None:
        ask = Faulty(world, clock, "missing-expires")
        first = ask()
        again = ask(If_None_Match=first.headers["Etag"])
        assert (first.status, again.status) == (200, 304)
        assert not {"Expires"} & {*first.headers, *again.headers}

    def test_a_clock_that_is_wrong(self, world: World, clock: Clock) -> None:
        honest, ask = Faulty(world, clock)(), Faulty(world, clock, "clock-skew:off=-86400")
        skewed = ask()
        for name in ("Date", "Expires"):
            assert skewed.headers[name] != honest.headers[name]
            assert skewed.headers[name][17:] == honest.headers[name][17:]
        assert skewed.headers["Last-Modified"] == honest.headers["Last-Modified"]
        assert "Expires" not in ask(f"{LIST}?page=9").headers
