"""`eveobs fetch` for characters and corporations: whose lists, with whose token, and who may not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli import trinkets
from tests.cli.trinkets import (
    ASTRA,
    BRAM,
    CORVIN,
    HAULERS,
    OWN_SCOPE,
    SCOPES,
    SignedIn,
    Told,
)
from tests.conftest import Eveobs

pytestmark = pytest.mark.integration
STRUCTURES = "esi-universe.read_structures.v1"
FORT = 1_030_000_000_001


def outcomes(result: Result) -> dict[str, str]:
    return {row["subject"]: row["status"] for row in json.loads(result.stdout)}


def test_everybody_and_their_corporations_each_with_a_token_that_may(
    run: Eveobs, told: Told, everybody: list[SignedIn]
) -> None:
    result = run("fetch", "trinkets", "--json")
    assert result.exit_code == 0, result.output
    assert outcomes(result) == dict.fromkeys(
        ("Astra Vane", "Bram Oster", "Salt Haulers"), "complete"
    )
    lists = {path.partition("?")[0]: token for path, token in told.asked if "blueprints" in path}
    astra, bram = (f"Bearer {one.secret}" for one in everybody)
    assert lists == {
        f"/characters/{ASTRA}/blueprints": astra,
        f"/characters/{BRAM}/blueprints": bram,
        f"/corporations/{HAULERS}/blueprints": astra,
    }
    assert {token for path, token in told.asked if "universe" in path} == {""}


def test_a_second_fetch_asks_nothing(run: Eveobs, told: Told) -> None:
    run("fetch", "trinkets")
    told.asked.clear()
    result = run("fetch", "trinkets", "--json")
    assert told.asked == []
    assert set(outcomes(result).values()) == {"unchanged"}


@pytest.mark.parametrize("words", [("--character", "bram OSTER"), ("--character", str(BRAM))])
def test_one_character_by_name_or_id_and_nobody_else(
    run: Eveobs, told: Told, words: tuple[str, str]
) -> None:
    assert outcomes(run("fetch", "trinkets", *words, "--json")) == {"Bram Oster": "complete"}
    assert not any("corporations" in path or "roles" in path for path in told.paths())


def test_one_corporation_by_name(run: Eveobs) -> None:
    result = run("fetch", "trinkets", "--corporation", "salt haulers", "--json")
    assert outcomes(result) == {"Salt Haulers": "complete"}


def test_those_of_the_settings(run: Eveobs, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[observe]\ncharacters = ["Bram Oster"]\ncorporations = ["Salt Haulers"]\n')
    result = run("--config", str(file), "fetch", "trinkets", "--json")
    assert set(outcomes(result)) == {"Bram Oster", "Salt Haulers"}


def test_whom_the_settings_name_and_nobody_signed_in_for_is_missing(
    run: Eveobs, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[observe]\ncharacters = ["Bram Oster", "Astro Vane"]\n')
    result = run("--config", str(file), "fetch", "trinkets", "--json")
    assert result.exit_code == 7
    assert set(outcomes(result)) == {"Bram Oster", "Salt Haulers"}
    assert "'Astro Vane'" in result.stderr
    assert "'Astra Vane'" in result.stderr


def test_without_a_sign_in_it_is_exit_4_with_the_command(
    run: Eveobs, told: Told, everybody: list[SignedIn]
) -> None:
    everybody.clear()
    for words in ((), ("--character", "Astra Vane"), ("--plan",)):
        result = run("fetch", "trinkets", *words)
        assert result.exit_code == 4, result.output
        assert "no character is signed in" in result.stderr
        assert "eveobs auth login" in result.stderr
    assert told.asked == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--character", "Astra Vain"), "'Astra Vane'"),
        (("--character", "Zzz"), "eveobs auth list"),
        (("--character", "1"), "no signed-in character '1'"),
        (("--corporation", "Salt Hauler"), "'Salt Haulers'"),
        (("--corporation", "Zzz"), "eveobs auth login"),
    ],
)
def test_an_unknown_subject_is_a_usage_error_with_near_misses(
    run: Eveobs, words: tuple[str, ...], said: str
) -> None:
    result = run("fetch", "trinkets", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_two_of_one_name_are_told_apart_by_id(run: Eveobs, everybody: list[SignedIn]) -> None:
    everybody[1] = SignedIn(BRAM, "Astra Vane")
    result = run("fetch", "trinkets", "--character", "astra vane")
    assert result.exit_code == 2
    assert f"{ASTRA} or {BRAM}" in result.stderr


def test_a_role_that_nobody_has_is_said_once_before_the_list_is_asked(
    run: Eveobs, told: Told, everybody: list[SignedIn]
) -> None:
    del everybody[0]
    result = run("fetch", "trinkets", "--json")
    assert outcomes(result) == {"Bram Oster": "complete"}
    assert result.exit_code == 0
    lack = "Bram Oster lacks the role Director in Salt Haulers, which corporation trinkets need"
    assert result.stderr.count(lack) == 1
    assert "eveobs auth login --for trinkets" in result.stderr
    assert len(result.stderr.splitlines()) == 1, "on one line"
    named = run("fetch", "trinkets", "--corporation", "Salt Haulers")
    assert named.exit_code == 4
    assert lack in named.stderr
    assert not any("corporations" in path for path in told.paths())


def test_a_scope_that_was_not_given_is_said_before_anything_is_asked(
    run: Eveobs, told: Told, everybody: list[SignedIn]
) -> None:
    everybody[:] = [SignedIn(ASTRA, "Astra Vane", frozenset())]
    result = run("fetch", "trinkets", "--character", "Astra Vane")
    assert result.exit_code == 4
    assert f"Astra Vane lacks the scope {OWN_SCOPE}, which character trinkets need" in result.stderr
    assert "eveobs auth login --for trinkets" in result.stderr
    assert told.asked == []
    everybody[:] = [SignedIn(ASTRA, "Astra Vane", SCOPES - {trinkets.ROLES_SCOPE})]
    result = run("fetch", "trinkets", "--corporation", "Salt Haulers")
    assert result.exit_code == 4
    assert trinkets.ROLES_SCOPE in result.stderr


def test_nothing_that_may_be_read_is_exit_4(run: Eveobs, everybody: list[SignedIn]) -> None:
    everybody[:] = [SignedIn(ASTRA, "Astra Vane", frozenset())]
    result = run("fetch", "trinkets")
    assert result.exit_code == 4
    assert "character trinkets" in result.stderr
    assert "corporation trinkets" in result.stderr


def test_npc_corporations_are_not_asked_about(
    run: Eveobs, told: Told, everybody: list[SignedIn]
) -> None:
    told.answers[f"/characters/{CORVIN}"] = trinkets.sheet(1000035)
    told.answers["/universe/names"][1000035] = ("corporation", "Caldari Navy")
    everybody[:] = [SignedIn(CORVIN, "Corvin Hale")]
    result = run("fetch", "trinkets", "--json")
    assert outcomes(result) == {"Corvin Hale": "complete"}
    assert result.exit_code == 0
    assert result.stderr == (
        "skipped: Caldari Navy is an NPC corporation; ESI has only its public sheet\n"
    )
    assert not any("roles" in path or "corporations" in path for path in told.paths())


def test_a_dead_token_does_not_stop_the_others(run: Eveobs, everybody: list[SignedIn]) -> None:
    everybody[1] = SignedIn(BRAM, "Bram Oster", dead=True)
    result = run("fetch", "trinkets", "--json")
    assert result.exit_code == 7
    assert outcomes(result) == {
        "Astra Vane": "complete",
        "Bram Oster": "failed",
        "Salt Haulers": "complete",
    }
    assert "Bram Oster: the sign-in of Bram Oster is over" in result.stderr
    assert "eveobs auth login" in result.stderr
    alone = run("fetch", "trinkets", "--character", "Bram Oster")
    assert alone.exit_code == 4


def test_when_all_tokens_are_dead_it_is_exit_4(run: Eveobs, everybody: list[SignedIn]) -> None:
    everybody[:] = [SignedIn(ASTRA, "Astra Vane", dead=True)]
    result = run("fetch", "trinkets", "--json")
    assert result.exit_code == 4
    assert outcomes(result) == {"Astra Vane": "failed", "Salt Haulers": "failed"}


def test_a_plan_sends_nothing_and_says_what_is_not_known(run: Eveobs, told: Told) -> None:
    first = run("fetch", "trinkets", "--plan", "--json")
    assert first.exit_code == 0, first.output
    assert "the corporation of Astra Vane, Bram Oster" in first.stderr
    run("fetch", "trinkets", "--corporation", "Salt Haulers", "--json")
    told.asked.clear()
    rows = json.loads(run("fetch", "trinkets", "--plan", "--json").stdout)
    assert {row["subject"]: row["requests"] for row in rows} == {
        "Astra Vane": 1,
        "Bram Oster": 1,
        "Salt Haulers": 0,
    }
    assert told.asked == []


def test_rows_are_listed_by_owner_with_where_they_are(run: Eveobs) -> None:
    run("fetch", "trinkets")
    rows = run.json("list", "trinkets", "--corporation", "Salt Haulers")
    assert [(row["item_id"], row["owner_name"], row["location_name"]) for row in rows] == [
        (31, "Salt Haulers", "Jita IV")
    ]
    assert len(run.json("list", "trinkets")) == 4
    whole = run.json("list", "trinkets", "--character", "Astra Vane")
    assert run.json("list", "trinkets", "--character", "astra") == whole, "as the help says"
    assert run("list", "trinkets", "--character", "Asra Vane").exit_code == 2


def test_a_tree_shows_what_lies_in_what(run: Eveobs) -> None:
    run("fetch", "trinkets")
    assert run("list", "trinkets", "--character", "Astra Vane", "--tree").stdout.splitlines() == [
        "Jita IV",
        "└── 11",
        "    └── 12",
    ]


def test_structures_get_their_names_from_whoever_may_dock(
    run: Eveobs, told: Told, everybody: list[SignedIn]
) -> None:
    everybody[1] = SignedIn(BRAM, "Bram Oster", SCOPES | {STRUCTURES})
    told.answers[f"/characters/{ASTRA}/blueprints"] = [{"item_id": 11, "location_id": FORT}]
    keep = {"name": "Perimeter Keep", "owner_id": HAULERS, "solar_system_id": 30000142}
    told.answers[f"/universe/structures/{FORT}"] = keep
    result = run("fetch", "trinkets", "--character", "Astra Vane", "--json")
    assert result.exit_code == 0, result.output
    (row,) = run.json("list", "trinkets")
    assert row["location_name"] == "Perimeter Keep"
    bearers = [token for path, token in told.asked if "structures" in path]
    assert bearers == [f"Bearer {everybody[1].secret}"]


def test_a_tree_of_some_rows_has_what_they_lie_in_and_one_of_none_says_so(run: Eveobs) -> None:
    assert "eveobs fetch trinkets" in run("list", "trinkets", "--tree").stderr
    run("fetch", "trinkets", "--character", "Astra Vane")
    some = run("list", "trinkets", "--tree", "--sort", "-item_id", "--limit", "1")
    assert some.stdout.splitlines() == ["Jita IV", "└── 11", "    └── 12"]
    assert len(run.json("list", "trinkets", "--tree")) == 2
    none = run("list", "trinkets", "--tree", "--gone")
    assert (none.stdout, none.stderr) == ("", "no trinkets match\n")
