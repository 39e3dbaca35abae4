"""Running `eveobs list`: from options to a query, from rows to the screen."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from eveobs.cli import amounts
from eveobs.cli.options import chosen_fields, chosen_format, filter_parameter
from eveobs.cli.output import Format
from eveobs.errors import UsageError, did_you_mean, nearest
from eveobs.records.schema import Filter, Kind, Match, Schema
from eveobs.store.query import Query, fields_of

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.store.store import Store

FRAME = 5
"""Lines of a screen that are not rows: the header, the remark, the prompt."""


def list_and_tell(schema: Schema, run: Run, values: Mapping[str, Any]) -> None:
    """Print the rows that `eveobs list` was asked for."""
    shape = chosen_format(values)
    fields = chosen_fields(values)
    tree = bool(values.get("tree")) and shape is Format.TABLE
    query = _query(schema, values, run.now(), 0 if tree else screenful(values["limit"], shape))
    summaries = [f"{detail.name}_summary" for detail in schema.details if detail.summary]
    wanted = _wants_summaries(shape) if fields is None else bool({*fields} & {*summaries})
    with run.store() as store:
        query = _resolved(schema, query, store)
        if shape is Format.COUNT and not query.limit:
            sys.stdout.write(f"{store.count(schema, query)}\n")
            return
        if tree:
            _draw(schema, query, values["limit"], run, store)
            return
        rows = store.rows(schema, query, summaries=wanted)
        first = next(rows, None)
        written = run.write(
            chain([] if first is None else [first], rows),
            schema.columns_for(query.values),
            format=shape,
            fields=fields,
            all_fields=(*fields_of(schema), *summaries),
            id_field=schema.key,
        )
        if shape is Format.TABLE:
            _remark_on_rest(schema, query, written, run, store)


def _wants_summaries(shape: Format) -> bool:
    """A summary costs the reading of the details: it is made where it is printed."""
    return shape not in {Format.COUNT, Format.IDS}


def _draw(schema: Schema, query: Query, limit: int | None, run: Run, store: Store) -> None:
    """Print the tree of what was asked for. What that lies in is drawn whether asked for or not."""
    from eveobs.cli.output.table import Look
    from eveobs.cli.tree import tree_lines

    owners = {rule.option for rule in schema.filters if rule.field == schema.subject_field}
    whose = {name: value for name, value in query.values.items() if name in owners}
    everything = list(store.rows(schema, replace(query, values=whose)))
    wanted = None
    if limit or whose != query.values:
        asked = store.rows(schema, replace(query, limit=limit or 0))
        wanted = [row[schema.key] for row in asked]
    colour = run.colour(sys.stdout.isatty())
    look = Look(run.now(), run.width(), colour, sys.stdout.encoding)
    sys.stdout.writelines(f"{line}\n" for line in tree_lines(everything, schema, look, wanted))
    if not everything or wanted == []:
        run.remark(_nothing(schema, query))


def screenful(limit: int | None, shape: Format) -> int:
    """How many rows to print: `limit`, or what fits on a terminal, or all of them (0)."""
    if limit is not None:
        return limit
    if shape is Format.TABLE and sys.stdout.isatty():
        return max(shutil.get_terminal_size().lines - FRAME, 5)
    return 0


def _query(schema: Schema, values: Mapping[str, Any], now: datetime, limit: int) -> Query:
    if values["gone"] and values["all_"]:
        raise UsageError("--gone and --all exclude each other")
    asked = {
        rule.option: _value(rule, values[filter_parameter(rule)], now) for rule in schema.filters
    }
    sort = tuple(name.strip() for name in (values["sort"] or "").split(",") if name.strip())
    return Query(
        values={option: value for option, value in asked.items() if value is not None},
        sort=sort,
        limit=limit,
        gone_only=values["gone"],
        gone_too=values["all_"],
    )


def _value(rule: Filter, given: Any, now: datetime) -> object:
    if given is None or given == []:
        return None
    if isinstance(given, list):
        return given
    if rule.kind is Kind.TIME:
        return amounts.moment(given, rule.option, now, back=rule.past)
    return _amount(rule, given)


def _amount(rule: Filter, given: Any) -> object:
    if rule.kind is Kind.FLAG:
        return [given]
    if rule.kind is Kind.ISK:
        return amounts.isk(given, rule.option)
    return amounts.number(given, rule.option) if rule.kind is Kind.NUMBER else given


def _resolved(schema: Schema, query: Query, store: Store) -> Query:
    """`query` with the whole names of what was named in part, such as a region. A name that was
    never met is a slip of the pen rather than a question without answer: raises UsageError.
    """
    check_choices([(schema, query)], store)
    values = dict(query.values)
    for rule in schema.filters:
        asked = values.get(rule.option)
        if rule.names and rule.match is Match.EQUALS and isinstance(asked, list):
            known = [name.name for name in store.named(rule.option)]
            values[rule.option] = [
                name for word in asked for name in _in_full(rule.option, word, known, store)
            ]
    return replace(query, values=values)


def check_choices(queries: Sequence[tuple[Schema, Query]], store: Store) -> None:
    """Raise UsageError for a value that is neither one of a filter's choices nor stored.

    ESI adds values to its enumerations without a new compatibility date, and rows with such a value
    are stored as they are: they can be selected, too. Of several `queries`, rows of one suffice.
    """
    lacking: dict[str, Filter] = {}
    known: set[str] = set()
    for schema, query in queries:
        for rule in schema.filters:
            values = query.values.get(rule.option)
            for value in values if rule.choices and isinstance(values, list) else ():
                found = value in rule.choices or _is_stored(schema, rule, value, store)
                known |= {value} if found else set()
                lacking |= {} if found else {value: rule}
    for value in lacking.keys() - known:
        rule = lacking[value]
        raise UsageError(
            f"invalid {rule.option} {value!r}: expected {', '.join(rule.choices)}",
            hint=did_you_mean(nearest(value, rule.choices)),
        )


def _is_stored(schema: Schema, rule: Filter, value: str, store: Store) -> bool:
    if rule.names:  # numbers of a wallet, of which there are no others
        return False
    return bool(store.count(schema, Query(values={rule.option: [value]}, gone_too=True)))


def _in_full(option: str, word: str, known: list[str], store: Store) -> list[str]:
    """The names that `word` stands for: an id or a whole name for itself, else those it is in."""
    text = word.strip().lower()
    if text.isdecimal() or text in {name.lower() for name in known}:
        return [word]
    if found := [name for name in known if text and text in name.lower()]:
        return found
    place = store.find_place(word) if option == "region" else None
    hint = f"{place}." if place else did_you_mean(nearest(word, known))
    raise UsageError(
        f"nothing is stored of a {option} {word!r}",
        hint=hint or f"Fetch it first, with --{option} {word!r}.",
    )


def _remark_on_rest(schema: Schema, query: Query, written: int, run: Run, store: Store) -> None:
    total = store.count(schema, query) if query.limit and written == query.limit else written
    if not total:
        run.remark(_nothing(schema, query))
    elif total > written:
        run.remark(f"{written:,} of {total:,} {schema.name}; --limit 0 shows all")


def _nothing(schema: Schema, query: Query) -> str:
    if query.values or query.gone_only:
        return f"no {schema.name} match"
    return f"no {schema.name} are stored yet; `eveobs fetch {schema.name}` gets them"
