"""`eveobs fetch` observes, tells what came of it, asks nothing twice, and ends with its code."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.conftest import Eveobs, NewEden

pytestmark = pytest.mark.integration

FIELDS = [
    "processor",
    "subject",
    "status",
    "rows",
    "new",
    "changed",
    "gone",
    "requests",
    "not_modified",
    "cached",
    "tokens",
    "bytes",
    "seconds",
    "expires",
    "error",
]


def test_a_first_fetch_is_complete_and_a_second_asks_nothing(
    eveobs: Eveobs, new_eden: NewEden
) -> None:
    first = eveobs.json("fetch", "contracts")[0]
    assert list(first) == FIELDS
    assert (first["status"], first["subject"], first["error"]) == ("complete", "The Forge", None)
    assert first["rows"] == first["new"] == len(new_eden.get(TRUTH)["contracts"])
    assert first["requests"] > first["rows"] / 2
    new_eden.reset_counters()
    second = eveobs.json("fetch", "contracts")[0]
    assert new_eden.requests() == 0
    assert (second["status"], second["requests"], second["rows"]) == ("unchanged", 0, first["rows"])


TRUTH = "/_sandbox/truth?region_id=10000002"


def test_what_is_shown_is_what_the_sandbox_says_is_true(filled: Eveobs, new_eden: NewEden) -> None:
    truth = new_eden.get(TRUTH)
    shown = {row["contract_id"]: row for row in filled.json("list", "contracts")}
    assert set(shown) == {row["contract_id"] for row in truth["contracts"]}
    for row in truth["contracts"]:
        mine = shown[row["contract_id"]]
        assert {name: mine[name] for name in row} == row
    some = [key for key, items in truth["items"].items() if items][:5]
    for key in some:
        items = filled.json("show", "contract", key)["items"]
        present = [
            {
                name: value
                for name, value in item.items()
                if value is not None and name != "type_name"
            }
            for item in items
        ]
        assert sorted(present, key=lambda i: int(i["record_id"])) == sorted(
            truth["items"][key], key=lambda i: int(i["record_id"])
        )


def test_without_details_only_the_list_and_names_are_asked(
    eveobs: Eveobs, new_eden: NewEden
) -> None:
    new_eden.reset_counters()
    eveobs.json("fetch", "contracts", "--no-items", "--no-bids")
    routes = {row["route"] for row in new_eden.get("/_sandbox/requests")["routes"]}
    assert routes == {"/contracts/public/{region_id}", "/universe/regions", "/universe/names"}
    later = eveobs.json("fetch", "contracts")[0]
    assert later["requests"] > 100


def test_regions_by_name_in_any_case_by_id_and_several(eveobs: Eveobs) -> None:
    reports = eveobs.json("fetch", "contracts", "--region", "the FORGE", "--region", "10000043")
    assert [report["subject"] for report in reports] == ["The Forge", "Domain"]
    assert [report["status"] for report in reports] == ["complete", "complete"]


def test_a_region_without_contracts_is_complete_and_empty(eveobs: Eveobs) -> None:
    report = eveobs.json("fetch", "contracts", "--region", "Domain")[0]
    assert (report["status"], report["rows"], report["error"]) == ("complete", 0, None)
    assert eveobs.json("list", "contracts", "--region", "Domain") == []


def test_every_region(eveobs: Eveobs, new_eden: NewEden) -> None:
    reports = eveobs.json("fetch", "contracts", "--all-regions", "--no-items", "--no-bids")
    assert len(reports) == len(new_eden.get("/universe/regions"))


def test_regions_come_from_the_settings(eveobs: Eveobs, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[observe]\nregions = ["Domain"]\nitems = false\n')
    reports = eveobs.json("--config", str(file), "fetch", "contracts")
    assert [report["subject"] for report in reports] == ["Domain"]


def test_the_outcome_as_a_table_as_csv_and_as_chosen_fields(eveobs: Eveobs) -> None:
    table = eveobs("fetch", "contracts", "--no-items")
    assert table.stdout.split()[0] == "Subject"
    assert "The Forge" in table.stdout
    rows = list(csv.DictReader(io.StringIO(eveobs("fetch", "contracts", "--csv").stdout)))
    assert rows[0]["subject"] == "The Forge"
    few = eveobs("fetch", "contracts", "--ndjson", "--fields", "status,rows")
    assert list(json.loads(few.stdout)) == ["status", "rows"]


def test_an_unknown_region_is_a_usage_error_with_near_misses(eveobs: Eveobs) -> None:
    result = eveobs("fetch", "contracts", "--region", "Teh Forge")
    assert result.exit_code == 2
    assert "there is no region 'Teh Forge'" in result.stderr
    assert "'The Forge'" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fetch", "contracs"), "contracts"),
        (("fetch", "contracts", "--region", "Domain", "--all-regions"), "exclude each other"),
        (("fetch", "contracts", "--json", "--csv"), "cannot be used together"),
        (("fetch", "contracts", "--fields", "statu", "--json"), "status"),
        (("--set", "esi.concurency=3", "fetch", "contracts"), "esi.concurrency"),
        (("--set", "esi", "fetch", "contracts"), "KEY=VALUE"),
    ],
)
def test_slips_of_the_pen(eveobs: Eveobs, arguments: tuple[str, ...], said: str) -> None:
    result = eveobs(*arguments)
    assert result.exit_code in (2, 3)
    assert said in result.stderr
    assert result.stdout == ""


def moved(eveobs: Eveobs, url: str) -> tuple[str, ...]:
    """Options for an ESI at another address, declared to be the one that the store belongs to."""
    own = f"store.esi_url={eveobs.env['EVEOBS_ESI__BASE_URL']}"
    return "--set", f"esi.base_url={url}", "--set", "esi.max_retries=0", "--set", own


def test_nobody_there_is_exit_5_and_says_what_to_check(eveobs: Eveobs) -> None:
    eveobs.json("fetch", "contracts", "--region", "Domain")
    dead = moved(eveobs, "http://127.0.0.1:9")
    result = eveobs(*dead, "fetch", "contracts", "--region", "The Forge", "--json")
    report = json.loads(result.stdout)[0]
    assert result.exit_code == 5
    assert report["status"] == "failed"
    assert "127.0.0.1" in report["error"]
    assert "hint: " in result.stderr


def test_one_region_of_two_that_fails_is_partial(eveobs: Eveobs) -> None:
    eveobs.json("fetch", "contracts", "--region", "Domain", "--region", "The Forge", "--no-items")
    dead = moved(eveobs, "http://127.0.0.1:9")
    # Domain is fresh and needs nobody; Lonetrek was never asked.
    regions = ("--region", "Domain", "--region", "10000016")
    result = eveobs(*dead, "fetch", "contracts", *regions, "--json", "--no-items")
    assert result.exit_code == 7
    assert [report["status"] for report in json.loads(result.stdout)] == ["unchanged", "failed"]


def test_without_a_contact_the_real_esi_is_not_asked_silently(eveobs: Eveobs) -> None:
    real = moved(eveobs, "https://esi.evetech.net")
    slow = ("--set", "esi.connect_timeout=0.1", "--set", "esi.total_timeout=0.2")
    eveobs.json("fetch", "contracts", "--region", "Domain")
    # Nothing leaves: Domain is fresh.
    again = eveobs(*real, *slow, "fetch", "contracts", "--region", "Domain")
    assert (again.exit_code, "contact" in again.stderr) == (0, False), again.output
