"""`eveobs cache ls` and `show`: what is kept, of everything or of one address."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eveobs.cli.caching import FIELDS, LISTED, Wanted, opened, rows_of
from eveobs.cli.output import Format
from eveobs.errors import NotFoundError, StoreError, UsageError
from eveobs.records.schema import Column

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.cache_folder import Kept

FRAME = 5
"""Lines of a screen that are not rows: the header, the remark, the prompt."""


def list_and_tell(
    run: Run,
    wanted: Wanted,
    *,
    sort: str,
    limit: int | None,
    shape: Format,
    fields: Sequence[str] | None,
) -> None:
    """Print the entries that `eveobs cache ls` was asked for."""
    field = sort.removeprefix("-")
    if field not in FIELDS:
        raise UsageError(
            f"there is no field {field!r}", hint=f"the fields are: {', '.join(FIELDS)}"
        )
    with opened(run) as cache:
        rows = [row for _, row in rows_of(cache, run) if wanted.has(row)]
    rows.sort(key=lambda row: str(row["url"]))
    rows.sort(key=lambda row: _order(row[field]), reverse=sort.startswith("-"))
    most = _limit(limit, shape)
    run.write(rows[:most] if most else rows, LISTED, format=shape, fields=fields, all_fields=FIELDS)
    if shape is Format.TABLE and not rows:
        run.remark("nothing of that is kept" if wanted != Wanted() else "nothing is kept yet")
    elif most and len(rows) > most:
        run.remark(f"{most:,} of {len(rows):,} entries; --limit 0 shows all")


def _order(value: Any) -> tuple[bool, Any]:
    """What there is comes after what there is not; a field has values of one kind."""
    return value is not None, value if value is not None else 0


def _limit(limit: int | None, shape: Format) -> int:
    if limit is not None:
        return limit
    if shape is Format.TABLE and sys.stdout.isatty():
        return max(shutil.get_terminal_size().lines - FRAME, 5)
    return 0


def show_and_tell(
    run: Run, url: str, *, body: bool, shape: Format, fields: Sequence[str] | None
) -> None:
    """Print all that is kept of `url`: a card each, or rows in another form.

    Raises NotFoundError where that is nothing.
    """
    with opened(run) as cache:
        found, others = [], []
        for kept, row in rows_of(cache, run):
            others.append(row["path"])
            if url in (row["url"], row["path"], row["path"].removeprefix("/")):
                found.append((kept, row))
    if not found:
        raise NotFoundError(f"nothing is kept of {url}", hint=_near(url, others))
    if body:
        _print_bodies(run, url, [kept for kept, _ in found])
    elif shape is not Format.TABLE or fields is not None:
        rows = [row for _, row in found]
        run.write(rows, LISTED, format=shape, fields=fields, all_fields=FIELDS)
    else:
        _print_cards(run, [row for _, row in found])


def _near(url: str, others: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(url, others, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else "`eveobs cache ls` shows what is kept."


def _print_bodies(run: Run, url: str, found: Sequence[Kept]) -> None:
    """Each as JSON that is safe to print, on a line of its own."""
    import msgspec

    from eveobs.cli.output.machine import json_text
    from eveobs.esi.decompress import DecompressError

    for kept in found:
        if kept.entry is None:
            raise _damaged(url, kept.damage)
        try:
            value = msgspec.json.decode(kept.entry.text())
        except (DecompressError, msgspec.DecodeError, RecursionError) as error:
            raise _damaged(url, str(error)) from error
        escape = (sys.stdout.encoding or "utf-8").lower() != "utf-8"
        sys.stdout.write(json_text(value, escape_all=escape) + "\n")
    if len(found) > 1:
        run.remark(f"{len(found)} answers: for several characters, or in several languages")


def _print_cards(run: Run, rows: Sequence[Mapping[str, Any]]) -> None:

    for number, row in enumerate(rows):
        sys.stdout.write("\n" if number else "")
        run.write_one(
            row,
            (Column("url", "Address"), *LISTED[1:]),
            {},
            fields=tuple(name for name in ("url", *FIELDS) if name != "path"),
            all_fields=FIELDS,
        )


def _damaged(url: str, why: str) -> StoreError:
    return StoreError(
        f"what is kept of {url} is damaged: {why}",
        hint="`eveobs cache verify --repair` drops it; it is asked anew.",
    )
