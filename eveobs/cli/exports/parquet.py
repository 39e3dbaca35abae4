"""A Parquet file, by pyarrow (the extra `parquet`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eveobs.store.columns import Field, Holds, Portion

if TYPE_CHECKING:
    import pyarrow as pa

GROUP = 32
"""Portions in a row group; memory is that of one group."""


def write_parquet(part: Path, fields: Sequence[Field], portions: Iterable[Portion]) -> int:
    """Columns of 64-bit numbers, doubles, flags, text and moments in UTC. Returns how many rows."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([(one.name, _type(one.holds)) for one in fields])
    batches = (_batch(some, schema) for some in portions)
    count = 0
    with ParquetWriter(part, schema, compression="zstd") as writer:
        while group := [*islice(batches, GROUP)]:
            table = pa.Table.from_batches(group)
            writer.write_table(table, row_group_size=max(table.num_rows, 1))
            count += table.num_rows
    return count


def _type(holds: Holds) -> pa.DataType:
    import pyarrow as pa

    types = {
        Holds.INTEGER: pa.int64(),
        Holds.NUMBER: pa.float64(),
        Holds.FLAG: pa.bool_(),
        Holds.TIME: pa.timestamp("ms", tz="UTC"),
    }
    return types.get(holds, pa.string())


def _batch(columns: Portion, schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    arrays = [_array(values, kind) for values, kind in zip(columns, schema.types, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Moments are text in the store, which pyarrow reads itself."""
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.string()).cast(kind)
    return pa.array(values, kind)
