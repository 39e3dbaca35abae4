"""What SQLite does, PostgreSQL does: the statements compile, and on a server they hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from eveobs.errors import StoreError
from eveobs.observation.archiving import write_archive
from eveobs.observation.importing import import_archive
from eveobs.records.collected import Meaning
from eveobs.records.contracts import CONTRACTS
from eveobs.records.market_orders import MARKET_ORDERS
from eveobs.records.universe import Name
from eveobs.store import applying, details, names, query
from eveobs.store.applying import Applied
from eveobs.store.columns import Field, Holds
from eveobs.store.duck import answered_by_duckdb
from eveobs.store.engine import connect
from eveobs.store.looking import LATEST, look, static_loaded
from eveobs.store.places import resolve
from eveobs.store.query import Query
from eveobs.store.store import Store
from eveobs.store.tables import METADATA, tables_of, utc_text
from eveobs.telemetry.progress import Silence
from tests.archives.making import DYNAMIC, NOW, archive_of
from tests.postgresql import postgresql_server
from tests.store.drafts import CYCLE, FORGE, START, bids, contract, item, items, reading
from tests.store.test_fleeting import order
from tests.store.things import (
    ANNA,
    BERT,
    JOURNAL,
    LOANS,
    THINGS,
    Loan,
    Mark,
    Part,
    hangar,
    parts,
    thing,
)

QUESTION = Query(
    values={
        "region": ["The Forge", "10000002"],
        "item": "100%",
        "title": "a_b",
        "issuer": "90000001",
        "min-price": 1.0,
        "expires-before": START + timedelta(days=30),
    },
    sort=["-region_name", "price"],
    limit=5,
)


class Recorder:
    """Compiles what it is asked to do, and finds nothing."""

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

    def __init__(self) -> None:
        self.said: list[str] = []

    def execute(self, statement: Any, *_: Any, **__: Any) -> Recorder:
        self.said.append(str(statement.compile(dialect=self.dialect)))
        return self

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None if name.startswith(("scalar_one", "first")) else self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    rowcount = 1
    inserted_primary_key = (1,)


@pytest.mark.unit
def test_every_statement_compiles_for_postgresql() -> None:
    recorder: Any = Recorder()
    connection: Connection = recorder
    rows = [contract(1), contract(2)]
    applying.apply(connection, reading(rows, answers=[bids(1, 5.0), items(2, item(1))]))
    names.keep_names(connection, [Name(category="region", id=1, name="A")], [2], START)
    names.unnamed(connection, [1], START)
    names.named(connection, "region", ["a"])
    details.answered(connection, CONTRACTS, "items", [1])
    list(query.rows(connection, CONTRACTS, QUESTION))
    query.row(connection, CONTRACTS, 1)
    said = "\n".join(recorder.said)
    assert "ON CONFLICT DO NOTHING" in said
    assert "ON CONFLICT (id) DO UPDATE" in said
    assert "coalesce(excluded.name, names.name)" in said
    assert "NULLS LAST" in said
    assert "lower(names.name) LIKE '%%' ||" in said
    assert "ESCAPE '/'" in said


@pytest.mark.unit
def test_every_table_compiles_for_postgresql() -> None:
    tables_of(CONTRACTS)
    said: list[str] = []
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in METADATA.sorted_tables:
        said.append(str(CreateTable(table).compile(dialect=dialect)))
        said += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    text = "\n".join(said)
    assert "contract_id BIGINT NOT NULL" in text
    assert "price DOUBLE PRECISION" in text
    assert "id BIGSERIAL NOT NULL" in text


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL of its own on loopback, where one is installed."""
    with postgresql_server() as url:
        yield url


def told(value: object) -> object:
    return utc_text(value) if isinstance(value, datetime) else value


