"""A schema becomes tables, or an error that names what cannot be kept; times survive the trip."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Double, Text
from sqlalchemy.dialects import postgresql, sqlite

from eveobs.errors import ConfigError
from eveobs.records.collected import DetailAnswer, Meaning
from eveobs.records.schema import Detail, Record, Schema, SubjectKind
from eveobs.store.query import Query
from eveobs.store.store import Store
from eveobs.store.tables import METADATA, TypedText, UtcTime, tables_of, utc_text
from tests.store.drafts import START, reading

pytestmark = pytest.mark.unit

MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11)), timezone(timedelta(hours=14))]),
)


@given(MOMENTS, MOMENTS)
def test_times_sort_as_text_and_come_back_to_the_second(one: datetime, other: datetime) -> None:
    kind = UtcTime()
    dialect = sqlite.dialect()
    kept = kind.process_bind_param(one, dialect)
    assert kept is not None
    assert len(kept) == 20
    assert kind.process_result_value(kept, dialect) == one.astimezone(UTC).replace(microsecond=0)
    if one.replace(microsecond=0) < other.replace(microsecond=0):
        assert kept < utc_text(other)


def test_no_time_is_no_time() -> None:
    dialect = sqlite.dialect()
    assert UtcTime().process_bind_param(None, dialect) is None
    assert UtcTime().process_result_value(None, dialect) is None


def test_postgresql_is_not_given_the_one_character_it_refuses() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    assert TypedText().process_bind_param("a\0b\0", dialect) == "a\ufffdb\ufffd"
    assert TypedText().process_bind_param(None, dialect) is None


class Gadget(Record, frozen=True, kw_only=True, omit_defaults=True):
    gadget_id: int
    name: str
    when: datetime
    kind: Literal["a", "b"] = "a"
    price: float | None = None
    sold: bool = False


class Part(Record, frozen=True, kw_only=True, omit_defaults=True):
    part_id: int


class Odd(Record, frozen=True, kw_only=True, omit_defaults=True):
    odd_id: int
    tags: list[int]


class Own(Record, frozen=True, kw_only=True, omit_defaults=True):
    gadget_id: int
    owner_id: int


class Seen(Record, frozen=True, kw_only=True, omit_defaults=True):
    gadget_id: int
    last_seen: datetime


@pytest.fixture(autouse=True)
def _no_table_left() -> Iterator[None]:
    before = set(METADATA.tables)
    yield
    for name in set(METADATA.tables) - before:
        METADATA.remove(METADATA.tables[name])


def schema(record: type[Record] = Gadget, **fields: Any) -> Schema:
    given: dict[str, Any] = {
        "name": "gadgets",
        "singular": "gadget",
        "subjects": (SubjectKind.CHARACTER, SubjectKind.CORPORATION),
    }
    given |= {"key": "gadget_id", "record": record}
    return Schema(**(given | fields))


def test_a_schema_of_another_package_becomes_tables() -> None:
    made = tables_of(schema(details=(Detail("parts", Part, "part_id"),)))
    columns = made.listed.columns
    kinds = {name: type(columns[name].type) for name in ("name", "price", "sold", "gadget_id")}
    assert kinds == {"name": Text, "price": Double, "sold": Boolean, "gadget_id": BigInteger}
    assert isinstance(columns["when"].type, UtcTime)
    assert isinstance(columns["kind"].type, Text)
    assert {name for name in ("name", "when", "gadget_id", "kind") if columns[name].nullable} == {
        "kind"
    }
    assert [column.name for column in made.listed.primary_key] == ["owner_id", "gadget_id"]
    assert made.details["parts"].name == "gadget_parts"
    assert [column.name for column in made.details["parts"].primary_key] == [
        "owner_id",
        "gadget_id",
        "part_id",
    ]


def test_its_tables_are_made_when_they_are_first_used_by_two_at_once(url: str) -> None:
    gadgets = schema(details=(Detail("parts", Part, "part_id", final=True, shared=True),))
    tables_of(gadgets)
    answer = DetailAnswer("parts", 1, Meaning.GIVEN, settled=True, rows=[Part(part_id=5)])
    given = Gadget(gadget_id=1, name="a", when=START)
    draft = replace(reading([given], answers=[answer]), schema=gadgets)
    said: list[str] = []

    def write() -> None:
        with Store(url) as store:
            said.append(store.apply(draft).status)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert sorted(said) == ["complete", "unchanged", "unchanged", "unchanged"]
    with Store(url) as store:
        found = store.row(gadgets, 1)
        (listed,) = store.rows(gadgets, Query())
        assert store.answered(gadgets, "parts", [1, 2]) == {1}
    assert found is not None
    assert found["parts"] == [{"part_id": 5}]
    assert (listed["name"], listed["when"], listed["kind"], listed["sold"]) == (
        "a",
        START,
        "a",
        False,
    )


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (schema(Odd, key="odd_id"), r"Odd\.tags is list.*, not a plain value"),
        (schema(details=(Detail("parts", Odd, "tags"),)), r"Odd\.tags"),
        (schema(name="names"), "the table 'names' is another's"),
        (schema(singular="x", name="observations"), "'observations' is another's"),
        (schema(Own), "the field 'owner_id' of a row is the store's own"),
        (schema(Seen), "the field 'last_seen'"),
        (
            schema(
                name="odd-gadgets", singular="odd", details=(Detail("gadgets", Part, "part_id"),)
            ),
            "the table 'odd_gadgets'",
        ),
        (
            schema(details=(Detail("parts", Own, "gadget_id"),)),
            "the field 'gadget_id' of its parts",
        ),
        (
            schema(key="name", details=(Detail("parts", Own, "gadget_id"),)),
            "'owner_id' of its parts",
        ),
        (schema(details=(Detail("parts", Part, "part_id", final=True),)), "its parts are final"),
    ],
)
def test_what_cannot_be_kept_is_told_and_leaves_no_half_table(given: Schema, why: str) -> None:
    before = set(METADATA.tables)
    for _ in range(2):
        with pytest.raises(ConfigError, match=why) as caught:
            tables_of(given)
        assert "package" in (caught.value.hint or "")
    assert set(METADATA.tables) == before
