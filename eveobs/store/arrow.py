"""Portions of columns as Arrow keeps them (needs pyarrow, which some extras bring)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from eveobs.errors import StoreError
from eveobs.store.columns import Field, Holds, Portion

TYPES = {
    Holds.INTEGER: pa.int64(),
    Holds.NUMBER: pa.float64(),
    Holds.FLAG: pa.bool_(),
    Holds.TIME: pa.timestamp("ms", tz="UTC"),
    Holds.TEXT: pa.string(),
}


def arrow_schema(fields: Sequence[Field]) -> pa.Schema:
    """64-bit numbers, doubles, flags, text and moments in UTC."""
    return pa.schema([(one.name, TYPES[one.holds]) for one in fields])


def arrow_batch(columns: Portion, schema: pa.Schema) -> pa.RecordBatch:
    """The same values, in the types of `schema`. Raises StoreError for one that is of another."""
    arrays = [_array(values, field) for values, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _array(values: Sequence[Any], field: pa.Field) -> pa.Array:
    """Moments are text in the store, which Arrow reads itself."""
    try:
        if pa.types.is_timestamp(field.type):
            return pa.array(values, pa.string()).cast(field.type)
        return pa.array(values, field.type)
    except pa.ArrowException as error:
        words = " ".join(str(error).split())
        raise StoreError(
            f"{field.name} has a value that is not of its type: {words}",
            hint="Something else than eveobs wrote into the store; sql and CSV show what.",
        ) from error
