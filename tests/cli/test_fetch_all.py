"""`eveobs fetch all` does what the settings list, for everybody who may, a line each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eveobs.cli.fetch import fetch_command
from tests.cli import trinkets
from tests.cli.trinkets import ASTRA, SignedIn, Told
from tests.conftest import Eveobs

pytestmark = pytest.mark.integration


@pytest.fixture
def chosen(run: Eveobs, tmp_path: Path) -> tuple[str, str]:
    """The option for settings that list public contracts and trinkets."""
    file = tmp_path / "chosen.toml"
    file.write_text('[observe]\nprocessors = ["trinkets", "contracts"]\n')
    assert run
    return "--config", str(file)


def test_a_line_for_each_processor_and_subject(
    run: Eveobs, told: Told, chosen: tuple[str, str]
) -> None:
    result = run(*chosen, "fetch", "all", "--json")
    assert result.exit_code == 0, result.output
    lines = [(row["processor"], row["subject"]) for row in json.loads(result.stdout)]
    assert lines == [
        ("contracts", "The Forge"),
        ("trinkets", "Astra Vane"),
        ("trinkets", "Bram Oster"),
        ("trinkets", "Salt Haulers"),
    ]
    told.asked.clear()
    again = run(*chosen, "fetch", "all")
    assert told.asked == []
    assert again.stdout.split()[:2] == ["Processor", "Subject"]


def test_a_plan_of_all_of_it_sends_nothing(
    run: Eveobs, told: Told, chosen: tuple[str, str]
) -> None:
    rows = json.loads(run(*chosen, "fetch", "all", "--plan", "--json").stdout)
    assert told.asked == []
    assert {row["processor"] for row in rows} == {"contracts", "trinkets"}
    assert {row["subject"] for row in rows} == {
        "The Forge",
        "Astra Vane",
        "Bram Oster",
        "Astra Vane, Bram Oster",
    }
    assert all(row["at_least"] for row in rows)
    run(*chosen, "fetch", "all")
    told.asked.clear()
    rows = json.loads(run(*chosen, "fetch", "all", "--plan", "--json").stdout)
    assert [row["requests"] for row in rows] == [0, 0, 0, 0]
    assert told.asked == []


def test_what_the_settings_list_needs_a_sign_in(
    run: Eveobs, everybody: list[SignedIn], chosen: tuple[str, str]
) -> None:
    everybody.clear()
    result = run(*chosen, "fetch", "all", "--json")
    assert result.exit_code == 7
    assert [row["processor"] for row in json.loads(result.stdout)] == ["contracts"]
    assert "no character is signed in" in result.stderr
    assert "eveobs auth login" in result.stderr


def test_without_a_sign_in_all_is_what_is_public(
    run: Eveobs, told: Told, everybody: list[SignedIn]
) -> None:
    everybody.clear()
    told.answers["/markets/prices"] = []
    result = run("fetch", "all", "--json")
    assert result.exit_code == 0, result.output
    assert [row["processor"] for row in json.loads(result.stdout)] == ["contracts", "market-prices"]
    assert "only public lists: no character is signed in" in result.stderr


def test_an_unknown_processor_in_the_settings_is_told(run: Eveobs, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[observe]\nprocessors = ["trinket"]\n')
    result = run("--config", str(file), "fetch", "all")
    assert result.exit_code == 2
    assert "'trinkets'" in result.stderr


def test_one_error_of_several_lists_is_said_once(
    run: Eveobs, everybody: list[SignedIn], chosen: tuple[str, str]
) -> None:
    everybody[:] = [SignedIn(ASTRA, "Astra Vane", dead=True)]
    result = run(*chosen, "fetch", "all")
    assert result.exit_code == 7
    assert (
        result.stderr.count("error: Astra Vane: trinkets: the sign-in of Astra Vane is over") == 1
    )


def test_both_lists_of_a_wallet_in_one_go(
    run: Eveobs, told: Told, everybody: list[SignedIn]
) -> None:
    everybody[:] = [
        SignedIn(ASTRA, "Astra Vane", frozenset({"esi-wallet.read_character_wallet.v1"}))
    ]
    for name in ("journal", "transactions"):
        told.answers[f"/characters/{ASTRA}/wallet/{name}"] = []
    result = run("fetch", "wallet", "--character", "Astra Vane", "--json")
    assert [row["processor"] for row in json.loads(result.stdout)] == [
        "wallet-journal",
        "wallet-transactions",
    ]


def test_the_help_of_all_says_which_they_are() -> None:
    assert "observe.processors" in str(fetch_command("all").help)
    assert trinkets.PROCESSOR.schema.name == "trinkets"
