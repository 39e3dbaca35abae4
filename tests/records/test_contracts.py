"""Records have the fields, names and requirements that ESI's document gives them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eveobs.records.contracts import (
    CONTRACTS,
    TYPES,
    ContractBid,
    ContractItem,
    PublicContract,
    summarise_items,
)
from eveobs.records.schema import Filter, Match, Record, builtins
from eveobs.records.universe import Name, ServerStatus

pytestmark = pytest.mark.unit

SPEC = Path(__file__).parents[2].parent / "shared" / "reference" / "esi-openapi-2026-08-18.json"
ROUTES: list[tuple[type[Record], str, str]] = [
    (PublicContract, "/contracts/public/{region_id}", "get"),
    (ContractItem, "/contracts/public/items/{contract_id}", "get"),
    (ContractBid, "/contracts/public/bids/{contract_id}", "get"),
    (Name, "/universe/names", "post"),
    (ServerStatus, "/status", "get"),
]


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip("no OpenAPI document beside the repository")
    found: dict[str, Any] = json.loads(SPEC.read_text())
    return found


def resolved(spec: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


@pytest.mark.parametrize(("record", "path", "method"), ROUTES)
def test_fields_are_the_documented_ones(
    spec: dict[str, Any], record: type[Record], path: str, method: str
) -> None:
    content = spec["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    shape = resolved(spec, content["schema"])
    row = resolved(spec, shape["items"]) if shape["type"] == "array" else shape
    fields = {field.name: field for field in msgspec.structs.fields(record)}
    assert set(fields) == set(row["properties"])
    required = {name for name, field in fields.items() if field.required}
    documented = set(row.get("required", ()))
    assert required <= documented, "what may be left out must not be missed"
    assert documented - required <= {"vip"}, "which ESI has left out before"


def test_the_kinds_of_contract_are_the_documented_ones(spec: dict[str, Any]) -> None:
    content = spec["paths"][ROUTES[0][1]]["get"]["responses"]["200"]["content"]
    row = resolved(spec, resolved(spec, content["application/json"]["schema"])["items"])
    kinds = resolved(spec, row["properties"]["type"])["enum"]
    assert set(kinds) == set(TYPES)
    rule = next(rule for rule in CONTRACTS.filters if rule.option == "type")
    assert set(rule.choices) == set(kinds)


def test_every_field_a_schema_names_exists() -> None:
    stored = {*CONTRACTS.record.__struct_fields__, CONTRACTS.subject_field}
    assert {CONTRACTS.key, CONTRACTS.expires} <= stored
    assert set(CONTRACTS.names) <= stored
    assert CONTRACTS.sort.removeprefix("-") in stored
    shown = stored | set(CONTRACTS.names.values())
    shown |= {f"{detail.name}_summary" for detail in CONTRACTS.details if detail.summary}
    assert {column.field for column in CONTRACTS.columns} <= shown
    for detail in CONTRACTS.details:
        fields = set(detail.record.__struct_fields__)
        assert {detail.key, *detail.names} <= fields
        assert {column.field for column in detail.columns} <= fields | set(detail.names.values())
        assert CONTRACTS.detail(detail.name) is detail
    with pytest.raises(KeyError):
        CONTRACTS.detail("nothing")


@pytest.mark.parametrize("rule", CONTRACTS.filters, ids=lambda rule: rule.option)
def test_every_filter_is_of_a_field_that_exists(rule: Filter) -> None:
    record = CONTRACTS.detail(rule.detail).record if rule.detail else CONTRACTS.record
    assert rule.field in {*record.__struct_fields__, CONTRACTS.subject_field}
    assert rule.help.endswith(".")
    assert rule.match in Match


def test_every_field_of_a_row_by_esis_name() -> None:
    row = PublicContract(
        contract_id=1,
        type="loan",
        issuer_id=2,
        issuer_corporation_id=3,
        date_issued=datetime(2026, 1, 1, tzinfo=UTC),
        date_expired=datetime(2026, 1, 2, tzinfo=UTC),
    )
    found = builtins(row)
    assert list(found) == list(PublicContract.__struct_fields__)
    assert (found["contract_id"], found["price"], found["for_corporation"]) == (1, None, None)
    assert msgspec.to_builtins(row).keys() == {name for name in found if found[name] is not None}


def stack(**fields: Any) -> dict[str, Any]:
    return {"is_included": True, "quantity": 1, "type_id": 34, "type_name": "Tritanium"} | fields


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], ""),
        ([stack()], "Tritanium"),
        ([stack(quantity=1500)], "1,500 × Tritanium"),
        ([stack(type_name=None)], "type 34"),
        ([stack(), stack(), stack()], "Tritanium + 2 more"),
        ([stack(is_included=False, quantity=2)], "wants 2 × Tritanium"),
        ([stack(is_included=False), stack(is_included=False)], "wants Tritanium + 1 more"),
        ([stack(is_included=False), stack(type_name="Rifter")], "Rifter"),
    ],
)
def test_what_a_contract_offers_in_a_few_words(items: list[dict[str, Any]], words: str) -> None:
    assert summarise_items(items) == words
