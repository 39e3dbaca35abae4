"""Running `eveobs publish check` and `eveobs publish plugin`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from eveobs.cli.options import chosen_format
from eveobs.cli.publishing import find_own_kinds
from eveobs.cli.wordpress import line_to_site
from eveobs.publish.companion import declared_version, plugin_source
from eveobs.publish.targets.wordpress.checking import Checking
from eveobs.records.schema import Column

if TYPE_CHECKING:
    from eveobs.cli.context import Run

COLUMNS: tuple[Column, ...] = (
    Column("check", "Check"),
    Column("status", "Status"),
    Column("found", "Found", flexible=True),
    Column("hint", "Hint", rank=2, flexible=True),
)


def check_and_tell(run: Run, output: Mapping[str, Any]) -> None:
    """Look at the site, and print what was found. Raises what keeps publishing from working."""
    shape = chosen_format(output)
    kinds, _ = find_own_kinds(run)
    settings = run.loaded().settings.wordpress
    with closing(line_to_site(run)) as line:
        checking = Checking(
            line,
            settings.transport,
            tuple(kinds),
            declared_version(kinds),
            settings.pictures == "upload",
        )
        found = checking.run()
    rows = [
        {"check": one.name, "status": one.status.value, "found": one.figure, "hint": one.hint}
        for one in found
    ]
    run.write(rows, COLUMNS, format=shape)
    if checking.failure is not None:
        raise checking.failure


def print_plugin(run: Run) -> None:
    """The plugin for the kinds of the user's templates."""
    kinds, _ = find_own_kinds(run)
    sys.stdout.write(plugin_source(kinds))
