"""A store is made, brought up to date, or refused untouched, by however many open it at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from eveobs.errors import ConfigError
from eveobs.records.contracts import CONTRACTS
from eveobs.store import migrate
from eveobs.store.engine import connect, writing
from eveobs.store.store import Store
from eveobs.store.tables import COUNTS, METADATA, tables_of
from tests.store.drafts import (
    CYCLE,
    FORGE,
    START,
    asked,
    contract,
    done,
    everything,
    put,
    reading,
    text,
)

pytestmark = pytest.mark.unit


OURS = {
    *("observations", "changes", "answers", "names", "refusals"),
    *("contracts", "contract_items", "contract_bids"),
}
"""The tables that migrations make; those of other domains are made when they are first used."""


def at_version(url: str, version: str) -> None:
    """A store as an earlier eveobs left it."""
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    engine = connect(url)
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


def test_migrated_tables_are_those_the_code_declares(url: str) -> None:
    tables_of(CONTRACTS)
    engine = connect(url)
    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_object": lambda _, name, kind, *__: kind != "table" or name in OURS,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
        assert {index["name"] for index in asked(url, "PRAGMA index_list(contracts)")} >= {
            "contracts_by_subject"
        }
    assert {*METADATA.tables} >= OURS
    engine.dispose()


def test_what_the_first_version_kept_is_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/e.sqlite3"
    at_version(url, "0001")
    seen = text(START)
    row = {"contract_id": 1, "type": "auction", "issuer_id": 2, "issuer_corporation_id": 3}
    row |= dict.fromkeys(("date_issued", "date_expired", "first_seen", "last_seen"), seen)
    life = {"first_observation": 1, "last_observation": 2, "row_hash": 77}
    put(url, "contracts", **row, **life, price=5.5, region_id=FORGE, changed_at=seen)
    item_row = {"record_id": 8, "type_id": 34, "quantity": 1, "is_included": 1}
    put(url, "contract_items", contract_id=1, **item_row)
    put(url, "contract_bids", contract_id=1, bid_id=9, amount=6.5, date_bid=seen)
    change = {"processor": "contracts", "key": 1, "field": "price", "old": "5.0", "new": "5.5"}
    put(url, "changes", id=1, observation=2, **change)
    given = {"processor": "contracts", "detail": "items", "parent": 1, "meaning": "given"}
    put(url, "answers", asked_at=seen, **given)
    put(url, "names", id=FORGE, category="region", name="The Forge", asked_at=seen)
    subject = {"processor": "contracts", "subject_kind": "region", "subject_id": FORGE}
    when = dict.fromkeys(("started_at", "finished_at", "moment"), seen)
    said = {"details": "items", "status": "complete", "whole": 1} | dict.fromkeys(COUNTS, 1)
    put(url, "observations", **subject, **when, **said)
    before = everything(url)
    assert all(before.values()), "a row in every table"
    with Store(url) as store:
        after = everything(url)
        shown = store.row(CONTRACTS, 1)
        later = [contract(1, price=7.0, type="auction")]
        assert store.apply(reading(later, at=START + CYCLE)).changed == 1
    assert after["changes"] == [before["changes"][0] | {"owner": None}]
    assert {name: rows for name, rows in after.items() if rows} == before | {
        "changes": after["changes"]
    }
    assert shown is not None
    assert (shown["price"], shown["region_name"], len(shown["items"])) == (5.5, "The Forge", 1)
    assert [change["new"] for change in shown["changes"]] == ["5.5"]


def test_every_script_is_a_known_version_oldest_first() -> None:
    scripts = ScriptDirectory(str(migrate.FOLDER)).walk_revisions()
    assert tuple(script.revision for script in scripts)[::-1] == migrate.REVISIONS


def test_opening_again_changes_nothing_and_does_not_load_alembic(url: str) -> None:
    code = f"""
import sys
from eveobs.store.store import Store
Store({url!r}).close()
sys.exit("alembic" in sys.modules)
"""
    before = everything(url)
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert everything(url) == before


def test_a_store_of_a_newer_version_is_refused_and_left_alone(url: str) -> None:
    with Store(url) as store:
        store.apply(reading([contract(1)]))
    done(url, "UPDATE alembic_version SET version_num = '9999'")
    before = everything(url)
    with pytest.raises(
        ConfigError, match=rf"newer eveobs \(schema 9999.*{migrate.REVISIONS[-1]}"
    ) as caught:
        Store(url)
    assert "Update eveobs" in (caught.value.hint or "")
    assert everything(url) == before


def test_a_version_table_without_a_version_is_a_new_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/e.sqlite3"
    done(url, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    with Store(url) as store:
        store.apply(reading([contract(1)]))
    assert asked(url, "SELECT version_num FROM alembic_version") == [
        {"version_num": migrate.REVISIONS[-1]}
    ]


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/e.sqlite3"
    done(url, "CREATE TABLE observations (mine)", "INSERT INTO observations VALUES (1)")
    with pytest.raises(Exception, match="already exists"):
        Store(url)
    tables = asked(url, "SELECT name FROM sqlite_master WHERE type = 'table'")
    assert tables == [{"name": "observations"}]
    assert asked(url, "SELECT * FROM observations") == [{"mine": 1}]


def test_a_folder_with_a_percent_sign(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path}/100%/a b/e.sqlite3") as store:
        store.apply(reading([contract(1)]))


@pytest.mark.integration
def test_many_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    code = f"""
import sys, alembic.command
from eveobs.records.contracts import CONTRACTS
from eveobs.store.store import Store
print("ready", flush=True)
sys.stdin.readline()
with Store("sqlite:///{tmp_path}/new/e.sqlite3") as store:
    store.answered(CONTRACTS, "items", [1])
"""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    for racer in racers:
        _, said = racer.communicate(timeout=60)
        assert racer.returncode == 0, said
