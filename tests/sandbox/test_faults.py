"""Which requests a fault hits, and how it is asked for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.faults.active import Faults
from eveobs.sandbox.faults.aim import Aim, Target
from eveobs.sandbox.faults.kinds import KINDS
from eveobs.sandbox.faults.spec import LIMITS, SpecError, parse, read
from tests.sandbox.conftest import START

pytestmark = pytest.mark.unit

FORGE = 10000002
LIST = f"/contracts/public/{FORGE}"
CALENDAR = Calendar(int(START))


class TestAim:
    @pytest.mark.parametrize(
        ("route", "covered"),
        [
            ("/**", {"/status", LIST, "/contracts/public/items/7"}),
            ("/contracts/public/*", {LIST}),
            ("/contracts/public/{region_id}", {LIST}),
            ("/contracts/public/items/*", {"/contracts/public/items/7"}),
            ("/contracts/**", {LIST, "/contracts/public/items/7"}),
            (LIST, {LIST}),
            ("/stat*", {"/status"}),
            ("/statu.", set()),
        ],
    )
    def test_routes(self, route: str, covered: set[str]) -> None:
        asked = {"/status", LIST, "/contracts/public/items/7"}
        assert {path for path in asked if Aim(route=route).covers(Target(path))} == covered

    @pytest.mark.parametrize(
        ("query", "page"),
        [
            ("", 1),
            ("?page=3", 3),
            ("?a=1&page=2", 2),
            ("?page=x", 0),
            ("?page=", 1),
            ("?page=²", 0),
        ],
    )
    def test_pages(self, query: str, page: int) -> None:
        assert Target.of(LIST + query) == Target(LIST, page)
        assert Aim(page=max(page, 1)).covers(Target(LIST, page)) is (page > 0)

    @given(st.integers(0, 20), st.integers(1, 9), st.integers(1, 200))
    def test_after_and_every(self, after: int, every: int, number: int) -> None:
        hit = [n for n in range(1, number + 1) if Aim(after=after, every=every).is_due(n, 1)]
        assert hit == list(range(after + every, number + 1, every))

    def test_chance_repeats_and_comes_near_what_was_asked(self) -> None:
        aim = Aim(chance=0.25)
        hit = [n for n in range(1, 2001) if aim.is_due(n, 5)]
        assert hit == [n for n in range(1, 2001) if aim.is_due(n, 5)]
        assert hit != [n for n in range(1, 2001) if aim.is_due(n, 6)]
        assert 400 < len(hit) < 600


class TestFaults:
    def strikes(self, count: int, *specs: str) -> list[str]:
        faults = Faults([parse(spec) for spec in specs], seed=1, calendar=CALENDAR)
        found = [faults.strike(Target("/status"), START) for _ in range(count)]
        return [strike.kind.name if strike else "" for strike in found]

    def test_the_first_that_hits_is_the_only_one(self) -> None:
        assert self.strikes(4, "500:times=1", "reset:every=2") == ["500", "", "reset", ""]

    def test_two_of_a_kind_draw_differently(self) -> None:
        one = self.strikes(100, "500:chance=0.5")
        both = self.strikes(100, "502:route=/nowhere", "500:chance=0.5")
        assert one.count("500") > 30
        assert one != both

    def test_one_that_lasts_hits_all_until_it_is_over(self) -> None:
        faults = Faults([parse("429:seconds=3,times=1,after=1")], seed=1, calendar=CALENDAR)
        hit = []
        for second in (0, 1, 2, 3, 3.9, 4, 5):
            strike = faults.strike(Target("/status"), START + second)
            hit.append(strike and (strike.begins, strike.until - START))
        assert hit == [None, (True, 4), (False, 4), (False, 4), (False, 4), None, None]
        assert faults.as_json()[0] | {"hits": 4, "matched": 7} == faults.as_json()[0]

    def test_replaced_ones_begin_anew(self) -> None:
        faults = Faults([parse("500:times=1")], seed=1, calendar=CALENDAR)
        assert faults.strike(Target("/status"), START)
        faults.replace([parse("500:times=1")])
        assert faults.strike(Target("/status"), START)
        faults.replace([])
        assert not faults
        assert faults.strike(Target("/status"), START) is None


class TestSpec:
    @pytest.mark.parametrize("name", KINDS)
    def test_every_kind_is_found_by_its_name_and_told_as_it_is_read(self, name: str) -> None:
        fault = parse(name)
        assert (fault.kind, fault.aim) == (KINDS[name], KINDS[name].aim)
        assert read(json.dumps([fault.as_json(), name]).encode()) == [fault, fault]
        assert (fault.kind.change is None) != (fault.kind.delivery is None)
        assert set(fault.options) <= set(LIMITS)

    def test_settings(self) -> None:
        fault = parse("drip: seconds=0.5 ,route=/status,times=3,after=2,every=4,chance=0.5,page=2")
        assert fault.options == {"seconds": 0.5}
        assert fault.aim == Aim(route="/status", times=3, after=2, every=4, chance=0.5, page=2)

    @pytest.mark.parametrize(
        ("text", "message", "hint"),
        [
            ("rest", "no fault 'rest'", "'reset'"),
            ("", "no fault ''", "page-drift"),
            ("reset:time=3", "no setting 'time'", "'times'"),
            ("reset:seconds=3", "no setting 'seconds'", "times"),
            ("reset:times", "no KEY=VALUE", "times=3"),
            ("reset:times=0", "times", "times=3"),
            ("reset:times=x", "times", "times=3"),
            ("reset:chance=1.5", "chance", ""),
            ("reset:chance=0", "chance", ""),
            ("reset:route=status", "route", "/status"),
            ("hang:seconds=x", "seconds=x", "from 0"),
            ("hang:seconds=-1", "seconds=-1", "from 0"),
            ("hang:seconds=nan", "seconds=nan", "from 0"),
            ("close:part=2", "part=2", "to 1"),
            ("shrinking-list:page=2", "whole list", "page="),
        ],
    )
    def test_mistakes(self, text: str, message: str, hint: str) -> None:
        with pytest.raises(SpecError, match=message) as caught:
            parse(text)
        assert hint in caught.value.hint
