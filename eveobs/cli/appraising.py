"""Running `eveobs appraise`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from eveobs.analysis.appraisal import Total, Valued, Valuer, total
from eveobs.analysis.book import Basis
from eveobs.analysis.pasting import (
    UNKNOWN,
    Found,
    Pasted,
    Understood,
    Unread,
    names,
    pasted,
    understood,
)
from eveobs.cli.options import chosen_format
from eveobs.cli.output import Format
from eveobs.cli.output.values import relative
from eveobs.cli.places import place_named
from eveobs.errors import EveobsError, ExitCode, NotFoundError, UsageError, nearest
from eveobs.records import static
from eveobs.records.contracts import CONTRACTS
from eveobs.records.own_contracts import OWN_CONTRACTS
from eveobs.records.schema import Column, Kind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.store.store import Store

LARGEST = 4 * 1024 * 1024
"""Bytes of a list; a hangar with a thousand stacks has 100,000."""
NAMED = 20
"""Lines that are not counted are named up to so many on stderr; JSON, NDJSON and CSV name all."""
SUGGESTED = 5
"""Lines for which the nearest name is looked for."""
READINGS = 3
"""Names of a line for which it is."""
SHORTEST = 4
"""Letters of a name for which it is."""
SLIPS = 3
"""Letters by which a name may be longer or shorter than the one that was meant."""

COLUMNS = (
    Column("type_name", "Item", flexible=True),
    Column("quantity", "Quantity", Kind.NUMBER),
    Column("buy", "Buy", Kind.ISK, rank=4),
    Column("sell", "Sell", Kind.ISK, rank=4),
    Column("buy_total", "All, buy", Kind.ISK),
    Column("sell_total", "All, sell", Kind.ISK),
    Column("percentile_total", "5 %", Kind.ISK, rank=3),
    Column("m3_total", "m³", Kind.VOLUME, rank=5),
    Column("remark", "Remark", rank=2, flexible=True),
)
FIELDS = (
    *("type_id", "type_name", "quantity", "copy", "wanted"),
    *("buy", "sell", "split", "percentile"),
    *("buy_total", "sell_total", "split_total", "percentile_total"),
    *("buy_volume", "sell_volume", "average", "m3_total", "remark"),
    *("line", "text", "unread", "no_item"),
)
"""The last four are of lines that are not counted: they come after all others, with nulls for the
rest, and `unread` or `no_item` says why.
"""
SUMS = (
    Column("buy_total", "Buy", Kind.ISK),
    Column("sell_total", "Sell", Kind.ISK),
    Column("split_total", "Split", Kind.ISK, rank=2),
    Column("percentile_total", "5 %", Kind.ISK, rank=3),
    Column("m3_total", "m³", Kind.VOLUME, rank=2),
    Column("unknown", "Unknown", Kind.NUMBER, rank=4),
    Column("unread", "Unread", Kind.NUMBER, rank=4),
)
SUM_FIELDS = (*(column.field for column in SUMS), "no_items", "unread_lines")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    file: Path | None
    contract: int | None
    region: str | None
    station: str | None
    total_only: bool = False


def appraise_and_tell(run: Run, asked: Asked, output: Mapping[str, Any]) -> None:
    """Print what it is worth; end with 7 if some of it could not be read."""
    shape = chosen_format(output)
    if asked.contract is not None and asked.file is not None:
        raise UsageError("--contract and FILE exclude each other")
    text = "" if asked.contract is not None else _text(run, asked.file)
    with run.store() as store:
        things, understood_ = _things(store, asked.contract, text)
        valuer = Valuer(store, place_named(run, store, asked.region, asked.station))
        lines = valuer.valued(things)
        called = store.names_of(line.type_id for line in lines)
        seen = valuer.seen_at()
    sums = total(lines)
    unread = understood_.unread
    # A warning, which --quiet keeps: it is why the run ends with 7.
    _name_lines(run.warnings().warn, unread, "was not read", "were not read")
    _name_lines(run.remark, understood_.no_items, "is no item", "are no items")
    doubtful = "may mean something else"
    _name_lines(run.remark, understood_.doubts, doubtful, doubtful)
    if asked.total_only:
        run.write([_sums(sums, understood_)], SUMS, format=shape, all_fields=SUM_FIELDS)
    else:
        rows = [_row(line, called) for line in lines]
        rows += [] if shape is Format.TABLE else _not_counted(understood_)
        run.write(rows, COLUMNS, format=shape, all_fields=FIELDS)
    _remark(run, sums, lines, seen)
    if unread:
        raise typer.Exit(ExitCode.PARTIAL)


def _text(run: Run, file: Path | None) -> str:
    if file is None and sys.stdin.isatty() and run.may_ask():
        run.remark("paste the list; Ctrl-D ends it")
    try:
        if file is None or str(file) == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with (run.cwd / file.expanduser()).open("rb") as opened:
                data = opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror or error}", hint=_contract_meant(file)
        ) from error
    if len(data) > LARGEST:
        raise UsageError(f"that is more than {LARGEST // 1024**2} MB, and no list")
    return data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")


def _contract_meant(file: Path | None) -> str | None:
    """The option for a contract, where a FILE that cannot be read looks like the id of one."""
    text = str(file)
    return f"For a stored contract: --contract {text}." if text.isdecimal() else None


def _things(
    store: Store, contract: int | None, text: str
) -> tuple[list[tuple[Found, bool]], Understood]:
    """What is to be valued, each with whether it is asked for; and what became of each line."""
    if contract is not None:
        return _of_contract(store, contract), Understood([])
    lines = pasted(text)
    known = store.types_named(names(lines))
    about = store.static_types({number for some in known.values() for number in some})
    unpublished = {number for number, one in about.items() if not one["published"]}
    result = understood(lines, known, unpublished)
    _suggest(store, lines, result)
    if not result.found:
        first = next(iter([*result.unread, *result.no_items]), None)
        if first is None:
            raise UsageError("there is no list", hint="Give a FILE, or pipe one in.")
        raise UsageError(
            f"that is no list of things: line {first.number}: {first.why}",
            hint="Names have to be those of the static data: `eveobs static-data update`.",
        )
    return [(one, False) for one in result.found], result


def _suggest(store: Store, lines: Sequence[Pasted], result: Understood) -> None:
    """Add the nearest name to the first lines whose name is not known."""
    unknown = [place for place, one in enumerate(result.unread) if one.why == UNKNOWN]
    if not unknown:
        return
    by_number = {line.number: line for line in lines}
    types = [one.name for one in store.named(static.NAMED["types"])]
    for place in unknown[:SUGGESTED]:
        one = result.unread[place]
        words = {p[0].name for p in by_number[one.number].readings if len(p) == 1}
        # The shortest is the name without its number.
        for word in sorted(words, key=len)[:READINGS]:
            if near := nearest(word, _like(word, types), most=1):
                why = f"{UNKNOWN}; did you mean {near[0]!r}?"
                result.unread[place] = Unread(one.number, one.text, why)
                break


def _like(word: str, types: Sequence[str]) -> list[str]:
    """Those of `types` that are as long as `word`, nearly, and begin or end as it does: difflib
    takes a second for all 50,000.
    """
    folded = word.casefold()
    if len(folded) < SHORTEST:
        return []
    return [
        name
        for name in types
        if name
        and abs(len(name) - len(folded)) <= SLIPS
        and (name[0].casefold() == folded[0] or name[-1].casefold() == folded[-1])
    ]


def _of_contract(store: Store, number: int) -> list[tuple[Found, bool]]:
    row = store.row(CONTRACTS, number) or store.row(OWN_CONTRACTS, number)
    if row is None or not row["items"]:
        what = "is not stored" if row is None else "has no items that are known"
        hint = "`eveobs fetch contracts` fetches them."
        raise NotFoundError(f"contract {number} {what}", hint=hint)
    return [
        (
            Found(item["type_id"], item["quantity"], bool(item.get("is_blueprint_copy"))),
            not item["is_included"],
        )
        for item in row["items"]
    ]


def _row(line: Valued, called: Mapping[int, str]) -> dict[str, Any]:
    units = {str(basis): line.unit(basis) for basis in Basis}
    totals = {f"{basis}_total": line.total(basis) for basis in Basis}
    return {
        "type_id": line.type_id,
        "type_name": called.get(line.type_id),
        "quantity": line.quantity,
        "copy": line.copy,
        "wanted": line.wanted,
        **units,
        **totals,
        "buy_volume": sum(step.units for step in line.book.buyers),
        "sell_volume": sum(step.units for step in line.book.sellers),
        "average": line.average,
        "m3_total": line.volume,
        "remark": line.remark or None,
    }


def _sums(sums: Total, lines: Understood) -> dict[str, Any]:
    totals = {f"{basis}_total": getattr(sums, basis) for basis in Basis}
    return totals | {
        "m3_total": sums.m3,
        "unknown": sums.unknown,
        "unread": len(lines.unread),
        "no_items": len(lines.no_items),
        "unread_lines": [
            {"line": one.number, "text": one.text, "unread": one.why} for one in lines.unread
        ],
    }


def _not_counted(lines: Understood) -> Iterator[dict[str, Any]]:
    """A row for each line that is not among the values, in the order of the list."""
    whys = [("unread", one) for one in lines.unread] + [("no_item", one) for one in lines.no_items]
    for name, one in sorted(whys, key=lambda why: why[1].number):
        yield {"line": one.number, "text": one.text, name: one.why}


def _name_lines(
    say: Callable[[str], None], lines: Sequence[Unread], what: str, of_many: str
) -> None:
    for one in lines[:NAMED]:
        say(f"line {one.number} {what}: {one.text[:60]!r}: {one.why}")
    if len(lines) > NAMED:
        say(f"{len(lines) - NAMED:,} more lines {of_many}")


def _remark(run: Run, sums: Total, lines: Sequence[Valued], seen: datetime | None) -> None:
    only_copies = all(line.copy for line in lines)
    if seen is None:
        run.remark(
            "no orders of that market are stored, so these are New Eden's averages; "
            "`eveobs fetch market-orders` gets them"
        )
    said = f"buy {sums.buy:,.2f}, sell {sums.sell:,.2f}, split {sums.split:,.2f} ISK"
    more = f"; nothing is known of {sums.unknown:,}" if sums.unknown else ""
    since = f"; orders of {relative(seen, run.now())}" if seen else ""
    room = f"; {sums.m3:,.2f} m³" if sums.m3 else ""
    run.remark(f"{said}{room}{more}{since}")
    if sums.no_m3:
        noun = "line" if sums.no_m3 == 1 else "lines"
        run.remark(
            f"volume of {sums.no_m3:,} {noun} unknown; `eveobs static-data update` gets volumes"
        )
    unsure = sum(line.copy is None for line in lines)
    if unsure:
        run.remark(
            f"{unsure:,} blueprints may be originals or copies: the list does not say; they are "
            "valued as originals, and copies have no market price"
        )
    if not only_copies and all(line.unit(Basis.SPLIT) is None for line in lines):
        raise EveobsError(
            "no price is known of any of it",
            hint="`eveobs fetch market-orders` and `eveobs fetch market-prices` get prices.",
        )
