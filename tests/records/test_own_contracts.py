"""Own contracts have ESI's fields, and lose no row to a word that ESI adds."""

from __future__ import annotations

import pytest

from eveobs.records.blueprints import Blueprint
from eveobs.records.contracts import ContractItem
from eveobs.records.own_contracts import (
    OWN_CONTRACTS,
    OwnContract,
    OwnContractBid,
    OwnContractItem,
)
from tests.records.documented import check_record, check_schema, enumerated

pytestmark = pytest.mark.unit

LISTS = ("/characters/{character_id}/contracts", "/corporations/{corporation_id}/contracts")


def test_fields_are_the_documented_ones() -> None:
    check_record(OwnContract, *LISTS)
    items, bids = (
        tuple(f"{path}/{{contract_id}}/{name}" for path in LISTS) for name in ("items", "bids")
    )
    check_record(OwnContractItem, *items, made=frozenset({"is_blueprint_copy"}))
    check_record(OwnContractBid, *bids)


def test_every_field_the_schema_names_exists() -> None:
    check_schema(OWN_CONTRACTS)


@pytest.mark.parametrize("option", ["status", "availability", "type"])
def test_choices_are_the_documented_ones(option: str) -> None:
    rule = next(rule for rule in OWN_CONTRACTS.filters if rule.option == option)
    assert {*rule.choices} == enumerated(LISTS[0], rule.field) == enumerated(LISTS[1], rule.field)


def test_what_items_lack_is_borrowed_from_the_public_ones_and_then_from_the_library() -> None:
    public, library = OWN_CONTRACTS.detail("items").borrows
    assert (public.table, public.mine) == ("contract_items", "record_id")
    assert {public.theirs, *public.fields.values()} <= {*ContractItem.__struct_fields__}
    assert (library.table, library.mine) == ("blueprints", "item_id")
    assert library.mine in public.fields, "the id that the library knows comes from there"
    assert {*library.fields} <= {*public.fields}
    assert {library.theirs, *library.fields.values()} <= {*Blueprint.__struct_fields__}
