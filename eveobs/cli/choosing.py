"""Which records `eveobs publish` makes pages of: kinds, filters, and whose."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eveobs.cli import amounts
from eveobs.cli.listing import check_choices
from eveobs.errors import UsageError
from eveobs.publish.kinds import MARKET, SUMMARY, TYPE, Kind
from eveobs.publish.market import Choice
from eveobs.publish.source import Wanted
from eveobs.records.contracts import CONTRACTS
from eveobs.records.schema import Filter, Match, Schema
from eveobs.records.schema import Kind as ValueKind
from eveobs.store.query import Query

if TYPE_CHECKING:
    from eveobs.cli.publishing import Request
    from eveobs.settings.tree import Publish
    from eveobs.store.store import Store


SUMMING = (MARKET, TYPE)
"""Kinds that are made of the market as a whole."""


def chosen(
    kinds: Mapping[str, Kind], request: Request, settings: Publish, now: datetime
) -> list[Wanted]:
    """What is to be published, by kind. Raises UsageError for words that name nothing."""
    from eveobs.processors.registry import processor

    offered = {name: kind for name, kind in kinds.items() if name != SUMMARY}
    records = request.records or settings.records
    schemas = {name: processor(name).schema for name in records}
    everything = {
        name: processor(name).schema for kind in offered.values() for name in kind.records
    }
    named = [_kind(word, offered) for word in request.kinds] or list(offered.values())
    named = [kind for kind in named if kind.kind not in SUMMING]
    rules = _rules([*settings.where, *request.where], offered)
    used: set[str] = set()
    found = []
    for kind in dict.fromkeys(kind.kind for kind in named):
        mine = [schemas[name] for name in offered[kind].records if name in schemas]
        queries = [
            (schema, _query(kind, schema, rules, used, request.limit, now)) for schema in mine
        ]
        if queries:
            found.append(
                Wanted(offered[kind], queries, [everything[one] for one in offered[kind].records])
            )
        elif request.kinds:
            raise UsageError(
                f"publish.records has none of the records of a {kind}",
                hint=f"--from {offered[kind].records[-1]}",
            )
    _check_used(request.where, used, found)
    return found


def check_wanted(wanted: Iterable[Wanted], store: Store) -> None:
    """Raise UsageError for a value of --where that is neither a known choice nor stored."""
    for one in wanted:
        check_choices(one.queries, store)


def market_choice(kinds: Mapping[str, Kind], request: Request, settings: Publish) -> Choice | None:
    """Which pages sum the market up; None for none. Where single records are chosen, only those
    that are named.
    """
    records = {*(request.records or settings.records)}
    offered = {name: kind for name, kind in kinds.items() if name != SUMMARY}
    named = {_kind(word, offered).kind for word in request.kinds} & {*SUMMING}
    if not request.kinds and request.whole:
        named = {*SUMMING}
    found = {name: kinds[name] for name in SUMMING if name in named}
    found = {name: kind for name, kind in found.items() if records & {*kind.records}}
    if not found:
        if named and request.kinds:
            raise UsageError(
                "publish.records has no contracts to sum up", hint=f"--from {CONTRACTS.name}"
            )
        return None
    return Choice(
        found,
        whole=CONTRACTS.name in records,
        min_offers=settings.min_offers,
        most=settings.max_types,
        limit=request.limit or None,
    )


def _kind(word: str, kinds: Mapping[str, Kind]) -> Kind:
    from difflib import get_close_matches

    plurals = {kind.plural.lower(): name for name, kind in kinds.items()}
    name = plurals.get(word.lower(), word.lower())
    if name not in kinds:
        near = get_close_matches(name, kinds, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(kinds)}."
        raise UsageError(f"there is no kind {word!r}", hint=hint)
    return kinds[name]


Rule = tuple[str, str, str, str]
"""As typed, its kind or "", the option, the value."""


def _rules(words: Iterable[str], kinds: Mapping[str, Kind]) -> list[Rule]:
    rules = []
    for text in words:
        left, found, value = text.partition("=")
        kind, dot, option = left.strip().removeprefix("--").rpartition(".")
        if not found or not option:
            raise UsageError(
                f"--where {text}: that is no OPTION=VALUE", hint="Such as status=outstanding."
            )
        rules.append((text, _kind(kind, kinds).kind if dot else "", option, value.strip()))
    return rules


def _query(
    kind: str, schema: Schema, rules: Sequence[Rule], used: set[str], limit: int, now: datetime
) -> Query:
    filters = {rule.option: rule for rule in schema.filters}
    values: dict[str, Any] = {}
    for text, only, option, value in rules:
        if option in filters and only in ("", kind):
            used.add(text)
            asked = _value(filters[option], value, now)
            if isinstance(asked, list):
                values.setdefault(option, []).extend(asked)
            else:
                values[option] = asked
    return Query(values=values, limit=limit)


def _value(rule: Filter, text: str, now: datetime) -> object:
    if rule.kind is ValueKind.FLAG:
        if text not in {"yes", "no"}:
            raise UsageError(f"{rule.option}={text}: one of yes, no is meant")
        return [text == "yes"]
    if rule.names or rule.choices:  # which `check_choices` compares with what is stored
        return [text]
    if rule.kind is ValueKind.ISK:
        return amounts.isk(text, rule.option)
    if rule.kind is ValueKind.TIME:
        return amounts.moment(text, rule.option, now, back=rule.past)
    if rule.kind is ValueKind.NUMBER and rule.match is not Match.CONTAINS:
        return amounts.number(text, rule.option)
    return text


def _check_used(typed: Iterable[str], used: set[str], found: Sequence[Wanted]) -> None:
    for text in typed:
        if text not in used:
            options = sorted(
                {
                    rule.option
                    for one in found
                    for schema, _ in one.queries
                    for rule in schema.filters
                }
            )
            raise UsageError(
                f"--where {text}: nothing that is published can be chosen by that",
                hint=f"There are: {', '.join(options)}.",
            )


def share(typed: str | None, percent: float) -> float:
    """`--max-prune` as a fraction: "10%" or "10" is 0.1. Raises UsageError for anything else."""
    if typed is not None:
        try:
            percent = float(typed.strip().removesuffix("%"))
        except ValueError:
            percent = math.nan
        if not 0 <= percent <= 100:
            raise UsageError(
                f"--max-prune {typed}: that is no share", hint="A percentage from 0% to 100%."
            )
    return percent / 100
