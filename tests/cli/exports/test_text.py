"""Cells made a column at a time are those made one by one, whatever the values."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.cli.exports import text
from eveobs.cli.exports.text import write_csv, write_json, write_ndjson
from eveobs.cli.output import machine
from eveobs.store.columns import Field, Holds
from tests.cli.hostile import ALL, leaked

pytestmark = pytest.mark.unit

FIELDS = [Field(f"a_{holds}", holds) for holds in Holds]
NAMES = [one.name for one in FIELDS]
ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
        st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 1e15, 1e16, 1e-4, 9e-5])),
        st.one_of(st.none(), st.booleans()),
        st.one_of(st.none(), st.just("2026-09-23T08:11:31Z")),
        st.one_of(st.none(), st.text(), st.sampled_from(ALL)),
    ),
    max_size=12,
)


def portions(rows: Sequence[tuple[Any, ...]], size: int) -> list[list[Sequence[Any]]]:
    some = [rows[at : at + size] for at in range(0, len(rows), size)]
    return [[*zip(*one, strict=True)] for one in some]


@given(ROWS, st.integers(1, 5))
def test_csv_is_what_machine_writes(rows: list[tuple[Any, ...]], size: int) -> None:
    mine, other = io.StringIO(newline=""), io.StringIO(newline="")
    assert write_csv(portions(rows, size), FIELDS, mine) == len(rows)
    machine.write_csv([dict(zip(NAMES, row, strict=True)) for row in rows], NAMES, other)
    assert mine.getvalue() == other.getvalue()


@given(ROWS)
def test_csv_on_a_terminal_is_harmless(rows: list[tuple[Any, ...]]) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal(newline="")
    write_csv(portions(rows, 3), FIELDS, stream)
    assert leaked(stream.getvalue()) == set()


@given(ROWS, st.integers(1, 5))
def test_json_is_what_machine_writes(rows: list[tuple[Any, ...]], size: int) -> None:
    dicts = [dict(zip(NAMES, row, strict=True)) for row in rows]
    for mine, other in ((write_json, machine.write_json), (write_ndjson, machine.write_ndjson)):
        one, two = io.StringIO(newline=""), io.StringIO(newline="")
        assert mine(portions(rows, size), FIELDS, one) == other(dicts, NAMES, two) == len(rows)
        assert one.getvalue() == two.getvalue()


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"))))
def test_raw_is_exact(texts: list[str]) -> None:
    stream = io.StringIO(newline="")
    fields = [Field("number", Holds.INTEGER), Field("title", Holds.TEXT)]
    write_csv([[range(len(texts)), texts]] if texts else [], fields, stream, raw=True)
    found = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))[1:]
    assert [row[1] for row in found] == texts


def test_a_stream_that_is_not_utf8() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="")
    write_csv([[["格安 é"]]], [Field("title", Holds.TEXT)], stream)
    stream.flush()
    assert stream.buffer.getvalue() == b"title\n\\u683c\\u5b89 \\xe9\n"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MOST", 10)
    cells = text._Cells(machine.csv_cell)
    for number in range(100):
        assert cells[f"={number}"] == f"'={number}"
        assert len(cells) <= 10


def test_nothing_is_a_header_and_a_list() -> None:
    stream = io.StringIO()
    assert write_csv([], FIELDS, stream) == 0
    assert stream.getvalue() == ",".join(NAMES) + "\n"
    stream = io.StringIO()
    assert write_json([], FIELDS, stream) == 0
    assert json.loads(stream.getvalue()) == []
