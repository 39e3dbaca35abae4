from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from eveobs.errors import ConfigError
from eveobs.esi.sign_ins import LIFE
from eveobs.esi.vault import Entry
from eveobs.operate.alerts.rules import RULES, chosen
from eveobs.operate.health.finding import Examined, Finding, State
from eveobs.records.collected import DetailAnswer, Meaning
from eveobs.records.contracts import CONTRACTS, ContractItem, PublicContract
from eveobs.records.industry_jobs import INDUSTRY_JOBS, IndustryJob
from eveobs.records.own_contracts import OWN_CONTRACTS, OwnContract, OwnContractItem
from eveobs.records.planets import PLANETS, Colony
from eveobs.records.schema import SubjectKind
from tests.operate.alerts.conftest import HOUR, ME, NOW, OTHER, Scene

CORPORATION = 98000001


def contract(number: int = 7, **fields: Any) -> OwnContract:
    given: dict[str, Any] = {
        "type": "item_exchange",
        "status": "outstanding",
        "availability": "public",
        "issuer_id": ME,
        "issuer_corporation_id": CORPORATION,
        "assignee_id": 0,
        "acceptor_id": 0,
        "date_issued": NOW - 24 * HOUR,
        "date_expired": NOW + 300 * HOUR,
        "price": 12_500_000.0,
    }
    return OwnContract(contract_id=number, **(given | fields))


def taken(number: int = 7, **fields: Any) -> OwnContract:
    given: dict[str, Any] = {
        "status": "finished",
        "acceptor_id": OTHER,
        "date_accepted": NOW - HOUR,
        "date_completed": NOW - HOUR,
    }
    return contract(number, **(given | fields))


def test_a_contract_was_accepted(scene: Scene) -> None:
    scene.named(Bram_Oster=OTHER, Anna_Vane=ME, Rifter=587)
    item = OwnContractItem(
        record_id=1, type_id=587, quantity=3, is_included=True, is_singleton=False
    )
    answer = DetailAnswer("items", 7, Meaning.GIVEN, settled=True, rows=[item])
    scene.has(OWN_CONTRACTS, taken(), answers=(answer,))
    (seen,) = scene.sees("accepted")
    assert seen.text == (
        "contract of Anna Vane accepted by Bram Oster: 3 × Rifter for 12.5M ISK (contract 7)"
    )
    assert seen.at == NOW - HOUR


def test_an_accepted_contract_is_named_by_its_issuer(scene: Scene) -> None:
    scene.named(Anna_Vane=ME, Vane_Trading=CORPORATION)
    unknown = taken(9, issuer_id=OTHER, issuer_corporation_id=CORPORATION + 1)
    scene.has(OWN_CONTRACTS, taken(8, for_corporation=True), taken(10), unknown)
    scene.facts["me"] = (str(OTHER),)
    assert {seen.text for seen in scene.sees("accepted")} == {
        "contract of Vane Trading accepted: item exchange for 12.5M ISK (contract 8)",
        "your contract accepted: item exchange for 12.5M ISK (contract 9)",
        "contract of Anna Vane accepted: item exchange for 12.5M ISK (contract 10)",
    }


def test_a_contract_is_undercut_until_it_is_not(scene: Scene) -> None:
    scene.named(Rifter=587)
    item = OwnContractItem(
        record_id=1, type_id=587, quantity=2, is_included=True, is_singleton=False
    )
    mine = DetailAnswer("items", 7, Meaning.GIVEN, settled=True, rows=[item])
    scene.has(OWN_CONTRACTS, contract(price=100.0, start_location_id=60003760), answers=(mine,))
    rival = PublicContract(
        contract_id=8,
        type="item_exchange",
        issuer_id=OTHER,
        issuer_corporation_id=CORPORATION,
        date_issued=NOW - HOUR,
        date_expired=NOW + HOUR,
        price=40.0,
        start_location_id=60003760,
    )
    theirs = ContractItem(record_id=2, type_id=587, quantity=1, is_included=True)
    answer = DetailAnswer("items", 8, Meaning.GIVEN, settled=True, rows=[theirs])
    region = (SubjectKind.REGION, 10000002)
    scene.has(CONTRACTS, rival, answers=(answer,), subject=region, at=NOW - HOUR)
    (seen,) = scene.sees("undercut")
    assert seen.text == (
        "2 × Rifter for 100 ISK (contract 7): contract 8 is 20.0 % cheaper, best again at 79.99 ISK"
    )
    scene.has(CONTRACTS, subject=region)
    assert scene.sees("undercut") == []


