"""The box of a contract of one's own: rank, best rival, since when, what would be best again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from eveobs.analysis.competition import Ours
from eveobs.publish.competing import Competing
from eveobs.publish.document import digests
from eveobs.records.own_contracts import OWN_CONTRACTS, OwnContract, OwnContractItem
from eveobs.records.schema import SubjectKind
from eveobs.store.applying import Draft
from eveobs.store.store import Store
from tests.publish.bazaar import ALT, COPY, DAY, JITA, ME, TRITANIUM, copy, page, publish, sale, see
from tests.publish.memory_target import MemoryTarget
from tests.store.drafts import FORGE, START, items, reading

pytestmark = pytest.mark.unit


def box(html: str) -> str:
    """The words of the box; "" without one."""
    found = re.search(r'<section class="eveobs-competition">(.*?)</section>', html, re.DOTALL)
    return " ".join(re.sub("<.*?>", " ", found[1]).split()) if found else ""


def boxes(store: Store) -> dict[int, dict[str, Any]]:
    return dict(Competing(store, Ours(frozenset({ME, ALT}))).facts)


MINE = sale(1, 100.0, issuer_id=ME)


def test_undercut(store: Store) -> None:
    see(store, [MINE], {1: copy()})
    rival = sale(2, 95.0, date_issued=START + DAY)
    decoys = [sale(3, 1.0), sale(4, 50.0, issuer_id=ALT), sale(5, 99.0), sale(6, 200.0)]
    goods = {1: copy(), 2: copy(), 3: copy(me=9), 4: copy(), 5: copy(), 6: copy()}
    see(store, [MINE, rival, *decoys], goods, day=1)
    target = MemoryTarget()
    publish(target, store)
    told = box(page(target, "contract", 1).html)
    assert "Rank 3 of 5" in told, "the alt's is not counted, the worse researched does not undercut"
    assert "A run 10 ISK" in told
    assert "9.50 ISK a run, 0.50 ISK (5.00 %) less" in told
    assert "ME 10, TE 20" in told
    assert "Undercut since 2026-09-24 08:00 UTC" in told
    assert "Best again at 94.99 ISK" in told
    assert 'href="../contract/eve-contract-2.html"' in page(target, "contract", 1).html
    assert f'href="../type/eve-type-{FORGE}-{COPY}.html"' in page(target, "contract", 1).html
    assert box(page(target, "contract", 2).html) == "", "not one of ours"


def test_not_undercut(store: Store) -> None:
    see(store, [MINE, sale(2, 100.0)], {})
    target = MemoryTarget()
    publish(target, store)
    told = box(page(target, "contract", 1).html)
    assert "Rank 1 of 2" in told
    assert "Nobody sells the same for less in The Forge" in told
    assert "Best again" not in told


@pytest.mark.parametrize(
    ("goods", "fields", "why"),
    [
        ([copy(), {"type_id": TRITANIUM}], {}, "it is a bundle of several things"),
        ({"type_id": COPY}, {}, "its research is not known"),
        ([{}, {"is_included": False}], {}, "it asks for items"),
        ({}, {"price": 0.0}, "it has no price"),
        ({}, {"type": "auction"}, "an auction without a buyout"),
        ({}, {"type": "courier"}, "it sells nothing"),
    ],
)
def test_what_cannot_be_compared_says_why(
    store: Store, goods: Any, fields: dict[str, Any], why: str
) -> None:
    own = sale(1, **{"price": 100.0, "issuer_id": ME, **fields})
    see(store, [own, sale(2, 1.0)], {1: goods})
    target = MemoryTarget()
    publish(target, store)
    assert box(page(target, "contract", 1).html) == f"Competition Compared with nothing: {why}."


def own_contract(number: int, **fields: Any) -> OwnContract:
    given: dict[str, Any] = {
        "type": "item_exchange",
        "status": "outstanding",
        "availability": "public",
        "issuer_id": ME,
        "issuer_corporation_id": 98000001,
        "assignee_id": 0,
        "acceptor_id": 0,
        "price": 100.0,
        "start_location_id": JITA,
        "date_issued": START - DAY,
        "date_expired": START + 20 * DAY,
    }
    return OwnContract(contract_id=number, **(given | fields))


def see_own(store: Store, *contracts: OwnContract) -> None:
    """A whole reading of one's own list, each a Rifter."""
    template = reading([])
    answers = [
        items(
            one.contract_id,
            OwnContractItem(
                record_id=one.contract_id,
                type_id=587,
                quantity=1,
                is_included=True,
                is_singleton=False,
            ),
        )
        for one in contracts
    ]
    store.apply(
        Draft(
            **{name: getattr(template, name) for name in template.__dataclass_fields__}
            | {
                "schema": OWN_CONTRACTS,
                "subject_kind": SubjectKind.CHARACTER,
                "subject_id": ME,
                "rows": list(contracts),
                "answers": answers,
            }
        )
    )


def test_ones_own_list_counts_too(store: Store) -> None:
    see_own(
        store,
        own_contract(1),
        own_contract(7, availability="personal"),
        own_contract(8, status="finished"),
    )
    see(store, [sale(2, 90.0)], {})
    found = boxes(store)
    assert {*found} == {1}
    assert (found[1]["rank"], found[1]["rival"]["contract_id"]) == (2, 2)


def test_a_region_that_was_not_read_is_no_competition(store: Store) -> None:
    see_own(store, own_contract(1))
    assert boxes(store)[1] == {"why_not": "the public contracts of its region are not stored"}
    assert boxes(store)[1]["why_not"]


def test_the_market_changes_the_box_and_nothing_else(store: Store) -> None:
    see(store, [MINE], {})
    target = MemoryTarget()
    publish(target, store)
    before = digests(page(target, "contract", 1))
    rival = sale(2, 90.0, date_issued=START + DAY)
    see(store, [MINE, rival], {}, day=1)
    assert "update contract/1" in publish(target, store)
    after = digests(page(target, "contract", 1))
    assert {name for name in after if after[name] != before[name]} == {"html"}
    see(store, [MINE, rival, sale(3, 500.0)], {2: {}, 3: {"type_id": TRITANIUM}}, day=2)
    assert "update contract/1" not in publish(target, store), "what is not like it is no news"
