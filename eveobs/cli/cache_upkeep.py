"""`eveobs cache prune`, `clear` and `verify`: what is dropped, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import typer

from eveobs.cli.caching import (
    MEBIBYTE,
    Wanted,
    amount,
    entries,
    folder_of,
    opened,
    rows_of,
)
from eveobs.cli.options import Output, chosen_format
from eveobs.errors import ExitCode
from eveobs.records.schema import Column

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.cache_folder import Findings

LEFT_OVER = (
    "sso.json",
    "static-data-*.zip",
    "static-data-*.part*",
    ".eveobs-????????????????.part",
)
"""What else eveobs keeps beside the cache, or leaves there when it is killed."""


def prune_and_tell(run: Run, older: str | None, *, dry_run: bool) -> None:
    """Forget what is of no more use, and say how much that was."""
    from eveobs.cli.amounts import moment
    from eveobs.esi.cache_pruning import useless

    now = run.now()
    unused = None if older is None else moment(older, "older-than", now, back=True).timestamp()
    most = run.loaded().settings.cache.size_mb * MEBIBYTE
    with opened(run) as cache:
        found = useless(cache.entries(), now=now.timestamp(), unused=unused, most=most)
        if not dry_run:
            cache.forget(kept.row for kept in found)
    freed = sum(kept.bytes for kept in found)
    verb = "would be forgotten" if dry_run else "forgotten"
    run.remark(f"{entries(len(found))} {verb}, {amount(freed)}")


def clear_and_tell(run: Run, some: Wanted | None, *, everything: bool) -> None:
    """Forget `some` entries, or all and what was counted."""
    folder = folder_of(run)
    noted: AbstractContextManager[dict[str, str | int]] = nullcontext({})
    if folder.exists():
        noted = run.audit().watch("cache.clear", str(folder))
    with noted as facts, opened(run) as cache:
        if some is None:
            number = cache.clear()
        else:
            rows = [kept.row for kept, row in rows_of(cache, run) if some.has(row)]
            number = cache.forget(rows)
        facts["entries"] = number
    if everything:
        for pattern in LEFT_OVER:
            for file in folder_of(run).parent.glob(pattern):
                file.unlink(missing_ok=True)
    run.remark(f"{entries(number)} forgotten")


def verify_and_tell(run: Run, output: Output, *, repair: bool) -> None:
    """Read everything, list what is damaged, and drop it where that is asked for."""
    shape = chosen_format(output)
    with opened(run) as cache:
        found = cache.check()
        if repair and found:
            cache.repair(found)
    columns = (Column("what", "What", flexible=True), Column("damage", "Damage", flexible=True))
    run.write(list(_damages(found)), columns, format=shape)
    read = f"{entries(found.entries)} read, {amount(found.bytes)}"
    if not found:
        run.remark(f"{read}; all is well")
    elif repair:
        run.remark(f"{read}; what was damaged is dropped")
    else:
        run.remark(f"{read}; `eveobs cache verify --repair` drops what is damaged")
        raise typer.Exit(ExitCode.FAILED)


def _damages(found: Findings) -> Iterator[dict[str, str]]:
    if found.structure:
        yield {"what": "the database of the entries", "damage": found.structure}
    if found.statistics:
        yield {"what": "the statistics", "damage": found.statistics}
    for kept in found.damaged:
        yield {"what": kept.view.url, "damage": kept.damage}
    for file in found.strays:
        yield {"what": str(file), "damage": "a file that belongs to no entry"}