def test_another_character_of_the_same_person_is_no_rival(scene: Scene) -> None:
    test_a_contract_is_undercut_until_it_is_not(scene)
    rival = PublicContract(
        contract_id=9,
        type="item_exchange",
        issuer_id=OTHER,
        issuer_corporation_id=CORPORATION,
        date_issued=NOW - HOUR,
        date_expired=NOW + HOUR,
        price=40.0,
        start_location_id=60003760,
    )
    theirs = ContractItem(record_id=3, type_id=587, quantity=1, is_included=True)
    answer = DetailAnswer("items", 9, Meaning.GIVEN, settled=True, rows=[theirs])
    region, later = (SubjectKind.REGION, 10000002), NOW + HOUR / 60
    scene.has(CONTRACTS, rival, answers=(answer,), subject=region, at=later)
    assert len(scene.sees("undercut")) == 1
    signed_in = Entry(
        sso="",
        character_id=OTHER,
        name="Bram Oster",
        scopes=(),
        client_id="",
        used=NOW.timestamp(),
        dead=False,
    )
    scene.facts["entries"] = [signed_in]
    assert scene.sees("undercut") == []
    scene.facts = {"me": (str(OTHER),)}
    assert scene.sees("undercut") == []


def test_what_others_issued_is_not_ours(scene: Scene) -> None:
    scene.has(OWN_CONTRACTS, taken(issuer_id=OTHER), contract(8))
    assert scene.sees("accepted") == []


def test_what_we_issued_for_our_corporation_is(scene: Scene) -> None:
    subject = (SubjectKind.CORPORATION, CORPORATION)
    scene.has(OWN_CONTRACTS, taken(issuer_id=OTHER, for_corporation=True), subject=subject)
    assert len(scene.sees("accepted")) == 1


def test_an_accepted_courier_and_its_end_are_two_things(scene: Scene) -> None:
    on_the_way = taken(type="courier", status="in_progress", date_completed=None)
    scene.has(OWN_CONTRACTS, on_the_way)
    (first,) = scene.sees("accepted")
    scene.has(OWN_CONTRACTS, taken(type="courier", status="finished_contractor"), at=NOW + HOUR)
    (second,) = scene.sees("accepted")
    assert first.key != second.key


@pytest.mark.parametrize(("hours", "seen"), [(1, True), (23.9, True), (24.1, False), (-1, False)])
def test_a_contract_ends_soon(hours: float, seen: bool, scene: Scene) -> None:
    scene.has(OWN_CONTRACTS, contract(date_expired=NOW + timedelta(hours=hours)), taken(8))
    assert bool(scene.sees("expiring")) is seen


def job(**fields: Any) -> IndustryJob:
    numbers = dict.fromkeys(
        (
            *("job_id", "activity_id", "blueprint_id", "blueprint_type_id"),
            *("blueprint_location_id", "facility_id", "output_location_id", "duration"),
        ),
        1,
    )
    given: dict[str, Any] = {
        "installer_id": ME,
        "runs": 10,
        "status": "active",
        "start_date": NOW - 9 * HOUR,
    }
    return IndustryJob(**(numbers | given | fields))


