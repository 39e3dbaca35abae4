r"""Rows for programs: JSON, NDJSON and CSV, a row at a time, whatever their number.

JSON carries every value exactly. Characters that a terminal would obey, hide or attach to their
neighbours, and on a stream that is not UTF-8 all beyond ASCII, are written as `\uXXXX`.

CSV is RFC 4180 with "\n" for a line end. Texts are exact, with their spaces and line breaks, but
for an apostrophe before what a spreadsheet would compute; numbers are numbers, also negative ones.
TSV has the same cells, a line a row whatever is in them: a tab, a line break and a backslash inside
a cell are written `\t`, `\n`, `\r` and `\\`, as jq's `@tsv` does. On a terminal the texts of both
are as `plain` leaves them. What the stream cannot encode is written `\xe9` or `\u4e2d`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol, TextIO

from eveobs.cli.plain import plain, stands_alone

Row = Mapping[str, object]

# What begins a formula, in ASCII and in the full-width letters that Excel takes for the same:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20]")
# A spreadsheet may cut a cell here: at ";" and a tab where these are the delimiter, at a line break
# where the quotes around the cell are then no longer at its beginning.
_CUTS = frozenset(";\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
_TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_ASTRAL = 0x10000


def write_json(rows: Iterable[Row], fields: Sequence[str], stream: TextIO) -> int:
    """One list, an object a line; `[]` for no rows. Returns how many."""
    count = 0
    for row in rows:
        stream.write(",\n" if count else "[\n")
        stream.write(json_text(_pick(row, fields), escape_all=not _is_utf8(stream)))
        count += 1
    stream.write("\n]\n" if count else "[]\n")
    return count


def write_ndjson(rows: Iterable[Row], fields: Sequence[str], stream: TextIO) -> int:
    """An object a line. Returns how many."""
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the count is the result
        stream.write(json_text(_pick(row, fields), escape_all=not _is_utf8(stream)) + "\n")
    return count


def write_csv(rows: Iterable[Row], fields: Sequence[str], stream: TextIO) -> int:
    """A header and a line a row. Returns how many rows."""
    import csv

    writer = csv.writer(csv_lines(stream), lineterminator=CSV_LINE_END)
    writer.writerow(fields)
    cell = cell_for(stream)
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the count is the result
        writer.writerow([cell(row.get(field)) for field in fields])
    return count


def write_tsv(rows: Iterable[Row], fields: Sequence[str], stream: TextIO) -> int:
    """A header and a line a row, cells between tabs. Returns how many rows."""
    lines, cell = encodable_lines(stream), cell_for(stream)
    lines.write("\t".join(name.translate(_TSV_ESCAPES) for name in fields) + "\n")
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the count is the result
        cells = (cell(row.get(field)).translate(_TSV_ESCAPES) for field in fields)
        lines.write("\t".join(cells) + "\n")
    return count


def write_values(rows: Iterable[Row], fields: Sequence[str], stream: TextIO) -> int:
    """The first of `fields` alone, a value a line without a header, escaped as in TSV; without the
    apostrophe, since no spreadsheet reads it. Returns how many.
    """
    lines, shown, field = encodable_lines(stream), stream.isatty(), fields[0]
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the count is the result
        lines.write(_text_of(row.get(field), shown=shown).translate(_TSV_ESCAPES) + "\n")
    return count


def write_count(rows: Iterable[Row], fields: Sequence[str], stream: TextIO) -> int:  # noqa: ARG001
    """How many rows there are, as one number."""
    count = sum(1 for _ in rows)
    stream.write(f"{count}\n")
    return count


def write_object(record: Row, fields: Sequence[str], stream: TextIO) -> None:
    """One object over several lines, for a record with nested lists."""
    escape_all = not _is_utf8(stream)
    stream.write(json_text(_pick(record, fields), escape_all=escape_all, indent=2) + "\n")


def json_text(value: object, *, escape_all: bool = False, indent: int | None = None) -> str:
    """A value as JSON that is safe to print; numbers that JSON does not know become null."""
    encoder = _encoder(escape_all, indent)
    try:
        encoded = encoder.encode(value)
    except ValueError:
        encoded = encoder.encode(_finite(value))
    return encoded if encoded.isascii() and "\x7f" not in encoded else encoded.translate(_ESCAPES)


def csv_cell(value: object) -> str:
    """A value as the text of a CSV cell, exact but for the apostrophe of `defused`: `true`,
    `15000000.0`, `2026-09-23T08:11:31Z`.
    """
    text = _text_of(value, shown=False)
    return defused(text) if isinstance(value, str | list | dict | tuple) else text


def shown_cell(value: object) -> str:
    """The same for a terminal, where a text could do more than be read."""
    return defused(_text_of(value, shown=True)) if isinstance(value, str) else csv_cell(value)


def cell_for(stream: TextIO) -> Callable[[object], str]:
    """What makes the cells for `stream`: exact for programs, harmless on a terminal."""
    return shown_cell if stream.isatty() else csv_cell


def _text_of(value: object, *, shown: bool) -> str:
    if isinstance(value, str):
        return plain(value) if shown else _without_surrogates(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return digits(value)
    if isinstance(value, datetime):
        return timestamp(value)
    return "" if value is None else json_text(value)


def _without_surrogates(text: str) -> str:
    """No encoding carries half a pair; it is written by its number, as in JSON."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def defused(cell: str) -> str:
    """`cell` with an apostrophe before whatever a spreadsheet would compute.

    That is what begins a formula at the start of the cell, or of a part that a spreadsheet may cut
    off (after ";", a tab or a line break), also after blanks, quotes and invisible characters.
    """
    parts: list[str] = []
    end = 0
    for found in _FORMULA.finditer(cell):
        start = found.start()
        if _begins(cell, start, end):
            parts += (cell[end:start], "'")
            end = start
    return "".join((*parts, cell[end:])) if parts else cell


