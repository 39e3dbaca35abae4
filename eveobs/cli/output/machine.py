r"""Rows for programs: JSON, NDJSON and CSV, a row at a time, whatever their number.

JSON carries every value exactly. Characters that a terminal would obey, hide or attach to their
neighbours, and on a stream that is not UTF-8 all beyond ASCII, are written as `\uXXXX`.

CSV is RFC 4180 with "\n" for a line end, and is meant for spreadsheets: texts are as `plain` leaves
them, and one that a spreadsheet would take for a formula starts with an apostrophe. Numbers are
numbers, also negative ones. What the stream cannot encode is written `\xe9` or `\u4e2d`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol, TextIO

from eveobs.cli.plain import plain, stands_alone

Row = Mapping[str, object]

# A formula, also after ";", where spreadsheets of many languages cut a line that has commas.
_FORMULA = re.compile(r"(^|;)([ \"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
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

    writer = csv.writer(encodable_lines(stream), lineterminator="\n")
    writer.writerow(fields)
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the count is the result
        writer.writerow([csv_cell(row.get(field)) for field in fields])
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
    """A value as the text of a CSV cell: `true`, `15000000.0`, `2026-09-23T08:11:31Z`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return digits(value)
    if isinstance(value, datetime):
        return timestamp(value)
    if value is None:
        return ""
    return defused(plain(value if isinstance(value, str) else json_text(value)))


def defused(cell: str) -> str:
    """A plain text with an apostrophe before whatever a spreadsheet would compute."""
    return _FORMULA.sub(r"\1\2'", cell)


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


def encodable_lines(stream: TextIO) -> Lines:
    """`stream` for lines of cells; what its encoding lacks is written with backslashes."""
    return stream if _is_utf8(stream) else _Encodable(stream)


class Lines(Protocol):
    """What csv writes to."""

    def write(self, line: str, /) -> int:
        """Write one line of the file."""
        ...


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
