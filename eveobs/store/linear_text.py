"""Functions of text in time that grows with the text alone, in the place of SQLite's own.

SQLite's `instr`, `replace` and `trim` compare each place of a text with the whole of another, and
cannot be interrupted meanwhile: of two texts of some megabytes they take hours, whatever the time
limit says. Python's search does not. The results are those of SQLite 3.40.
"""

from __future__ import annotations

import math
import sqlite3

from eveobs.store.sql_bounds import MAX_VALUE

Value = str | bytes | int | float | None


def take_over(database: sqlite3.Connection) -> None:
    """Have `database` use the functions of this module."""
    for name, parameters, function in (
        ("instr", 2, _instr),
        ("replace", 3, _replace),
        ("trim", 2, lambda text, some: _trim(text, some, left=True, right=True)),
        ("ltrim", 2, lambda text, some: _trim(text, some, left=True, right=False)),
        ("rtrim", 2, lambda text, some: _trim(text, some, left=False, right=True)),
    ):
        database.create_function(name, parameters, function, deterministic=True)


def _text(value: str | bytes | float) -> str:
    """A value as SQLite casts it to text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if not isinstance(value, float):
        return str(value)
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    # -0.0 is 0.0 as a text of SQLite.
    mantissa, e, exponent = format(value + 0.0, ".15g").partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{e}{exponent}"


def _instr(text: Value, some: Value) -> int | None:
    if text is None or some is None:
        return None
    if isinstance(text, bytes) and isinstance(some, bytes):
        return text.find(some) + 1
    return _text(text).find(_text(some)) + 1


def _replace(text: Value, old: Value, new: Value) -> Value:
    if text is None or old is None:
        return None
    whole, some = _text(text), _text(old)
    if not some:
        return whole if isinstance(text, bytes) else text
    if new is None:
        return None
    other = _text(new)
    if len(whole) + whole.count(some) * (len(other) - len(some)) > MAX_VALUE:
        raise OverflowError
    return whole.replace(some, other)


def _trim(text: Value, some: Value, *, left: bool, right: bool) -> str | None:
    if text is None or some is None:
        return None
    whole, taken = _text(text), {*_text(some).partition("\0")[0]}
    # What follows a null character is not looked at.
    start, end = 0, len(whole)
    while left and start < end and whole[start] in taken:
        start += 1
    while right and end > start and whole[end - 1] in taken:
        end -= 1
    return whole[start:end]