def _begins(cell: str, at: int, least: int) -> bool:
    """Whether a cell may begin before `at`, with nothing visible between."""
    while at > least:
        before = cell[at - 1]
        if before in _CUTS:
            return True
        if before != '"' and before.isprintable() and plain(before):
            return False
        at -= 1
    return at == 0


def timestamp(moment: datetime) -> str:
    """A moment as ESI writes it, `2026-09-23T08:11:31Z`; without a zone it is taken for UTC."""
    utc = moment.astimezone(UTC) if moment.tzinfo else moment
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def digits(number: float) -> str:
    """All digits of a number and no exponent; nothing for what is not finite."""
    if isinstance(number, float) and not math.isfinite(number):
        return ""
    plain_digits = repr(number)
    if "e" not in plain_digits:
        return plain_digits
    from decimal import Decimal

    return format(Decimal(plain_digits), "f")


class _Escapes(dict[int, str]):
    """For `str.translate`: a character of a JSON document, or the escape that stands for it."""

    def __missing__(self, code: int) -> str:
        self[code] = written = chr(code) if _may_be_raw(code) else _escape(code)
        return written


_ESCAPES = _Escapes()


def _may_be_raw(code: int) -> bool:
    """Line breaks are those of the layout: inside a string JSON escapes them itself."""
    return code == ord("\n") or stands_alone(chr(code))


def _escape(code: int) -> str:
    if code < _ASTRAL:
        return f"\\u{code:04x}"
    high, low = divmod(code - _ASTRAL, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


CSV_LINE_END = "\r\n"
"""What csv's writer is given: it quotes a lone carriage return only where lines end with one, too.
`csv_lines` takes it away again.
"""


def csv_lines(stream: TextIO) -> Lines:
    """`stream` for csv's writer with `CSV_LINE_END`, of which the line feed alone is written."""
    return _LineFeeds(encodable_lines(stream))


def encodable_lines(stream: TextIO) -> Lines:
    """`stream` for lines of cells; what its encoding lacks is written with backslashes."""
    return stream if _is_utf8(stream) else _Encodable(stream)


class Lines(Protocol):
    """What csv writes to."""

    def write(self, line: str, /) -> int:
        """Write one line of the file."""
        ...


class _LineFeeds:
    """Lines that csv ended with `CSV_LINE_END`, ended with a line feed."""

    def __init__(self, lines: Lines) -> None:
        self._write = lines.write

    def write(self, line: str) -> int:
        """Write one line of the file."""
        return self._write(line[:-2] + "\n")


class _Encodable:
    """A stream for `csv`, which writes what the encoding lacks with backslashes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._encoding = stream.encoding or "utf-8"

    def write(self, line: str) -> int:
        """Write one line of the file."""
        safe = line.encode(self._encoding, "backslashreplace").decode(self._encoding)
        return self._stream.write(safe)


@lru_cache
def _encoder(escape_all: bool, indent: int | None) -> json.JSONEncoder:
    return json.JSONEncoder(
        ensure_ascii=escape_all, allow_nan=False, indent=indent, default=_written_as
    )


def _written_as(value: object) -> object:
    if isinstance(value, datetime):
        return timestamp(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def _is_utf8(stream: TextIO) -> bool:
    """A stream in memory has no encoding and carries everything."""
    return (stream.encoding or "utf-8").lower().replace("-", "").replace("_", "") == "utf8"


def _pick(row: Row, fields: Sequence[str]) -> dict[str, object]:
    return {field: row.get(field) for field in fields}
