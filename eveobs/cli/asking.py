"""Running `eveobs sql`: rows of whatever was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from eveobs.cli.deaf import heard
from eveobs.cli.extras import need
from eveobs.cli.options import chosen_format
from eveobs.errors import PartialError, UsageError
from eveobs.records.schema import Column
from eveobs.store.asking import Answer, answered
from eveobs.store.sql_bounds import MAX_ROWS, TIMEOUT

if TYPE_CHECKING:
    from eveobs.cli.context import Run

AS_THEY_ARE = (str, int, float, datetime)
"""Values that have a form in every format; of others it is made."""


def ask_and_tell(
    run: Run,
    statement: str,
    output: Mapping[str, Any],
    *,
    by_duckdb: bool = False,
    timeout: float = TIMEOUT,
    limit: int = MAX_ROWS,
) -> None:
    """Print the answer to `statement`: of its rows at most `limit`, 0 for all. Raises PartialError
    where there are more.
    """
    shape = chosen_format(output)
    if not statement.strip():
        raise UsageError("there is no question", hint='Such as "SELECT count(*) FROM contracts".')
    ask = _duckdb() if by_duckdb else answered
    with (
        heard() if by_duckdb else nullcontext(),
        ask(run.loaded().sql_url(), statement, timeout) as (names, rows),
    ):
        some = _Some(rows, limit)
        run.write(
            (dict(zip(names, map(_plain, row), strict=True)) for row in some),
            [Column(name, name, flexible=True) for name in names],
            format=shape,
            all_fields=names,
            id_field=next(iter(names), None),
        )
    if some.cut:
        raise PartialError(
            f"the query has more than {limit:,} rows", hint="--limit 0 prints all of them."
        )


class _Some:
    """The first `limit` of `rows`, and whether there are more."""

    def __init__(self, rows: Iterable[Sequence[Any]], limit: int) -> None:
        self._rows = rows
        self._limit = limit
        self.cut = False

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for number, row in enumerate(self._rows):
            if self._limit and number >= self._limit:
                self.cut = True
                return
            yield row


def _duckdb() -> Callable[[str, str, float], AbstractContextManager[Answer]]:
    for library in ("duckdb", "pyarrow"):
        need(library, "duckdb", "--duckdb")
    from eveobs.store.duck import answered_by_duckdb

    return answered_by_duckdb


def _number(value: Decimal) -> int | float:
    """PostgreSQL's numeric: what sum() and count() of whole numbers give is whole."""
    if value.is_finite() and value.as_tuple().exponent == 0 and abs(value) < 1 << 63:
        return int(value)
    return float(value)  # infinite where a double does not reach


def _plain(value: Any) -> Any:
    """A value that has a form in every format."""
    if value is None or isinstance(value, AS_THEY_ARE):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return [*map(_plain, value)] if isinstance(value, list | tuple) else str(value)
