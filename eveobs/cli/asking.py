"""Running `eveobs sql`: rows of whatever was asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eveobs.cli.options import chosen_format
from eveobs.cli.output import write_rows
from eveobs.errors import UsageError
from eveobs.records.schema import Column
from eveobs.store.asking import answered

if TYPE_CHECKING:
    from eveobs.cli.context import Run


def ask_and_tell(run: Run, statement: str, output: Mapping[str, Any]) -> None:
    """Print the answer to `statement`."""
    shape = chosen_format(output)
    if not statement.strip():
        raise UsageError("there is no question", hint='Such as "SELECT count(*) FROM contracts".')
    with answered(run.loaded().store_url(), statement) as (names, rows):
        write_rows(
            (dict(zip(names, map(_plain, row), strict=True)) for row in rows),
            columns=[Column(name, name, flexible=True) for name in names],
            format=shape,
            fields=None,
            stream=sys.stdout,
            width=run.width(),
            colour=run.colour(sys.stdout.isatty()),
            now=run.now(),
            all_fields=names,
        )


def _plain(value: Any) -> Any:
    """A value that has a form in every format."""
    return value.hex() if isinstance(value, bytes) else value