@pytest.mark.parametrize(
    ("status", "end", "seen"),
    [
        ("active", NOW - HOUR, True),
        ("ready", NOW - HOUR, True),
        ("active", NOW + HOUR, False),
        ("paused", NOW - HOUR, False),
        ("delivered", NOW - HOUR, False),
    ],
)
def test_a_job_is_done(status: str, end: datetime, seen: bool, scene: Scene) -> None:
    scene.named(Astra_Vane=ME, Rifter=587)
    given = job(status=status, end_date=end, product_type_id=587, activity="manufacturing")
    scene.has(INDUSTRY_JOBS, given)
    found = scene.sees("job-done")
    assert [one.text for one in found] == [
        "manufacturing of Rifter, 10 runs by Astra Vane is done"
    ] * seen


def colony(end: datetime | None) -> Colony:
    return Colony(
        planet_id=40000001,
        solar_system_id=30000142,
        planet_type="barren",
        upgrade_level=4,
        num_pins=9,
        last_update=NOW,
        extractors_end=end,
    )


@pytest.mark.parametrize(
    ("hours", "seen"), [(5, True), (7, False), (-2, True), (-30, False), (None, False)]
)
def test_an_extractor_ends(hours: float | None, seen: bool, scene: Scene) -> None:
    end = None if hours is None else NOW + timedelta(hours=hours)
    scene.has(PLANETS, colony(end))
    assert bool(scene.sees("extractor-ending")) is seen


def test_an_extractor_that_was_started_again_is_another_thing(scene: Scene) -> None:
    scene.has(PLANETS, colony(NOW + HOUR))
    (first,) = scene.sees("extractor-ending")
    scene.has(PLANETS, colony(NOW + 5 * HOUR), at=NOW + HOUR)
    (second,) = scene.sees("extractor-ending")
    assert first.key != second.key


def test_a_list_has_not_been_whole_for_hours(scene: Scene) -> None:
    scene.named(Astra_Vane=ME)
    scene.has(PLANETS, at=NOW - 8 * HOUR)
    scene.has(PLANETS, at=NOW - 7 * HOUR, error="page 2 is missing")
    assert scene.sees("partial") == []
    scene.has(PLANETS, at=NOW - HOUR, error="page 2 is missing")
    (seen,) = scene.sees("partial")
    assert seen.text == "planets of Astra Vane: not whole since 23 Sep 04:00 (page 2 is missing)"
    scene.has(PLANETS, at=NOW)
    assert scene.sees("partial") == []


@pytest.mark.parametrize(
    ("days", "dead", "words"),
    [(5.5, False, "for 5 more days"), (1.5, False, "for 1 more day;"), (20, True, "no more")],
)
def test_a_sign_in_dies(days: float, dead: bool, words: str, scene: Scene) -> None:
    entry = Entry(
        sso="",
        character_id=ME,
        name="Astra Vane",
        scopes=(),
        client_id="",
        used=NOW.timestamp() - LIFE + days * 86_400,
        dead=dead,
    )
    fresh = msgspec.structs.replace(entry, used=NOW.timestamp(), dead=False, character_id=OTHER)
    scene.facts["entries"] = [entry, fresh]
    (seen,) = scene.sees("token")
    assert words in seen.text


def test_health_is_not_well(scene: Scene) -> None:
    found = [
        Examined("store", Finding(State.DEGRADED, "3 MB free"), 0.1),
        Examined("esi", Finding(State.HEALTHY, "20,000 players"), 0.1),
        Examined("sign-in", Finding(State.UNHEALTHY, "another rule's"), 0.1),
    ]
    scene.facts["examined"] = found
    assert [one.text for one in scene.sees("health")] == ["store is degraded: 3 MB free"]


def test_rules_by_name() -> None:
    assert chosen([]) == list(RULES)
    assert chosen(["token", "accepted"]) == ["accepted", "token"]
    with pytest.raises(ConfigError, match="nonsense"):
        chosen(["nonsense"])
