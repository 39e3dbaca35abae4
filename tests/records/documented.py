"""What ESI's OpenAPI document says of the rows of a route, and whether a record agrees."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eveobs.records.schema import Match, Record, Schema

SPEC = Path(__file__).parents[2].parent / "shared" / "reference" / "esi-openapi-2026-08-18.json"


@cache
def document() -> dict[str, Any]:
    """The document; a test is skipped where it is not beside the repository."""
    if not SPEC.exists():
        pytest.skip("no OpenAPI document beside the repository")
    found: dict[str, Any] = json.loads(SPEC.read_text())
    return found


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """`node` or what it refers to."""
    while "$ref" in node:
        target: Any = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def row_of(path: str) -> dict[str, Any]:
    """The schema of a row of `GET path`."""
    answer = document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    shape = resolved(answer["schema"])
    return resolved(shape["items"]) if shape["type"] == "array" else shape


def enumerated(path: str, field: str) -> set[str]:
    """The values that are documented for `field`."""
    return {*resolved(row_of(path)["properties"][field])["enum"]}


def check_record(record: type[Record], *paths: str, made: frozenset[str] = frozenset()) -> None:
    """The fields of `record` are those of all `paths` together and those that are `made`; it
    requires none that one of them may leave out, and decodes a row of each.
    """
    fields = {field.name: field for field in msgspec.structs.fields(record)}
    rows = [row_of(path) for path in paths]
    assert {*fields} - made == {name for row in rows for name in row["properties"]}
    required = {name for name, field in fields.items() if field.required}
    for row in rows:
        assert required <= {*row["required"]}
        documented = {name: _example(row["properties"][name]) for name in row["properties"]}
        msgspec.convert(documented, record)


def check_schema(schema: Schema) -> None:
    """Every field that `schema` names exists."""
    stored = {*schema.record.__struct_fields__, schema.subject_field}
    assert {schema.key, *filter(None, (schema.expires, schema.tree))} <= stored
    assert {*schema.names, *schema.places} <= stored
    assert schema.sort.removeprefix("-") in stored | {*schema.names.values()}
    stored |= {name for one in schema.borrows for name in one.fields}
    shown = stored | {*schema.names.values(), *schema.places.values()}
    shown |= {f"{detail.name}_summary" for detail in schema.details if detail.summary}
    assert {column.field for column in schema.columns} <= shown
    for detail in schema.details:
        fields = {*detail.record.__struct_fields__}
        assert {detail.key, *detail.names} <= fields
        fields |= {*detail.names.values(), *(name for b in detail.borrows for name in b.fields)}
        assert {column.field for column in detail.columns} <= fields
    for rule in schema.filters:
        record = schema.detail(rule.detail).record if rule.detail else schema.record
        assert rule.field in {*record.__struct_fields__, schema.subject_field}, rule.option
        assert rule.help.endswith("."), rule.option
        assert rule.match in Match


EXAMPLES: dict[str, Any] = {
    "integer": 2**40,
    "number": 0.5,
    "boolean": True,
    "string": "a word to come",
    "date-time": "2026-09-23T08:11:31Z",
}


def _example(node: dict[str, Any]) -> Any:
    shape = resolved(node)
    return EXAMPLES.get(shape.get("format", ""), EXAMPLES[shape["type"]])
