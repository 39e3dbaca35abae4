"""What is written is read back, whatever it was."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.archives import cells, layout
from eveobs.archives.reading import Archive
from eveobs.archives.writing import Writer
from eveobs.records.contracts import TYPES

pytestmark = pytest.mark.unit

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2003, 1, 1), datetime(2029, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    cells.identity: st.integers(1, cells.LARGEST),
    cells.count: st.integers(0, cells.LARGEST),
    cells.runs: st.integers(-1, cells.LARGEST),
    cells.amount: st.floats(0, allow_infinity=False),
    cells.real: st.floats(allow_infinity=False, allow_nan=False),
    cells.flag: st.booleans(),
    cells.moment: MOMENTS,
    cells.kind: st.sampled_from([*TYPES, "lease"]),
    cells.words: st.text(st.characters(exclude_categories=["Cs"])),
}


def value(column: layout.Column) -> st.SearchStrategy[Any]:
    if column.read in VALUES:
        return VALUES[column.read]
    (inner,) = (cell.cell_contents for cell in column.read.__closure__ or ())
    return st.none() | VALUES[inner]


def table_rows(table: layout.Table) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    return st.lists(st.tuples(*(value(column) for column in table.columns)), max_size=4)


@settings(max_examples=50, deadline=None)
@given(st.fixed_dictionaries({table: table_rows(table) for table in layout.TABLES}), MOMENTS)
def test_all_tables_are_read_back(
    rows: dict[layout.Table, list[tuple[Any, ...]]], moment: datetime
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, again = Path(folder, "x.tar.bz2"), Path(folder, "y.tar.bz2")
        for file in (path, again):
            with file.open("wb") as out, Writer.open(out, moment, folder=Path(folder)) as archive:
                archive.meta(moment, moment)
                for table in layout.TABLES:
                    assert archive.table(table, rows[table]) == len(rows[table])
        assert path.read_bytes() == again.read_bytes()
        with Archive(path, "x", folder=Path(folder), now=NOW) as read:
            assert read.moment == moment
            for table in layout.TABLES:
                assert list(read.rows(table, table.names)) == rows[table]


def test_it_is_written_as_everef_writes_it(tmp_path: Path) -> None:
    assert cells.written(None) == ""
    assert [cells.written(one) for one in (True, False)] == ["true", "false"]
    assert cells.written(datetime(2026, 9, 8, 18, tzinfo=UTC)) == "2026-09-08T18:00:00Z"
    assert cells.written(5e6) == "5000000.0"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e16, "10000000000000000.0"),
        (1.5e22, "15000000000000000000000.0"),
        (1e-07, "0.0000001"),
        (-2.5e-09, "-0.0000000025"),
        (0.1, "0.1"),
        (0.0, "0.0"),
    ],
)
def test_numbers_have_no_exponents(number: float, text: str) -> None:
    assert cells.written(number) == text
    assert float(text) == number
