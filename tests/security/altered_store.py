"""A store to be altered by hand: every table that reading commands read has rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.conftest import Eveobs


def make(run: Eveobs) -> Path:
    """Fill the home of `run`; returns the path of its store."""
    for words in (
        ("fetch", "contracts"),
        ("fetch", "market-orders"),
        ("fetch", "market-prices"),
    ):
        result = run(*words)
        assert result.exit_code == 0, result.output
    (path,) = Path(run.env["EVEOBS_HOME"]).rglob("eveobs.sqlite3")
    run("list", "own-contracts")
    with closing(sqlite3.connect(path)) as database, database:
        _own_contracts(database)
        (contract,) = database.execute("SELECT min(contract_id) FROM contracts").fetchone()
        database.execute(
            "INSERT INTO changes (observation, processor, key, field, old, new) "
            "VALUES (1, 'contracts', ?, 'price', '1.0', '2.0')",
            (contract,),
        )
    return path


def _own_contracts(database: sqlite3.Connection) -> None:
    """Some of the public contracts, as contracts of one's own."""

    def columns(table: str) -> dict[str, tuple[str, bool, bool]]:
        return {
            row[1]: (row[2], bool(row[3]), bool(row[5]))
            for row in database.execute(f"PRAGMA table_info({table})")
        }

    public, own = columns("contracts"), columns("own_contracts")
    values = {
        name: name if name in public else _filler(name, kind) for name, (kind, *_) in own.items()
    }
    values |= {"owner_id": "issuer_id", "status": "'outstanding'"}
    names = ", ".join(values)
    database.execute(
        f"INSERT INTO own_contracts ({names}) SELECT {', '.join(values.values())} "  # noqa: S608
        "FROM contracts LIMIT 20"
    )
    database.execute(
        "INSERT INTO observations (processor, subject_kind, subject_id, details, status, whole, "
        "started_at, finished_at, moment, pages, rows, new, changed, gone, requests, not_modified, "
        "cached, tokens, bytes) SELECT 'own-contracts', 'character', owner_id, '', 'complete', 1, "
        "'2026-09-23T08:11:31Z', '2026-09-23T08:11:31Z', '2026-09-23T08:11:31Z', 1, 1, 1, 0, 0, 1, "
        "0, 0, 0, 0 FROM own_contracts GROUP BY owner_id"
    )


def _filler(name: str, kind: str) -> str:
    if name in {"acceptor_id", "assignee_id"}:
        return "0"
    if "CHAR" in kind:
        return "'2026-09-23T08:11:31Z'" if name.startswith("date") else "NULL"
    return "'personal'" if name == "availability" else "0"
