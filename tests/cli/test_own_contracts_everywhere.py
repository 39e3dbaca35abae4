"""Alerts, outbid, publish and deals agree on which contracts are a person's own: one store, four
commands, and a person with several characters and a corporation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eveobs.cli.context import Run
from eveobs.records.collected import DetailAnswer, Meaning
from eveobs.records.contracts import CONTRACTS, ContractItem, PublicContract
from eveobs.records.market_orders import MARKET_ORDERS, MarketOrder
from eveobs.records.own_contracts import OWN_CONTRACTS, OwnContract, OwnContractItem
from eveobs.records.schema import Record, Schema, SubjectKind
from eveobs.records.universe import Name
from eveobs.store.applying import Draft
from eveobs.store.store import Store
from tests.conftest import Eveobs

pytestmark = pytest.mark.integration

FORGE, JITA, RIFTER = 10000002, 60003760, 587
OBSERVED, SIGNED_IN, NAMED, COLLEAGUE, STRANGER = 91, 92, 93, 94, 95
OUR_CORPORATION, ANOTHER = 98000001, 98000002
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Sale:
    """A Rifter for `price` ISK. `listed`: also in the own contracts of that owner."""

    number: int
    issuer: int
    price: float
    corporation: int = ANOTHER
    for_corporation: bool = False
    listed: tuple[SubjectKind, int] | None = None
    status: str = "outstanding"

    @property
    def fields(self) -> dict[str, Any]:
        return {
            "contract_id": self.number,
            "type": "item_exchange",
            "issuer_id": self.issuer,
            "issuer_corporation_id": self.corporation,
            "date_issued": NOW - DAY,
            "date_expired": NOW + DAY,
            "price": self.price,
            "start_location_id": JITA,
        }

    @property
    def public(self) -> PublicContract:
        return PublicContract(**self.fields, for_corporation=self.for_corporation or None)

    @property
    def own(self) -> OwnContract:
        return OwnContract(
            **self.fields,
            for_corporation=self.for_corporation,
            status=self.status,
            availability="public",
            assignee_id=0,
            acceptor_id=0,
        )


CHARACTER = (SubjectKind.CHARACTER, OBSERVED)
CORPORATION = (SubjectKind.CORPORATION, OUR_CORPORATION)
SALES = (
    Sale(1, OBSERVED, 100.0, OUR_CORPORATION, listed=CHARACTER),
    Sale(2, SIGNED_IN, 50.0),
    Sale(3, NAMED, 40.0),
    Sale(4, COLLEAGUE, 30.0, OUR_CORPORATION, for_corporation=True, listed=CORPORATION),
    Sale(5, COLLEAGUE, 20.0, OUR_CORPORATION),
    Sale(6, STRANGER, 10.0),
    Sale(7, OBSERVED, 5.0, OUR_CORPORATION, listed=CHARACTER, status="finished"),
)
OWN, RIVALS, ACCEPTED = {1, 2, 3, 4}, {5, 6}, {7}


def draft(
    schema: Schema,
    subject: tuple[SubjectKind, int],
    rows: Sequence[Record],
    answers: Sequence[DetailAnswer[Record]] = (),
) -> Draft:
    return Draft(
        schema=schema,
        subject_kind=subject[0],
        subject_id=subject[1],
        rows=rows,
        pages=1,
        whole=True,
        error=None,
        details=("items",) if answers else (),
        answers=answers,
        moment=NOW,
        expires=None,
        fresh_until=None,
        started_at=NOW,
        finished_at=NOW,
    )


def given(number: int, item: Record) -> DetailAnswer[Record]:
    return DetailAnswer("items", number, Meaning.GIVEN, settled=True, rows=[item])


@dataclass(frozen=True)
class SignedIn:
    """One entry of a vault."""

    character_id: int
    dead: bool = False
    used: float = NOW.timestamp()
    name: str = "Bram Oster"


class SignIns:
    """A vault with a character whose contracts were never fetched."""

    @property
    def vault(self) -> SignIns:
        return self

    def entries(self) -> list[SignedIn]:
        return [SignedIn(SIGNED_IN)]


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Eveobs:
    data = tmp_path / "home" / "data"
    data.mkdir(parents=True, mode=0o700)
    with Store(f"sqlite:///{data / 'eveobs.sqlite3'}") as store:
        thing: dict[str, Any] = {"type_id": RIFTER, "quantity": 1, "is_included": True}
        public = [given(one.number, ContractItem(record_id=one.number, **thing)) for one in SALES]
        rows = [one.public for one in SALES]
        store.apply(draft(CONTRACTS, (SubjectKind.REGION, FORGE), rows, public))
        for owner in (CHARACTER, CORPORATION):
            own = [one for one in SALES if one.listed == owner]
            items = [
                given(
                    one.number,
                    OwnContractItem(record_id=one.number, is_singleton=False, **thing),
                )
                for one in own
            ]
            store.apply(draft(OWN_CONTRACTS, owner, [one.own for one in own], items))
        buyer = MarketOrder(
            order_id=1,
            type_id=RIFTER,
            location_id=JITA,
            system_id=30000142,
            price=10_000_000.0,
            volume_remain=99,
            volume_total=99,
            min_volume=1,
            issued=NOW - DAY,
            duration=90,
            range="region",
            is_buy_order=True,
        )
        orders = draft(MARKET_ORDERS, (SubjectKind.REGION, FORGE), [buyer])
        store.apply(replace(orders, details=()))
        names = {
            FORGE: ("region", "The Forge"),
            JITA: ("station", "Jita IV - Moon 4"),
            RIFTER: ("inventory_type", "Rifter"),
            NAMED: ("character", "Cleo Marsh"),
        }
        known = [Name(id=one, category=kind, name=name) for one, (kind, name) in names.items()]
        store.keep_names(known, (), NOW)
        store.note([], [], NOW, old_before=NOW)  # a first look would hold all of it back
    monkeypatch.setattr(Run, "sign_ins", lambda _: SignIns())
    home = {"EVEOBS_HOME": str(tmp_path / "home"), "EVEOBS_ME__CHARACTERS": "Cleo Marsh"}
    return Eveobs({**home, "EVEOBS_ALERTS__RULES": "undercut"})


def test_four_commands_agree_on_whose_contracts_are_own(person: Eveobs, tmp_path: Path) -> None:
    offered = person.json("outbid")
    assert {row["contract_id"] for row in offered} == OWN
    assert {rival for row in offered for rival in row["rivals"]} == RIVALS

    noticed = person.json("alerts", "--dry-run")
    pairs = {tuple(map(int, row["key"].split())) for row in noticed}
    assert pairs == {(number, 6) for number in OWN}, "each of them, by the best rival"

    deals = person.json("deals", "--min-profit", "0", "--limit", "0")
    assert {row["contract_id"] for row in deals} == RIVALS

    folder = tmp_path / "site"
    published = person("publish", "contract", "--from", "contracts", "--folder", str(folder))
    assert published.exit_code == 0, published.output
    pages = {
        int(page.stem): page.read_text(encoding="utf-8")
        for page in (folder / "contract").glob("*.html")
    }
    assert pages.keys() == OWN | RIVALS | ACCEPTED
    compared = {number for number, html in pages.items() if "eveobs-competition" in html}
    assert compared == OWN
    for number in OWN:
        assert "Rank 3 of 3" in " ".join(re.sub("<.*?>", " ", pages[number]).split())
