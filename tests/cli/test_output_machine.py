"""Programs get every value: exact in JSON, documented in CSV, and harmless when printed."""

from __future__ import annotations

import csv
import io
import json
import re
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eveobs.cli.output import Format, write_record, write_rows
from eveobs.cli.output.machine import csv_cell, defused, digits, json_text, timestamp
from eveobs.errors import UsageError
from eveobs.records.contracts import CONTRACTS, ITEMS
from tests.cli.hostile import ALL, KINDS, leaked

pytestmark = pytest.mark.unit

NOW = datetime(2026, 9, 23, 8, 11, 31, tzinfo=UTC)
FIELDS = ["contract_id", "title", "price", "for_corporation", "date_expired"]
PROGRAMS = [Format.JSON, Format.NDJSON, Format.CSV]


def row(number: int, title: str | None = "nice ship") -> dict[str, object]:
    return {
        "contract_id": 2**40 + number,
        "title": title,
        "price": 15_000_000.0,
        "for_corporation": True,
        "date_expired": NOW,
    }


def written(
    rows: object, form: Format, fields: list[str] | None = None, encoding: str = "utf-8"
) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    write_rows(
        rows,  # type: ignore[arg-type]
        columns=CONTRACTS.columns,
        format=form,
        fields=fields,
        stream=stream,
        width=None,
        colour=False,
        now=NOW,
        all_fields=FIELDS,
    )
    return stream.detach().getvalue().decode(encoding)


def read_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_json_is_one_list_of_rows_named_and_typed_as_esi_does() -> None:
    text = written([row(1)], Format.JSON)
    assert text.startswith('[\n{"contract_id"')
    assert json.loads(text) == [
        {
            "contract_id": 2**40 + 1,
            "title": "nice ship",
            "price": 15_000_000.0,
            "for_corporation": True,
            "date_expired": "2026-09-23T08:11:31Z",
        }
    ]
    assert '"price": 15000000.0' in text


def test_without_rows_json_is_still_json_and_csv_still_has_its_header() -> None:
    assert written([], Format.JSON) == "[]\n"
    assert written([], Format.NDJSON) == ""
    assert written([], Format.CSV) == "contract_id,title,price,for_corporation,date_expired\n"


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("kind", KINDS)
def test_json_gives_every_title_back_exactly_and_prints_it_harmlessly(
    kind: str, encoding: str
) -> None:
    rows = [row(number, title) for number, title in enumerate(KINDS[kind])]
    for form in (Format.JSON, Format.NDJSON):
        text = written(rows, form, encoding=encoding)
        assert leaked(text) == set()
        lines = [json.loads(line) for line in text.splitlines()] if form == "ndjson" else None
        back = lines if lines is not None else json.loads(text)
        assert [one["title"] for one in back] == KINDS[kind]
        assert len(text.split("\n")) == len(rows) + (1 if form == "ndjson" else 3)


@given(st.text(st.characters(exclude_categories=())))
def test_json_is_exact_for_any_text(title: str) -> None:
    text = written([{"title": title}], Format.NDJSON, ["title"])
    assert json.loads(text) == {"title": title}
    assert leaked(text) == set()


FORMULA = "=+-@＝＋－＠"


def without_apostrophes(text: str) -> str:
    """What is left when the apostrophes before the signs of a formula are taken out."""
    return re.sub(rf"'(?=[{re.escape(FORMULA)}])", "", text)


def encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def from_tsv(cell: str) -> str:
    """The other way round; spelt out here on its own."""
    back = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
    return re.sub(r"\\(.)", lambda found: back[found[1]], cell)


@pytest.mark.parametrize("kind", KINDS)
def test_csv_gives_every_title_back_exactly_but_for_the_apostrophe(kind: str) -> None:
    text = written([row(n, title) for n, title in enumerate(KINDS[kind])], Format.CSV)
    titles = [cells[1] for cells in read_csv(text)[1:]]
    for title, cell in zip(KINDS[kind], titles, strict=True):
        assert without_apostrophes(cell) == without_apostrophes(encodable(title))
        if not any(sign in title for sign in FORMULA):
            assert cell == encodable(title)


