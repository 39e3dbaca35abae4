"""`eveobs show character NAME`: people and corporations have names, and are asked for by them."""

from __future__ import annotations

import pytest

from tests.cli.trinkets import ASTRA, BRAM, HAULERS, SignedIn, Told
from tests.conftest import Eveobs

pytestmark = pytest.mark.integration
BORN = "2020-01-01T00:00:00Z"


@pytest.fixture
def stored(run: Eveobs, told: Told, everybody: list[SignedIn]) -> Eveobs:
    """A home with Astra and Bram in it, of whom only the public is known."""
    everybody[:] = [SignedIn(ASTRA, "Astra Vane", frozenset())]
    for number, name in ((ASTRA, "Astra Vane"), (BRAM, "Bram Oster")):
        told.answers[f"/characters/{number}"] = {
            "name": name,
            "corporation_id": HAULERS,
            "birthday": BORN,
            "bloodline_id": 1,
            "race_id": 1,
            "gender": "female",
        }
        told.answers[f"/characters/{number}/corporationhistory"] = [
            {"corporation_id": HAULERS, "record_id": number, "start_date": BORN}
        ]
        told.answers[f"/characters/{number}/portrait"] = {}
    told.answers["/universe/ids"] = {"characters": [{"id": BRAM, "name": "Bram Oster"}]}
    words = ("--character", "Astra Vane", "--character", "Bram Oster")
    assert len(run.json("fetch", "characters", *words)) == 2
    return run


@pytest.mark.parametrize("word", ["Astra Vane", "astra vane ", str(ASTRA)])
def test_a_record_by_name_or_id(stored: Eveobs, word: str) -> None:
    shown = stored.json("show", "character", word)
    assert (shown["character_id"], shown["corporation_name"]) == (ASTRA, "Salt Haulers")
    assert [row["corporation_id"] for row in shown["corporation_history"]] == [HAULERS]
    assert "Salt Haulers" in stored("show", "character", word).stdout


def test_one_that_did_not_sign_in_is_public_all_the_same(stored: Eveobs) -> None:
    assert stored.json("show", "character", "Bram Oster")["character_id"] == BRAM


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("Astra Vain", "'Astra Vane'"),
        ("Zzz", "eveobs list characters"),
        ("17", "no character 17 was ever seen"),
        ("9" * 30, "was ever seen"),
    ],
)
def test_who_was_never_seen(stored: Eveobs, word: str, said: str) -> None:
    result = stored("show", "character", word)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stdout == ""


def test_two_of_one_name_are_told_apart_by_id(
    stored: Eveobs, told: Told, everybody: list[SignedIn]
) -> None:
    everybody.append(SignedIn(BRAM + 7, "Astra Vane", frozenset()))
    for end in ("", "/corporationhistory", "/portrait"):
        told.answers[f"/characters/{BRAM + 7}{end}"] = told.answers[f"/characters/{ASTRA}{end}"]
    told.answers["/universe/names"][BRAM + 7] = ("character", "Astra Vane")
    stored.json("fetch", "characters", "--character", str(BRAM + 7))
    result = stored("show", "character", "Astra Vane")
    assert result.exit_code == 2
    assert f"{ASTRA} or {BRAM + 7}" in result.stderr


def test_the_kinds_are_called_by_their_singular(stored: Eveobs) -> None:
    listed = stored("show", "--help").stdout
    assert all(word in listed for word in ("own-contract", "industry-job", "colony", "corporation"))


def test_lists_take_a_part_of_a_name_and_fetch_a_whole_one(filled: Eveobs) -> None:
    """As the tutorial says."""
    whole = filled.json("list", "contracts", "--region", "The Forge", "--limit", "3")
    assert whole
    assert filled.json("list", "contracts", "--region", "tHe fOrg", "--limit", "3") == whole
    issuer = whole[0]["issuer_name"]
    assert filled("outbid", "--issuer", issuer[1:-1].upper()).exit_code == 0
    in_part = filled("fetch", "contracts", "--region", "the forg", "--plan")
    assert in_part.exit_code == 2
    assert "Did you mean 'The Forge'?" in in_part.stderr
    assert filled("fetch", "contracts", "--region", "tHe fOrge", "--plan").exit_code == 0
