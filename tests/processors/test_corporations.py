"""Corporations: the public sheet of any, the rest for members who may see it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from eveobs.processors.corporations import PROCESSOR
from eveobs.processors.interface import Needs
from eveobs.processors.sheets import scopes_of
from eveobs.records.schema import SubjectKind
from tests.processors.esi_of_lists import CHARACTER, CORPORATION, Knows, Reading, error, page
from tests.processors.esi_of_subjects import builtins, read, saying, signed_in

pytestmark = pytest.mark.unit

BASE = f"/corporations/{CORPORATION}"
OWN_ROLES = f"/characters/{CHARACTER}/roles"
MEMBERS, WALLETS, ROLES = (
    "esi-corporations.read_corporation_membership.v1",
    "esi-wallet.read_corporation_wallets.v1",
    "esi-characters.read_corporation_roles.v1",
)
PUBLIC_PATHS = {BASE, f"{BASE}/icons", f"{BASE}/alliancehistory"}
SHEET: dict[str, Any] = {
    "name": "Usual Industries",
    "ticker": "USUAL",
    "member_count": 2,
    "tax_rates": {"isk": 10.0, "loyalty_point": 5.6},
    "description": "",
    "friendly_fire": "legal",
    "home_station_id": 60003760,
    "shares": 1000,
    "state": "a state to come",
    "type": "player_owned",
    "war_eligible": False,
}
LOGO = "https://images.evetech.net/corporations/98000001/logo?size=256"


def esi(*roles: str, **replies: httpx.Response) -> dict[str, httpx.Response]:
    """What is said of the corporation to a member with `roles`."""
    said = {
        BASE: page(SHEET),
        f"{BASE}/icons": page({"px256x256": LOGO}),
        f"{BASE}/alliancehistory": page([{"record_id": 1, "start_date": "2020-01-01T00:00:00Z"}]),
        f"{BASE}/members": page([CHARACTER, CHARACTER + 1, CHARACTER]),
        f"{BASE}/wallets": page([{"division": n, "balance": n / 4} for n in range(1, 8)]),
        OWN_ROLES: page({"roles": [*roles]}),
    }
    return said | {f"{BASE}/{name}": reply for name, reply in replies.items()}


async def look(
    *scopes: str, said: dict[str, httpx.Response] | None = None, **about: Any
) -> Reading:
    access = signed_in(*scopes) if scopes else None
    return await read(
        PROCESSOR, saying(said or esi()), kind=SubjectKind.CORPORATION, access=access, **about
    )


def test_nothing_is_needed_and_what_members_see_is_useful() -> None:
    needs = PROCESSOR.needs(SubjectKind.CORPORATION)
    assert needs.scopes == needs.roles == ()
    assert {*needs.useful} == {MEMBERS, WALLETS, ROLES}
    assert isinstance(needs, Needs)


async def test_any_is_known_publicly() -> None:
    reading = await look()
    assert {*reading.asked} == PUBLIC_PATHS
    (row,) = reading.end.rows
    flat = {name: value for name, value in SHEET.items() if name != "tax_rates"}
    assert builtins(row) == flat | {
        "corporation_id": CORPORATION,
        "tax_rate": 10.0,
        "loyalty_point_tax_rate": 5.6,
        "logo": LOGO,
    }
    assert {*reading.answers} == {("alliance_history", CORPORATION)}
    assert (reading.end.whole, reading.end.missing, reading.end.moment) == (True, "", None)


async def test_members_see_members() -> None:
    reading = await look(MEMBERS)
    assert {*reading.asked} == PUBLIC_PATHS | {f"signed {BASE}/members"}
    rows = reading.answers["members", CORPORATION].rows
    assert [builtins(row) for row in rows] == [
        {"character_id": CHARACTER},
        {"character_id": CHARACTER + 1},
    ]


async def test_accountants_see_wallets() -> None:
    reading = await look(WALLETS, ROLES, said=esi("Trader", "Junior_Accountant"))
    wallets = reading.answers["wallets", CORPORATION].rows
    assert [builtins(row)["balance"] for row in wallets] == [n / 4 for n in range(1, 8)]
    assert f"signed {OWN_ROLES}" in reading.asked


@pytest.mark.parametrize(
    ("scopes", "asked"),
    [((WALLETS, ROLES), {f"signed {OWN_ROLES}"}), ((WALLETS,), set())],
    ids=["without the role", "without knowing the roles"],
)
async def test_nobody_is_refused_a_wallet(scopes: tuple[str, ...], asked: set[str]) -> None:
    reading = await look(*scopes, said=esi("Director"))
    assert {*reading.asked} == PUBLIC_PATHS | asked
    assert ("wallets", CORPORATION) not in reading.answers
    assert (reading.end.whole, reading.end.missing) == (True, "")


async def test_a_detail_that_fails_takes_nothing_away() -> None:
    said = esi(members=error(500, "broken"))
    reading = await look(MEMBERS, said=said, memory=Knows(newest=CORPORATION))
    assert len(reading.end.rows) == 1
    assert {*reading.answers} == {("alliance_history", CORPORATION)}
    assert reading.end.missing.startswith("members: ")


async def test_a_logo_that_fails_leaves_the_stored_row_as_it_is() -> None:
    said = esi(icons=error(500, "broken"))
    reading = await look(said=said, memory=Knows(newest=CORPORATION))
    assert (reading.end.rows, reading.end.whole) == ([], False)


def test_a_member_of_an_npc_corporation_sees_no_more_than_anybody() -> None:
    from eveobs.processors.interface import Task
    from eveobs.telemetry.progress import Silence

    for number, scopes in ((1_000_171, set()), (CORPORATION, {MEMBERS})):
        access = signed_in(MEMBERS)
        task = Task(number, SubjectKind.CORPORATION, (), Knows(), Silence(), access)
        assert scopes_of(task) == scopes
