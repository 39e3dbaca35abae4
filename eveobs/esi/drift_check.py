"""Which fields and enumeration values of an answer ESI's OpenAPI document does not have.

Cheap enough for every answer from the network: enumerated fields of all rows are compared as sets,
and the names of fields are those of the first row alone, which rows of a page share, and of every
eighth answer alone where a route is asked thousands of times (the items of contracts).
What is documented comes from `documented.json` (scripts/generate_documented.py).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from eveobs.esi.drift import DriftRecorder
    from eveobs.esi.route import Route

FILE = Path(__file__).with_name("documented.json")
SAMPLE = 32 * 1024
"""Bytes of a body in which its first row is looked for; a row of ESI's has some hundreds."""
MAX_DEPTH = 8
ANY = "*"
"""Stands in `documented.json` for keys that are data, such as ids."""
_DECODER = json.JSONDecoder()


class Documented(msgspec.Struct, frozen=True):
    """What the document says of the answers of a route: names of fields, nested ones dotted, and
    the values of those that are enumerated.
    """

    fields: frozenset[str]
    values: dict[str, frozenset[str]]


@cache
def documented() -> dict[str, Documented]:
    """All routes, by `METHOD path`."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Documented])


def check(route: Route, value: object, body: bytes, recorder: DriftRecorder) -> None:
    """Count in `recorder` what the answer `body` of `route`, decoded as `value`, has beyond the
    document. A route that the document does not have is not looked at.
    """
    name = f"{route.method} {route.path}"
    known = documented().get(name)
    if known is None:
        return
    rows = value if isinstance(value, list) else [value]
    for field, values in known.values.items():
        if "." not in field:
            _check_values(name, field, values, rows, recorder)
    if not recorder.wants_sample(name):
        return
    for field, found in _sampled(body):
        _check_field(name, field, found, known, recorder)


def _check_field(
    route: str, field: str, value: object, known: Documented, recorder: DriftRecorder
) -> None:
    if field not in known.fields:
        if f"{field.rpartition('.')[0]}.{ANY}" not in known.fields:
            recorder.note(route, field)
    elif "." in field and isinstance(value, str) and value not in known.values.get(field, (value,)):
        recorder.note(route, field, value)


def _check_values(
    route: str, field: str, known: frozenset[str], rows: list[Any], recorder: DriftRecorder
) -> None:
    try:
        if rows and isinstance(rows[0], Mapping):
            found = {row.get(field) for row in rows}
        else:
            found = {getattr(row, field) for row in rows}
        unknown = found - known
    except (AttributeError, TypeError):  # a record without this field, or a list of values
        unknown = _flattened(rows, field) - known
    unknown.discard(None)
    if unknown:
        counts = Counter(_values(rows, field))
        for value in unknown:
            if isinstance(value, str):
                recorder.note(route, field, value, counts[value])


def _flattened(rows: list[Any], field: str) -> set[Any]:
    return {value for value in _values(rows, field) if isinstance(value, str)}


def _values(rows: Iterable[Any], field: str) -> Iterator[Any]:
    for row in rows:
        found = row.get(field) if isinstance(row, Mapping) else getattr(row, field, None)
        if isinstance(found, list | tuple | set | frozenset):
            yield from (one for one in found if isinstance(one, str))
        elif isinstance(found, str):
            yield found


def _sampled(body: bytes) -> Iterator[tuple[str, object]]:
    """The fields of the first object in `body`, with their values; nested ones dotted."""
    text = body[:SAMPLE].decode("utf-8", errors="replace")
    start = text.find("{")
    if start < 0:
        return
    try:
        row, _ = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):  # longer than the sample
        return
    yield from _fields(row, "", 0)


def _fields(value: object, prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        return
    for name, inner in value.items():
        yield prefix + name, inner
        yield from _fields(inner, f"{prefix}{name}.", depth + 1)
