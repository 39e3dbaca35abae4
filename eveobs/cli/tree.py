"""Rows that lie in one another, as a tree: places, what lies there, what lies in that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eveobs.cli.output.table import Look
from eveobs.cli.output.values import show, text
from eveobs.cli.plain import cut, encodable, plain
from eveobs.records.schema import Column, Kind, Schema

BRANCHES = ("├── ", "└── ", "│   ", "    ")
IN_ASCII = ("+-- ", "`-- ", "|   ", "    ")
BETWEEN = " · "
DEEPEST = 64
"""Deeper than anything can lie in the game; what is said to lie deeper is not followed."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Forest:
    """Who lies in whom. `tops` are the rows that lie in none of the others, by where they lie."""

    inside: Mapping[int, Sequence[Row]]
    tops: Mapping[int | None, Sequence[Row]]


def tree_lines(
    rows: Sequence[Row], schema: Schema, look: Look, wanted: Collection[int] | None = None
) -> Iterator[str]:
    """The lines of the tree of `rows`; of those with a key in `wanted` and what these lie in."""
    forest = _forest(_with_holders(rows, schema, wanted), schema)
    columns = _columns(schema)
    for place, tops in sorted(forest.tops.items(), key=lambda one: _by_name(one[1][0], schema)):
        heading = _place(tops[0], schema) or f"location {place}"
        yield look.bold(_fitting(heading, look))
        yield from _branches(tops, forest, schema, columns, look)


def _with_holders(
    rows: Sequence[Row], schema: Schema, wanted: Collection[int] | None
) -> Sequence[Row]:
    if wanted is None:
        return rows
    by_key = {row[schema.key]: row for row in rows}
    kept: set[int] = set()
    for number in wanted:
        here: Any = number
        while here in by_key and here not in kept:
            kept.add(here)
            here = by_key[here][_holder(schema)]
    return [row for row in rows if row[schema.key] in kept]


def _forest(rows: Iterable[Row], schema: Schema) -> _Forest:
    by_key = {row[schema.key]: row for row in rows}
    inside: dict[int, list[Row]] = {}
    tops: dict[int | None, list[Row]] = {}
    for row in by_key.values():
        holder = row[_holder(schema)]
        if holder in by_key and not _circular(row, by_key, schema):
            inside.setdefault(holder, []).append(row)
        else:
            tops.setdefault(holder, []).append(row)
    return _Forest(inside, tops)


def _circular(row: Row, by_key: Mapping[int, Row], schema: Schema) -> bool:
    """Whether going up from `row` has no end: two answers of different moments can say so."""
    for _ in range(DEEPEST):
        holder = row[_holder(schema)]
        if holder not in by_key:
            return False
        row = by_key[holder]
    return True


def _holder(schema: Schema) -> str:
    """The field that says what a row lies in."""
    return schema.tree or ""


def _branches(
    tops: Sequence[Row], forest: _Forest, schema: Schema, columns: Sequence[Column], look: Look
) -> Iterator[str]:
    branch, last_branch, along, beside = _signs(look)

    def below(rows: Sequence[Row], before: str) -> Iterator[str]:
        for number, row in enumerate(rows, start=1):
            last = number == len(rows)
            line = (
                before
                + (last_branch if last else branch)
                + (_label(row, columns, look) or str(row[schema.key]))
            )
            yield _fitting(line, look, keep=True)
            held = forest.inside.get(row[schema.key], ())
            yield from below(held, before + (beside if last else along))

    yield from below(tops, "")


def _signs(look: Look) -> Sequence[str]:
    sign = BRANCHES[0]
    return BRANCHES if encodable(sign, look.encoding) == sign else IN_ASCII


def _columns(schema: Schema) -> list[Column]:
    """Those that say what a row is rather than where or whose."""
    others = {schema.key, _holder(schema), *schema.places, *schema.places.values()}
    others |= {schema.subject_field, schema.names.get(schema.subject_field, "")}
    return [column for column in schema.columns if column.field not in others]


def _label(row: Row, columns: Sequence[Column], look: Look) -> str:
    parts = []
    for column in columns:
        (shown,) = show(column.kind, [row.get(column.field)], look.clock).full
        told = column.title if shown and column.kind is Kind.FLAG else shown
        parts.append(told)
    return BETWEEN.join(part for part in parts if part)


def _place(row: Row, schema: Schema) -> str:
    name = schema.places.get(_holder(schema))
    return text(row.get(name)) if name else ""


def _by_name(row: Row, schema: Schema) -> tuple[bool, str]:
    """Places without a name come last."""
    name = _place(row, schema)
    return not name, name


def _fitting(line: str, look: Look, *, keep: bool = False) -> str:
    """`line` as the stream can carry it, cut at the width; `keep`: the white space, too."""
    told = encodable(line if keep else plain(line), look.encoding)
    return told if look.width is None else cut(told, look.width, encodable("…", look.encoding))
