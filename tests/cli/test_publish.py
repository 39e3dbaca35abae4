"""`eveobs publish`: the plan that is shown is the one that is carried out, and again is safe."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import Eveobs, NewEden, process

pytestmark = pytest.mark.integration
PUBLIC = ("publish", "--from", "contracts")


@pytest.fixture(scope="module")
def home(new_eden: NewEden, tmp_path_factory: pytest.TempPathFactory) -> Eveobs:
    """A home that holds The Forge, of which a site can be made."""
    folder = tmp_path_factory.mktemp("publishing")
    run = Eveobs({"EVEOBS_HOME": str(folder), "EVEOBS_ESI__BASE_URL": new_eden.url})
    assert run("fetch", "contracts").exit_code == 0
    return run


def test_a_site_is_made_and_then_left_alone(home: Eveobs, tmp_path: Path) -> None:
    folder = str(tmp_path / "site")
    planned = home.json(*PUBLIC, "--folder", folder, "--dry-run")
    assert not Path(folder).exists()
    assert {row["action"] for row in planned} == {"create"}
    made = {row["kind"]: row["create"] for row in home.json(*PUBLIC, "--folder", folder)}
    types = made.pop("type")
    assert made == {"contract": 300, "market": 1, "summary": 1}
    assert 0 < types < 100
    assert len(planned) == 302 + types
    again = home.json(*PUBLIC, "--folder", folder)
    assert not any(row["create"] or row["update"] for row in again)
    assert sum(row["unchanged"] for row in again) == 302 + types
    assert home.json(*PUBLIC, "--folder", folder, "--dry-run") == []


def test_every_link_of_the_site_leads_somewhere(home: Eveobs, tmp_path: Path) -> None:
    site = tmp_path / "site"
    home.json(*PUBLIC, "--folder", str(site))
    pages = list(site.rglob("*.html"))
    assert len(pages) > 303
    assert (site / "market" / "10000002.html").exists()
    for page in pages:
        for address in re.findall(r'(?:href|src)="([^"#]+)', page.read_text(encoding="utf-8")):
            assert address.startswith("https://images.") or (page.parent / address).exists(), page


def test_the_remark_says_where(home: Eveobs, tmp_path: Path) -> None:
    result = home(*PUBLIC, "--folder", str(tmp_path / "site"), "--limit", "3")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].split() == [
        *("Kind", "Create", "Update", "Unchanged", "Remove", "Failed"),
    ]
    assert str(tmp_path / "site") in result.stderr
    assert not (tmp_path / "site" / "summary").exists(), "three do not sum up all"


def test_own_contracts_only_unless_others_are_asked_for(home: Eveobs) -> None:
    result = home("publish", "--dry-run")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "300 public contracts are stored: `eveobs publish --from contracts`" in result.stderr


@pytest.mark.parametrize("rule", ["type=auction", "contract.type=auction", "--type=auction"])
def test_where(home: Eveobs, rule: str) -> None:
    listed = home.json("list", "contracts", "--type", "auction")
    planned = home.json(*PUBLIC, "--where", rule, "--dry-run")
    assert {row["id"] for row in planned} == {str(row["contract_id"]) for row in listed}


def test_pages_of_the_market_by_name(home: Eveobs) -> None:
    (market,) = home.json(*PUBLIC, "market", "--dry-run")
    assert market["title"] == "Contracts in The Forge"
    types = home.json(*PUBLIC, "types", "--limit", "3", "--dry-run")
    assert [row["kind"] for row in types] == ["type"] * 3
    assert all(row["title"].endswith(" in The Forge") for row in types)


def test_there_are_never_more_types_than_allowed_and_that_is_said(home: Eveobs) -> None:
    result = home("--set", "publish.max_types=2", *PUBLIC, "type", "--dry-run", "--json")
    assert len(json.loads(result.stdout)) == 2
    assert "2 have one, those offered most (publish.max_types)" in result.stderr
    few = home.json("--set", "publish.min_offers=1", *PUBLIC, "type", "--dry-run")
    some = home.json(*PUBLIC, "type", "--dry-run")
    assert len(few) > len(some) > 2
    none = home("--set", "publish.max_types=0", *PUBLIC, "type", "--dry-run", "--json")
    assert (json.loads(none.stdout), "max_types" in none.stderr) == ([], False)


def test_where_takes_amounts_and_moments(home: Eveobs) -> None:
    rules = ("--where", "max-price=10m", "--where", "expires-before=3d")
    listed = home.json("list", "contracts", "--max-price", "10m", "--expires-before", "3d")
    assert len(home.json(*PUBLIC, *rules, "--dry-run")) == len(listed) > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("contrct",), "Did you mean 'contract'?"),
        (("--where", "colour=red"), "nothing that is published can be chosen by that"),
        (("--where", "type"), "that is no OPTION=VALUE"),
        (("--where", "type=sale"), "expected item_exchange"),
        (("--where", "ship.type=auction"), "there is no kind 'ship'"),
        (("--where", "max-price=much"), "max-price"),
        (("--max-prune", "lots"), "that is no share"),
        (("--max-prune", "101%"), "that is no share"),
        (("--target", "gopher"), "there is no target 'gopher'"),
        (("--limit", "0"), "--limit"),
        (("--json", "--csv"), "cannot be used together"),
        (("blueprint",), "--from blueprints"),
        (("--from", "contract"), "Did you mean 'contracts'?"),
    ],
)
def test_wrong_words_are_told(home: Eveobs, arguments: tuple[str, ...], message: str) -> None:
    result = home(*PUBLIC, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_the_market_is_made_of_contracts(home: Eveobs) -> None:
    result = home("publish", "type", "--from", "blueprints")
    assert result.exit_code == 2
    assert "no contracts to sum up" in result.stderr


def test_settings_choose_too(home: Eveobs) -> None:
    chosen = ("--set", "publish.records=contracts", "--set", "publish.where=type=auction")
    planned = home.json(*chosen, "publish", "--dry-run")
    listed = home.json("list", "contracts", "--type", "auction")
    contracts = [row for row in planned if row["kind"] == "contract"]
    assert len(contracts) == len(listed)


def test_templates_of_ones_own(home: Eveobs, tmp_path: Path) -> None:
    declaration = (
        '{#\nkind = "contract"\nsingular = "Deal"\nplural = "Deals"\nrecords = ["contracts"]\n'
        'title = "Deal {{ contract_id }}"\nexcerpt = ""\ndate = "date_issued"\n#}\n'
    )
    (tmp_path / "contract.html").write_text(declaration + "<p>{{ price | isk }}</p>")
    mine = ("--set", f"publish.templates={tmp_path}")
    planned = home.json(*mine, *PUBLIC, "deals", "--limit", "2", "--dry-run")
    assert [row["title"] for row in planned] == [f"Deal {row['id']}" for row in planned]
    result = home("--set", "publish.templates=/nowhere/at/all", *PUBLIC)
    assert (result.exit_code, "there is no folder" in result.stderr) == (3, True)


def test_a_folder_of_somebody_else_is_left(home: Eveobs, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    result = home(*PUBLIC, "--folder", str(tmp_path))
    assert result.exit_code == 3
    assert "did not make what is in it" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_removal_that_is_too_large_is_told_and_not_made(home: Eveobs, tmp_path: Path) -> None:
    site = tmp_path / "site"
    listed = home.json("list", "contracts", "--sort", "date_expired")
    home.json(*PUBLIC, "--folder", str(site))
    import sqlite3
    from contextlib import closing

    store = Path(home.env["EVEOBS_HOME"]) / "data" / "eveobs.sqlite3"
    gone = [row["contract_id"] for row in listed[:40]]
    change = "UPDATE contracts SET gone_at=?, gone_how='expired' WHERE contract_id = ?"
    with closing(sqlite3.connect(store)) as database:
        database.executemany(change, [("2026-09-23T08:00:00Z", number) for number in gone])
        database.commit()
    try:
        result = home(*PUBLIC, "--folder", str(site), "--prune")
        assert result.exit_code == 7
        assert "40 contract pages of what is gone are kept: --max-prune allows 30" in result.stderr
        assert len(list((site / "contract").iterdir())) == 300
        (row, *_) = home.json(*PUBLIC, "--folder", str(site), "--prune", "--max-prune", "20%")
        assert row["remove"] == 40
        assert len(list((site / "contract").iterdir())) == 260
    finally:
        with closing(sqlite3.connect(store)) as database:
            database.execute("UPDATE contracts SET gone_at=NULL, gone_how=NULL")
            database.commit()


def test_as_a_program(home: Eveobs, tmp_path: Path) -> None:
    arguments = (*PUBLIC, "--folder", str(tmp_path / "s"))
    done = process(home.env, *arguments, "--ndjson")
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()] == [
        *("contract", "market", "type", "summary"),
    ]
    ascii_only = process({**home.env, "LANG": "C", "LC_ALL": "C"}, *arguments, "--dry-run")
    assert ascii_only.returncode == 0, ascii_only.stderr


def test_it_asks_esi_nothing(home: Eveobs, new_eden: NewEden) -> None:
    before = new_eden.requests()
    home.json(*PUBLIC, "--dry-run")
    assert new_eden.requests() == before
