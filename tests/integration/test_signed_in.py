"""From a fresh home to everything that two characters of one corporation may see, and again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Eveobs, NewEden, new_eden_of
from tests.signing import Person, signed_home

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SMALL = ("--contracts", "60", "--corporation-contracts", "15")
COMPARED = {
    "blueprints": "item_id",
    "assets": "item_id",
    "industry-jobs": "job_id",
    "planets": "planet_id",
    "orders": "order_id",
    "own-contracts": "contract_id",
    "wallet-transactions": "transaction_id",
}


@pytest.fixture(scope="module")
def eden() -> Iterator[NewEden]:
    with new_eden_of(*SMALL) as started:
        yield started


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signed") / "home"


@pytest.fixture(scope="module")
def people(eden: NewEden) -> dict[str, Any]:
    found: dict[str, Any] = eden.get("/_sandbox/people")
    return found


@pytest.fixture(scope="module")
def fetched(eden: NewEden, home: Path, people: dict[str, Any]) -> Iterator[Eveobs]:
    """A home in which two characters signed in and everything was fetched."""
    eveobs = Eveobs(signed_home(eden.url, home))
    with pytest.MonkeyPatch.context() as patch:
        person = Person(patch)
        for character in people["characters"][:2]:
            person.sign_in(eveobs, character["id"])
        outcomes = eveobs.json("fetch", "all")
        assert {one["status"] for one in outcomes} == {"complete"}
        yield eveobs


def owners(people: dict[str, Any]) -> list[int]:
    two = people["characters"][:2]
    assert two[0]["corporation_id"] == two[1]["corporation_id"]
    return [two[0]["id"], two[1]["id"], two[0]["corporation_id"]]


@pytest.mark.parametrize("name", sorted(COMPARED))
def test_every_figure_is_the_sandboxs_own(
    name: str, fetched: Eveobs, eden: NewEden, people: dict[str, Any]
) -> None:
    key = COMPARED[name]
    for owner in owners(people):
        kind = "corporation" if owner < 1_000_000_000 else "character"
        if name == "planets" and kind == "corporation":
            continue
        told = eden.get(f"/_sandbox/truth/{name}?owner={owner}")
        truth = [*told.get("history", ()), *told["rows"]]
        rows = fetched.json("list", name, f"--{kind}", str(owner), "--limit", "0")
        mine = {row[key]: row for row in rows}
        theirs = {row[key]: row for row in truth}
        assert mine.keys() == theirs.keys()
        for number, row in theirs.items():
            shared = row.keys() & mine[number].keys()
            assert {n: mine[number][n] for n in shared if plain(row[n])} == {
                n: row[n] for n in shared if plain(row[n])
            }


def plain(value: object) -> bool:
    """Whether a value is one that a table holds as it is."""
    return isinstance(value, str | int | float | bool)


def test_a_second_run_sends_nothing(fetched: Eveobs, eden: NewEden) -> None:
    fetched.json("fetch", "all")
    eden.reset_counters()
    again = fetched.json("fetch", "blueprints") + fetched.json("fetch", "assets")
    assert {one["status"] for one in again} == {"unchanged"}
    assert eden.requests() == 0


def test_copies_and_originals_are_told_apart(fetched: Eveobs) -> None:
    everything = fetched.json("list", "blueprints")
    copies = fetched.json("list", "blueprints", "--copies")
    originals = fetched.json("list", "blueprints", "--no-copies")
    assert {row["is_copy"] for row in copies} == {True}
    assert {row["is_copy"] for row in originals} == {False}
    assert len(copies) + len(originals) == len(everything)


def test_what_they_show(fetched: Eveobs, people: dict[str, Any]) -> None:
    corporation = people["characters"][0]["corporation_id"]
    named = next(one for one in people["corporations"] if one["id"] == corporation)["name"]
    shown = fetched.json("show", "corporation", named)
    assert shown["corporation_id"] == corporation
    assert {row["character_id"] for row in shown["members"]} >= {
        one["id"] for one in people["characters"][:2]
    }
    rows = fetched.json("list", "blueprints", "--limit", "0")
    assert len({row["item_id"] for row in rows}) == len(rows)
    assert any(row["location_name"] for row in rows)
    table = fetched("list", "assets", "--tree")
    assert (table.exit_code, table.stdout.count("├──") > 5) == (0, True)


def test_a_missing_role_is_said_once_before_anything_is_asked(
    eden: NewEden, tmp_path: Path, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    member = people["characters"][1]
    eveobs = Eveobs(signed_home(eden.url, tmp_path / "member"))
    Person(monkeypatch).sign_in(eveobs, member["id"])
    eden.reset_counters()
    corporation = str(member["corporation_id"])
    result = eveobs("fetch", "blueprints", "--corporation", corporation)
    assert result.exit_code == 4
    assert result.stderr.count("Director") == 1
    asked = eden.get("/_sandbox/requests")
    assert not any("/corporations/{corporation_id}/blueprints" in str(one) for one in asked.items())


def test_ten_processes_that_refresh_at_once_leave_it_signed_in(
    eden: NewEden, tmp_path: Path, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    env = signed_home(eden.url, tmp_path / "ten")
    eveobs = Eveobs(env)
    character = str(people["characters"][0]["id"])
    Person(monkeypatch).sign_in(eveobs, character, "--for", "blueprints")
    import os

    command = [sys.executable, "-m", "eveobs", "auth", "refresh", character]
    running = [
        subprocess.Popen(command, env={**os.environ, **env}, stderr=subprocess.PIPE, text=True)
        for _ in range(10)
    ]
    said = [one.communicate(timeout=120)[1] for one in running]
    assert [one.returncode for one in running] == [0] * 10, said
    assert json.loads(eveobs("auth", "list", "--json").stdout)[0]["state"] == "signed in"
    assert eveobs("auth", "refresh", character).exit_code == 0