@pytest.mark.integration
@pytest.mark.slow
def test_the_same_life_on_a_server(server: str) -> None:
    with Store(server) as store, Store(server) as other:
        blueprint = item(7, type_id=36, runs=3, item_id=2**50)
        first = [contract(1, price=5.0, title="50% A_B"), contract(2, title="a\0b")]
        store.keep_answers(CONTRACTS, [items(1, blueprint), items(2, meaning=Meaning.OVER)], START)
        store.keep_answers(CONTRACTS, [items(1, blueprint)], START)
        assert store.apply(reading(first, answers=[bids(1, 5.0)])) == Applied("complete", new=2)
        again = reading([contract(1, price=6.0, title="50% A_B")], at=START + CYCLE)
        assert other.apply(again) == Applied("complete", changed=1, gone=1)
        assert store.apply(again) == Applied("unchanged")
        known = [Name(category="region", id=FORGE, name="The Forge")]
        store.keep_names(known, [5], START)
        store.keep_names([Name(category="inventory_type", id=36, name="Plates 100%")], (), START)
        assert store.named("region", ["the forge"]) == known
        assert store.unnamed([FORGE, 5, 6], START) == {6}
        assert store.count(CONTRACTS, QUESTION) == 1
        (found,) = store.rows(CONTRACTS, QUESTION, summaries=True)
        assert (found["price"], found["region_name"]) == (6.0, "The Forge")
        assert found["items_summary"] == "Plates 100%"
        record = store.row(CONTRACTS, 2)
        assert record is not None
        assert (record["gone_how"], record["title"]) == ("taken_or_withdrawn", "a\ufffdb")
        assert record["items_answer"] == "expired_or_accepted"
        (columns,) = store.portions(CONTRACTS, gone=True)
        listed = list(store.rows(CONTRACTS, Query(gone_too=True, sort=("contract_id",))))
        assert [*zip(*columns, strict=True)] == [(*map(told, row.values()),) for row in listed]
        (sold,) = store.portions(CONTRACTS, "items", gone=True)
        assert dict(zip(store.fields(CONTRACTS, "items"), sold, strict=True))[
            Field("type_name", Holds.TEXT)
        ] == ("Plates 100%",)
        question = (
            "SELECT c.title, is_included, date_issued FROM contracts c JOIN contract_items i "
        )
        with answered_by_duckdb(server, question + "USING (contract_id)") as (_, found_rows):
            assert list(found_rows) == [("50% A_B", True, START - timedelta(days=1))]
        with pytest.raises(StoreError):
            store.apply(reading([contract(3), contract(2**63)], at=START + 2 * CYCLE))
        assert store.row(CONTRACTS, 3) is None


@pytest.mark.integration
@pytest.mark.slow
def test_the_same_owners_on_a_server(server: str) -> None:
    with Store(server) as store:
        ends = START + 9 * CYCLE
        old, new = Part(part_id=1, made_at=ends, label="a\0"), Part(part_id=2)
        first = hangar(ANNA, [thing(1, value=5.0), thing(2)], answers=[parts(1, old, new)])
        assert store.apply(first) == Applied("complete", new=2)
        assert store.apply(first) == Applied("unchanged")
        assert store.apply(hangar(ANNA, [], answers=[parts(1, old)])).status == "complete"
        assert store.apply(hangar(BERT, [thing(2)], at=START + CYCLE)).new == 1
        loan = Loan(loan_id=9, of_thing=1, status="active", ends=ends)
        store.apply(hangar(ANNA, [loan], schema=LOANS))
        store.keep_names([Name(category="station", id=60003760, name="Jita")], (), START)
        rows = list(store.rows(THINGS, Query({"part": 1}), summaries=True))
        assert [(row["thing_id"], row["loan_ends"], row["parts_summary"]) for row in rows] == [
            (1, ends, "1x1")
        ]
        assert rows[0]["location_name"] == "Jita"
        both = {row["thing_id"]: row["owner_id"] for row in store.rows(THINGS, Query())}
        assert both == {1: ANNA, 2: BERT}
        assert store.apply(hangar(BERT, [], at=START + 2 * CYCLE)).gone == 1
        assert store.count(THINGS, Query({"character": [str(BERT)]})) == 0
        assert store.count(THINGS, Query({"character": [str(ANNA)]})) == 2
        changed = hangar(ANNA, [thing(1, value=6.0), thing(2)], at=START + 3 * CYCLE)
        assert store.apply(changed).changed == 1
        shown = store.row(THINGS, 1)
        assert shown is not None
        assert [change["new"] for change in shown["changes"]] == ["6.0"]
        store.apply(hangar(ANNA, [Mark(mark_id=2**40)], schema=JOURNAL))
        assert store.newest_whole(JOURNAL, ANNA) == 2**40
        for now in (START, START + timedelta(days=1)):
            store.note_refusal(ANNA, 2**40, now)
        assert store.refused_structures(ANNA, [1, 2**40], START + timedelta(days=2)) == {2**40}
        store.forget_refusal(ANNA, 2**40)
        assert store.refused_structures(ANNA, [2**40], START) == set()


