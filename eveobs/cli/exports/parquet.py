"""A Parquet file, by pyarrow (the extra `parquet`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import BinaryIO

from eveobs.store.columns import Field, Portion

GROUP = 32
"""Portions in a row group; memory is that of one group."""


def write_parquet(out: BinaryIO, fields: Sequence[Field], portions: Iterable[Portion]) -> int:
    """Columns of 64-bit numbers, doubles, flags, text and moments in UTC. Returns how many rows."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    from eveobs.store.arrow import arrow_batch, arrow_schema

    schema = arrow_schema(fields)
    batches = (arrow_batch(some, schema) for some in portions)
    count = 0
    with ParquetWriter(out, schema, compression="zstd") as writer:
        while group := [*islice(batches, GROUP)]:
            table = pa.Table.from_batches(group)
            writer.write_table(table, row_group_size=max(table.num_rows, 1))
            count += table.num_rows
    return count
