"""A store is made, brought up to date, or refused untouched, by however many open it at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from eveobs.errors import ConfigError
from eveobs.records.contracts import CONTRACTS
from eveobs.store import migrate
from eveobs.store.engine import connect
from eveobs.store.store import Store
from eveobs.store.tables import METADATA, tables_of
from tests.store.drafts import asked, contract, done, everything, reading

pytestmark = pytest.mark.unit


def test_migrated_tables_are_those_the_code_declares(url: str) -> None:
    tables_of(CONTRACTS)
    engine = connect(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        ours = {"observations", "changes", "answers", "names", "contracts"}
        ours |= {"contract_items", "contract_bids"}
        assert [
            difference
            for difference in compare_metadata(context, METADATA)
            if not (difference[0] == "add_table" and difference[1].name not in ours)
        ] == []
        assert {index["name"] for index in asked(url, "PRAGMA index_list(contracts)")} >= {
            "contracts_by_subject"
        }
    engine.dispose()


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
    with pytest.raises(ConfigError, match=r"newer eveobs \(schema 9999.*0001") as caught:
        Store(url)
    assert "Update eveobs" in (caught.value.hint or "")
    assert everything(url) == before


def test_a_version_table_without_a_version_is_a_new_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/e.sqlite3"
    done(url, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    with Store(url) as store:
        store.apply(reading([contract(1)]))
    assert asked(url, "SELECT version_num FROM alembic_version") == [{"version_num": "0001"}]


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
