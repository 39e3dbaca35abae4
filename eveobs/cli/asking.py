"""Running `eveobs sql`: rows of whatever was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from eveobs.cli.deaf import heard
from eveobs.cli.extras import need
from eveobs.cli.options import chosen_format
from eveobs.errors import UsageError
from eveobs.records.schema import Column
from eveobs.store.asking import Answer, answered

if TYPE_CHECKING:
    from eveobs.cli.context import Run

AS_THEY_ARE = (str, int, float, datetime)
"""Values that have a form in every format; of others it is made."""


def ask_and_tell(
    run: Run, statement: str, output: Mapping[str, Any], *, by_duckdb: bool = False
) -> None:
    """Print the answer to `statement`."""
    shape = chosen_format(output)
    if not statement.strip():
        raise UsageError("there is no question", hint='Such as "SELECT count(*) FROM contracts".')
    ask = _duckdb() if by_duckdb else answered
    with (
        heard() if by_duckdb else nullcontext(),
        ask(run.loaded().store_url(), statement) as (names, rows),
    ):
        run.write(
            (dict(zip(names, map(_plain, row), strict=True)) for row in rows),
            [Column(name, name, flexible=True) for name in names],
            format=shape,
            all_fields=names,
        )


def _duckdb() -> Callable[[str, str], AbstractContextManager[Answer]]:
    for library in ("duckdb", "pyarrow"):
        need(library, "duckdb", "--duckdb")
    from eveobs.store.duck import answered_by_duckdb

    return answered_by_duckdb


def _plain(value: Any) -> Any:
    """A value that has a form in every format."""
    if value is None or isinstance(value, AS_THEY_ARE):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return [*map(_plain, value)] if isinstance(value, list | tuple) else str(value)
