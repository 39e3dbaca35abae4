"""Readings of a list, made by hand, and what the tables say afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from eveobs.records.collected import DetailAnswer, Meaning
from eveobs.records.contracts import CONTRACTS, ContractBid, ContractItem, PublicContract
from eveobs.records.schema import Record, SubjectKind
from eveobs.store.applying import Draft

FORGE, DOMAIN = 10000002, 10000043
START = datetime(2026, 9, 23, 8, 0, tzinfo=UTC)
CYCLE = timedelta(minutes=30)


def contract(number: int, **fields: Any) -> PublicContract:
    """A contract that ends a week after START unless told otherwise."""
    given: dict[str, Any] = {
        "type": "item_exchange",
        "issuer_id": 90000001,
        "issuer_corporation_id": 98000001,
        "date_issued": START - timedelta(days=1),
        "date_expired": START + timedelta(days=7),
    }
    return PublicContract(contract_id=number, **(given | fields))


def item(number: int, **fields: Any) -> ContractItem:
    given: dict[str, Any] = {"type_id": 34, "quantity": 1, "is_included": True}
    return ContractItem(record_id=number, **(given | fields))


def items(parent: int, *rows: Record, meaning: Meaning = Meaning.GIVEN) -> DetailAnswer[Record]:
    return DetailAnswer("items", parent, meaning, settled=True, rows=rows)


def bids(parent: int, *amounts: float) -> DetailAnswer[Record]:
    rows = [
        ContractBid(bid_id=parent * 100 + number, amount=amount, date_bid=START)
        for number, amount in enumerate(amounts)
    ]
    return DetailAnswer("bids", parent, Meaning.GIVEN, settled=False, rows=rows)


def reading(
    rows: Iterable[Record],
    *,
    at: datetime | None = START,
    subject_id: int = FORGE,
    whole: bool = True,
    error: str | None = None,
    answers: Sequence[DetailAnswer[Record]] = (),
    details: tuple[str, ...] = ("items", "bids"),
    fresh_until: datetime | None = None,
    finished_at: datetime | None = None,
) -> Draft:
    """One reading of a region's list, of the moment `at`."""
    moment = at or START
    return Draft(
        schema=CONTRACTS,
        subject_kind=SubjectKind.REGION,
        subject_id=subject_id,
        rows=list(rows),
        pages=1,
        whole=whole,
        error=error,
        details=details,
        answers=answers,
        moment=at,
        expires=moment + CYCLE,
        fresh_until=fresh_until,
        started_at=moment,
        finished_at=finished_at or moment + timedelta(seconds=5),
        costs={"requests": 1, "bytes": 20},
    )


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def asked(url: str, statement: str, *values: object) -> list[dict[str, Any]]:
    """The rows of a SQL question, by a connection that knows nothing of eveobs."""
    with closing(sqlite3.connect(path_of(url))) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(statement, values)]


def done(url: str, *statements: str) -> None:
    """Change the database behind eveobs's back."""
    with closing(sqlite3.connect(path_of(url))) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def put(url: str, table: str, **values: object) -> None:
    """A row as somebody else would have written it."""
    names = ", ".join(f":{name}" for name in values)
    statement = f"INSERT INTO {table} ({names.replace(':', '')}) VALUES ({names})"  # noqa: S608
    with closing(sqlite3.connect(path_of(url))) as database:
        database.execute(statement, values)
        database.commit()


def everything(url: str) -> dict[str, list[dict[str, Any]]]:
    """All tables, row by row."""
    tables = asked(url, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return {
        table["name"]: sorted(asked(url, f"SELECT * FROM {table['name']}"), key=str)  # noqa: S608
        for table in tables
        if table["name"] not in {"sqlite_sequence", "alembic_version"}
    }


def text(moment: datetime) -> str:
    """A moment as the tables keep it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
