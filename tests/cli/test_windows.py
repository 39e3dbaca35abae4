"""A plan that does not fit into a rate limit says how many windows it takes, and how long."""

from __future__ import annotations

import pytest

from eveobs.cli.windows import Windows
from eveobs.esi.limits import Ledger
from eveobs.esi.planning import Need, Plan
from eveobs.esi.routes import BY_PATH
from tests.esi.characters import Character

pytestmark = pytest.mark.unit

ITEMS = BY_PATH["GET", "/corporations/{corporation_id}/contracts/{contract_id}/items"]
BLUEPRINTS = BY_PATH["GET", "/characters/{character_id}/blueprints"]
JOBS = BY_PATH["GET", "/characters/{character_id}/industry/jobs"]
KARA, TAL = Character(), Character(90_000_002, "Tal Irsen")
NOW = 1000.0


def plan_of(*asked: tuple[str, int]) -> Plan:
    plan = Plan()
    for path, requests in asked:
        plan.add(BY_PATH["GET", path], conditional=False, requests=requests)
    return plan


def told(*plans: tuple[Plan, Character | None], ledger: Ledger | None = None) -> list[str]:
    windows = Windows()
    for plan, access in plans:
        windows.add(plan, access)
    return windows.told(ledger or Ledger(), NOW)


@pytest.mark.parametrize(
    ("tokens", "windows", "seconds"), [(0, 1, 0), (600, 1, 0), (601, 2, 900), (2000, 4, 2700)]
)
def test_windows_are_counted(tokens: int, windows: int, seconds: float) -> None:
    need = Need(tokens, 600, 900)
    assert (need.windows, need.seconds) == (windows, seconds)


def test_a_corporation_with_a_thousand_contracts() -> None:
    (sentence,) = told((plan_of((ITEMS.path, 1000)), KARA))
    assert sentence == (
        "this needs 2,000 tokens of the rate limit corp-contract of Kara Ovessa, "
        "which has 600 in 15 minutes: 4 windows, at least 45 minutes"
    )


def test_what_fits_is_not_worth_a_word() -> None:
    assert told((plan_of((ITEMS.path, 300), ("/status", 1)), KARA)) == []


def test_routes_of_one_group_and_character_add_up_and_those_of_others_do_not() -> None:
    half = plan_of((BLUEPRINTS.path, 100), (JOBS.path, 100))
    assert told((half, KARA), (half, TAL), (half, None)) == []
    (sentence,) = told((half, KARA), (half, TAL), (half, KARA))
    assert "800 tokens" in sentence
    assert "2 windows" in sentence


def test_what_is_spent_already_and_what_esi_told_count() -> None:
    ledger = Ledger()
    bucket = ledger.bucket(ITEMS, str(KARA.character_id))
    bucket.take(500, NOW - 10)
    (sentence,) = told((plan_of((ITEMS.path, 100)), KARA), ledger=ledger)
    assert "500 of them spent" in sentence
    bucket.limit = 5000
    assert told((plan_of((ITEMS.path, 100)), KARA), ledger=ledger) == []


def test_what_is_conditional_costs_half() -> None:
    plan = Plan()
    plan.add(ITEMS, conditional=True, requests=600)
    assert told((plan, KARA)) == []
