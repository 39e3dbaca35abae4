"""Orders have ESI's fields, and lose no row to a word that ESI adds."""

from __future__ import annotations

import pytest

from eveobs.records.orders import ORDERS, Order, OrderLine
from tests.records.documented import check_record, check_schema, enumerated

pytestmark = pytest.mark.unit

OPEN = ("/characters/{character_id}/orders", "/corporations/{corporation_id}/orders")
HISTORY = tuple(f"{path}/history" for path in OPEN)


def test_fields_are_the_documented_ones() -> None:
    check_record(OrderLine, *OPEN, *HISTORY)
    assert {*Order.__struct_fields__} - {*OrderLine.__struct_fields__} == {"side"}


def test_every_field_the_schema_names_exists() -> None:
    check_schema(ORDERS)
    assert not ORDERS.ledger


def test_states_are_those_of_history_and_open() -> None:
    rule = next(rule for rule in ORDERS.filters if rule.option == "state")
    assert {*rule.choices} == {"open"} | enumerated(HISTORY[0], "state")
