"""`eveobs api` asks as who signed in: each of the three kinds of paging, and only what may be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Eveobs, NewEden, new_eden_of
from tests.signing import Person, signed_home

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def eden() -> Iterator[NewEden]:
    with new_eden_of("--contracts", "30") as started:
        yield started


@pytest.fixture(scope="module")
def people(eden: NewEden) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = eden.get("/_sandbox/people")["characters"]
    return found


@pytest.fixture(scope="module")
def signed_in(
    eden: NewEden, people: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Eveobs]:
    """A home in which two characters of one corporation signed in."""
    eveobs = Eveobs(signed_home(eden.url, tmp_path_factory.mktemp("api") / "home"))
    with pytest.MonkeyPatch.context() as patch:
        person = Person(patch)
        for one in people[:2]:
            person.sign_in(eveobs, one["id"])
        yield eveobs


def test_the_character_of_the_path_is_who_asks(
    signed_in: Eveobs, eden: NewEden, people: list[dict[str, Any]]
) -> None:
    for one in people[:2]:
        found = signed_in("api", f"/characters/{one['id']}/blueprints", "--paginate")
        assert found.exit_code == 0, found.output
        truth = eden.get(f"/_sandbox/truth/blueprints?owner={one['id']}")["rows"]
        assert {row["item_id"] for row in json.loads(found.stdout)} == {
            row["item_id"] for row in truth
        }


def test_a_ledger_is_walked_to_its_end(
    signed_in: Eveobs, eden: NewEden, people: list[dict[str, Any]]
) -> None:
    number = people[0]["id"]
    path = f"/characters/{number}/wallet/transactions"
    rows = json.loads(signed_in("api", path, "--paginate").stdout)
    truth = eden.get(f"/_sandbox/truth/wallet-transactions?owner={number}")["rows"]
    ids = [row["transaction_id"] for row in rows]
    assert ids == sorted({row["transaction_id"] for row in truth}, reverse=True)


def test_of_several_who_may_one_is_named(signed_in: Eveobs, people: list[dict[str, Any]]) -> None:
    path = f"/corporations/{people[0]['corporation_id']}/blueprints"
    result = signed_in("api", path)
    assert result.exit_code == 2
    assert all(one["name"] in result.stderr for one in people[:2])
    assert "--as NAME" in result.stderr
    director = next(one for one in people[:2] if "Director" in one["roles"])
    found = signed_in("api", path, "--as", director["name"].upper())
    assert json.loads(found.stdout)
    assert signed_in("api", path, "--as", "Nobody At All").exit_code == 2


def test_who_lacks_the_role_is_told_so(signed_in: Eveobs, people: list[dict[str, Any]]) -> None:
    member = next(one for one in people[:2] if "Director" not in one["roles"])
    path = f"/corporations/{member['corporation_id']}/blueprints"
    result = signed_in("api", path, "--as", str(member["id"]))
    assert result.exit_code == 4
    assert f"{member['name']} lacks the role Director" in result.stderr


def test_who_is_not_signed_in_is_exit_4_before_anything_is_asked(
    signed_in: Eveobs, eden: NewEden, people: list[dict[str, Any]], tmp_path: Path
) -> None:
    eden.reset_counters()
    path = f"/characters/{people[2]['id']}/blueprints"
    other = signed_in("api", path)
    nobody = Eveobs(signed_home(eden.url, tmp_path / "home"))("api", "/markets/structures/5")
    assert (other.exit_code, nobody.exit_code) == (4, 4)
    assert "is not signed in" in other.stderr
    assert "nobody is signed in" in nobody.stderr
    for result in (other, nobody):
        assert "eveobs auth login --scopes esi-" in result.stderr
        assert result.stdout == ""
    assert eden.requests() == 0


def test_limits_tell_whose_they_are(signed_in: Eveobs, people: list[dict[str, Any]]) -> None:
    signed_in("api", f"/characters/{people[0]['id']}/blueprints")
    rows = signed_in.json("limits")
    industry = {row["character"]: row for row in rows if row["limit"] == "char-industry"}
    assert people[0]["name"] in industry
    assert industry[people[0]["name"]]["left"] < industry[people[0]["name"]]["of"]
    assert rows[0]["character"] == ""