@given(st.text(st.characters(exclude_characters=FORMULA, exclude_categories=["Cs"])))
@example("Legacy BPC ")
@example("  two  spaces\tand a tab\r\n")
@example("\r")
def test_csv_and_tsv_are_exact_for_any_text(title: str) -> None:
    rows = [{"contract_id": 1, "title": title}]
    assert read_csv(written(rows, Format.CSV, ["contract_id", "title"]))[1] == ["1", title]
    header, line, end = written(rows, Format.TSV, ["contract_id", "title"]).split("\n")
    assert (header, end) == ("contract_id\ttitle", "")
    number, cell = line.split("\t")
    assert (number, from_tsv(cell)) == ("1", title)
    assert from_tsv(written(rows, Format.VALUES, ["title"])[:-1]) == title


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_with_formulas_only_apostrophes_are_added(title: str) -> None:
    cell = read_csv(written([{"title": title}, {"title": "x"}], Format.CSV, ["title"]))[1]
    text = cell[0] if cell else ""  # csv has no other form for one empty cell
    assert without_apostrophes(text) == without_apostrophes(title)
    assert from_tsv(written([{"title": title}], Format.VALUES, ["title"])[:-1]) == title


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [Format.CSV, Format.TSV, Format.VALUES])
def test_on_a_terminal_they_are_harmless(form: Format, kind: str) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    rows = [row(n, title) for n, title in enumerate(KINDS[kind])]
    write_rows(
        rows,
        columns=(),
        format=form,
        fields=["title"],
        stream=stream,
        width=80,
        colour=True,
        now=NOW,
        all_fields=FIELDS,
    )
    assert leaked(stream.getvalue()) == set()
    lines = stream.getvalue().split("\n")
    assert len(lines) == len(rows) + (1 if form is Format.VALUES else 2)


def starts_as_formula(cell: str) -> bool:
    return bool(cell.lstrip(' "\t\r\n\0\u00a0\u3000\u200b\ufeff\u202e')[:1] in {*FORMULA})


@pytest.mark.parametrize("form", [Format.CSV, Format.TSV])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_is_a_formula_whatever_a_spreadsheet_takes_for_a_delimiter(
    delimiter: str, form: Format
) -> None:
    text = written([row(n, title) for n, title in enumerate(ALL)], form, ["title", "price"])
    if form is Format.TSV:
        assert len(text.split("\n")) == len(ALL) + 2, "a line a row"
    for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        if form is Format.TSV and delimiter == ",":
            break  # nobody reads tabs as commas; a comma in a title would be a delimiter
        assert not any(map(starts_as_formula, cells)), cells
    if delimiter != ",":
        for line in text.splitlines():
            assert not any(map(starts_as_formula, line.split(delimiter))), line


def test_a_thousand_blanks_before_a_formula_cost_no_time() -> None:
    began = time.perf_counter()
    assert defused("\u00a0" * 50_000 + "=1").endswith("'=1")
    assert defused("\t= " * 50_000).count("'") == 50_000
    assert defused("\u00a0" * 50_000 + "x") == "\u00a0" * 50_000 + "x"
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("  -x", "  '-x"),
        ("\t@x", "\t'@x"),
        ("Legacy BPC ", "Legacy BPC "),
        ("a  b", "a  b"),
        ("x\n=1", "x\n'=1"),
        ("x =1", "x =1"),
        ("half \ud83d", "half \\ud83d"),
        ("\uff1d1", "'\uff1d1"),
        ("a; =1", "a; '=1"),
        ("a-b=c", "a-b=c"),
        (-1500.5, "-1500.5"),
        (-7, "-7"),
        (15_000_000.0, "15000000.0"),
        (1e22, "10000000000000000000000"),
        (1.5e-7, "0.00000015"),
        (float("inf"), ""),
        (True, "true"),
        (None, ""),
        (NOW, "2026-09-23T08:11:31Z"),
        (["=1", {"a": None}], '["=1", {"a": null}]'),
        ("line\r\nline", "line\r\nline"),
        (["a  b"], '["a  b"]'),
    ],
)
def test_csv_cells(value: object, cell: str) -> None:
    assert csv_cell(value) == cell


def test_csv_quotes_what_it_must_and_keeps_line_breaks() -> None:
    text = written([row(1, 'a "quoted", title\nover lines')], Format.CSV, ["title", "price"])
    assert text == 'title,price\n"a ""quoted"", title\nover lines",15000000.0\n'