@pytest.mark.integration
@pytest.mark.slow
def test_places_on_a_server(server: str) -> None:
    engine = connect(server)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE assets (item_id BIGINT, location_id BIGINT, last_seen VARCHAR(20))"
        )
        connection.exec_driver_sql("INSERT INTO assets VALUES (1, 2, ''), (2, 2, ''), (3, 30, '')")
        METADATA.tables["names"].create(connection, checkfirst=True)
        known = [Name(category="station", id=30, name="Amarr")]
        names.keep_names(connection, known, (), START)
        assert resolve(connection, [1, 2, 3, 4]) == {3: "Amarr"}
        connection.exec_driver_sql("DROP TABLE assets")
    engine.dispose()


@pytest.mark.integration
@pytest.mark.slow
def test_a_server_is_looked_at_without_making_tables(server: str) -> None:
    engine = connect(server)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    engine.dispose()
    for _ in range(2):
        found = look(server)
        assert (found.version, found.bytes, found.free) == (None, None, None)
    Store(server.replace("/postgres", "/template1")).close()
    assert look(server.replace("/postgres", "/template1")).version == LATEST
    assert static_loaded(server) is None


@pytest.mark.integration
@pytest.mark.slow
def test_archives_on_a_server(server: str, tmp_path: Path) -> None:
    path, again = archive_of(tmp_path, None, **DYNAMIC), tmp_path / "again.tar.bz2"
    url = server.replace("/postgres", "/template1")
    with Store(url) as store:

        def take_in(file: Path) -> str:
            quiet = Silence()
            return import_archive(store, file, "x", folder=tmp_path, progress=quiet, now=NOW).status

        assert take_in(path) == "complete"
        assert take_in(path) == "unchanged"
        assert store.answered(CONTRACTS, "items", [1, 2]) == {1}
        with again.open("wb") as out:
            assert write_archive(store, out, folder=tmp_path, gone_too=False, now=NOW) == 2
        assert take_in(again) == "unchanged"
        assert store.dynamic_items_on_offer(FORGE) is None


@pytest.mark.integration
@pytest.mark.slow
def test_markets_on_a_server(server: str) -> None:
    import psycopg

    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE markets")
    with Store(server.replace("/postgres", "/markets")) as store:
        asked = dataclasses.replace(reading([]), schema=MARKET_ORDERS)
        first = [order(number, price) for number, price in ((1, 5.0), (2, 6.0), (3, 7.0))]
        assert store.apply(dataclasses.replace(asked, rows=first)).new == 3
        later = dataclasses.replace(
            asked, moment=START + CYCLE, rows=[order(1, 9.0), order(2, 6.0)]
        )
        applied = store.apply(later)
        assert (applied.new, applied.changed, applied.gone) == (0, 1, 1)
        assert sorted((one[0], one[2]) for one in store.placed([34], FORGE)) == [
            (34, 6.0),
            (34, 9.0),
        ]
        cheap = contract(77, price=2.0)
        store.keep_answers(CONTRACTS, [items(77, item(7701, quantity=2))], START)
        store.apply(reading([cheap], at=START + 4 * CYCLE))
        deals = store.bargains(market=FORGE, buying=False, now=START, factor=1.1, profit=1.0)
        assert [one.contract_id for one in deals] == [77]
        assert [(one.type_id, one.quantity) for one in store.contents([77])] == [(34, 2)]
        store.keep_names([Name(category="inventory_type", id=34, name="Tritanium")], (), START)
        assert store.types_named(["TRITANIUM", "x"]) == {"tritanium": [34]}