def test_csv_on_a_stream_that_cannot_carry_a_character_writes_its_number() -> None:
    text = written([row(1, "格安 é ✓")], Format.CSV, ["title"], "ascii")
    assert text == "title\n\\u683c\\u5b89 \\xe9 \\u2713\n"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_digits_are_all_there_and_without_exponent(number: float) -> None:
    text = digits(number)
    assert float(text) == number
    assert "e" not in text.lower()


def test_times_are_utc_to_the_second_as_esi_writes_them() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    assert timestamp(NOW.astimezone(east)) == "2026-09-23T08:11:31Z"
    assert timestamp(NOW.replace(tzinfo=None, microsecond=999_999)) == "2026-09-23T08:11:31Z"
    assert timestamp(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"


def test_what_json_has_no_number_for_is_null_and_no_value_is_guessed() -> None:
    value = {"price": float("nan"), "items": [{"amount": float("inf"), "ends": NOW}]}
    assert json.loads(json_text(value)) == {
        "price": None,
        "items": [{"amount": None, "ends": "2026-09-23T08:11:31Z"}],
    }
    with pytest.raises(TypeError, match="object has no form"):
        json_text(object())


@pytest.mark.parametrize("form", PROGRAMS)
def test_fields_select_and_order(form: Format) -> None:
    text = written([row(1)], form, ["price", "contract_id", "price"])
    if form is Format.CSV:
        assert read_csv(text) == [["price", "contract_id"], ["15000000.0", str(2**40 + 1)]]
        return
    [only] = json.loads(text) if form is Format.JSON else [json.loads(text)]
    assert list(only.items()) == [("price", 15_000_000.0), ("contract_id", 2**40 + 1)]


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("fields", [["contract_id", "prise"], ["zzz"], [], ["", " "]])
def test_an_unknown_field_stops_before_anything_is_read_or_written(
    form: Format, fields: list[str]
) -> None:
    def never() -> Iterator[Mapping[str, object]]:
        raise AssertionError("rows were read")
        yield from ()  # type: ignore[unreachable]

    with pytest.raises(UsageError) as refused:
        written(never(), form, fields)
    assert refused.value.exit_code == 2
    assert all(field in str(refused.value.hint) for field in FIELDS)
    if "prise" in fields:
        assert "'prise'" in refused.value.message
        assert "'price'" in refused.value.message


@pytest.mark.parametrize("form", PROGRAMS)
def test_memory_is_flat_in_the_number_of_rows(form: Format) -> None:
    class Nowhere(io.StringIO):
        def write(self, text: str) -> int:
            return len(text)

    def peak(count: int) -> int:
        tracemalloc.reset_peak()
        start = tracemalloc.get_traced_memory()[0]
        total = write_rows(
            (row(n) for n in range(count)),
            columns=(),
            format=form,
            fields=None,
            stream=Nowhere(),
            width=None,
            colour=False,
            now=NOW,
            all_fields=FIELDS,
        )
        assert total == count
        return tracemalloc.get_traced_memory()[1] - start

    tracemalloc.start()
    try:
        peak(10)
        assert peak(5000) < peak(50) + 20_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", Format)
def test_a_closed_pipe_is_not_swallowed(form: Format) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        write_rows(
            [row(1)],
            columns=CONTRACTS.columns,
            format=form,
            fields=None,
            stream=Closed(),
            width=80,
            colour=False,
            now=NOW,
            all_fields=FIELDS,
        )


@pytest.mark.parametrize("form", PROGRAMS)
def test_a_record_is_one_object_with_its_lists_or_one_flat_line(form: Format) -> None:
    items = [{"record_id": 1, "type_name": "PLEX"}, {"record_id": 2, "type_name": "\x1b[31m"}]
    stream = io.StringIO()
    write_record(
        {**row(1), "items": items},
        columns=CONTRACTS.columns,
        details={"items": ITEMS.columns},
        format=form,
        fields=None,
        stream=stream,
        width=None,
        colour=False,
        now=NOW,
        all_fields=FIELDS,
    )
    text = stream.getvalue()
    assert leaked(text) == set()
    if form is Format.CSV:
        assert read_csv(text)[0] == FIELDS
        assert len(read_csv(text)) == 2
        return
    assert list(json.loads(text)) == [*FIELDS, "items"]
    assert json.loads(text)["items"] == items
    assert (text.count("\n") == 1) == (form is Format.NDJSON)
