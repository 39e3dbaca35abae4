"""What a record says its figures are measured in is what ESI's OpenAPI document says."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest

from eveobs.processors.registry import names, processor
from eveobs.records import static
from eveobs.records.characters import Character, Skills
from eveobs.records.contracts import ContractBid, PublicContract
from eveobs.records.corporations import Corporation, CorporationSheet, DivisionBalance, TaxRates
from eveobs.records.industry_jobs import IndustryJob
from eveobs.records.market_history import DayLine
from eveobs.records.market_orders import MarketOrder
from eveobs.records.market_prices import MarketPrice
from eveobs.records.orders import OrderLine
from eveobs.records.own_contracts import OwnContract, OwnContractBid
from eveobs.records.planets import Extractor, PlacedPin
from eveobs.records.schema import Kind, Record
from eveobs.records.units import RANGES, Isk, Percent, Unit, kind_of_unit, units_of
from eveobs.records.wallet_journal import JournalLine
from eveobs.records.wallet_transactions import TransactionLine
from tests.records.facts import row_fields

pytestmark = pytest.mark.unit

UNITS = {
    "percent": Unit.PERCENT,
    "share": Unit.SHARE,
    "isk": Unit.ISK,
    "seconds": Unit.SECONDS,
    "days": Unit.DAYS,
    "volume": Unit.CUBIC_METRES,
    "security": Unit.SECURITY,
}
"""The words of the facts, and what records call them."""

SHAPES: list[tuple[type[Record], str, tuple[str, ...]]] = [
    (Character, "GET /characters/{character_id}", ()),
    (Skills, "GET /characters/{character_id}/skills", ()),
    (CorporationSheet, "GET /corporations/{corporation_id}", ()),
    (TaxRates, "GET /corporations/{corporation_id}", ("tax_rates",)),
    (DivisionBalance, "GET /corporations/{corporation_id}/wallets", ()),
    (PublicContract, "GET /contracts/public/{region_id}", ()),
    (ContractBid, "GET /contracts/public/bids/{contract_id}", ()),
    (OwnContract, "GET /characters/{character_id}/contracts", ()),
    (OwnContract, "GET /corporations/{corporation_id}/contracts", ()),
    (OwnContractBid, "GET /characters/{character_id}/contracts/{contract_id}/bids", ()),
    (IndustryJob, "GET /characters/{character_id}/industry/jobs", ()),
    (IndustryJob, "GET /corporations/{corporation_id}/industry/jobs", ()),
    (DayLine, "GET /markets/{region_id}/history", ()),
    (MarketOrder, "GET /markets/{region_id}/orders", ()),
    (MarketPrice, "GET /markets/prices", ()),
    (OrderLine, "GET /characters/{character_id}/orders", ()),
    (OrderLine, "GET /characters/{character_id}/orders/history", ()),
    (OrderLine, "GET /corporations/{corporation_id}/orders", ()),
    (JournalLine, "GET /characters/{character_id}/wallet/journal", ()),
    (JournalLine, "GET /corporations/{corporation_id}/wallets/{division}/journal", ()),
    (TransactionLine, "GET /characters/{character_id}/wallet/transactions", ()),
    (PlacedPin, "GET /characters/{character_id}/planets/{planet_id}", ("pins",)),
    (
        Extractor,
        "GET /characters/{character_id}/planets/{planet_id}",
        ("pins", "extractor_details"),
    ),
]
"""Records that decode an answer, and where in which answer their fields are."""

NOT_IN_THE_DOCUMENT = {("IndustryJob", "probability")}
"""Shares whose range the document does not state; `records.units` names the source."""


def every_record() -> Iterator[type[Record]]:
    for one in map(processor, names()):
        yield one.schema.record
        yield from (detail.record for detail in one.schema.details)
    yield from (record for record, _ in static.KINDS.values())
    yield from (record for record, _, _ in SHAPES)


@pytest.mark.parametrize(("record", "route", "inside"), SHAPES)
def test_declared_units_are_those_of_the_document(
    record: type[Record], route: str, inside: tuple[str, ...]
) -> None:
    declared = units_of(record)
    documented = row_fields(route, *inside)
    for name in record.__struct_fields__:
        unit = UNITS.get(documented.get(name, {}).get("unit", ""))
        if unit is not None:
            assert declared.get(name) is unit, f"{record.__name__}.{name} is {unit}"
        elif declared.get(name) in {Unit.PERCENT, Unit.SHARE}:
            assert (record.__name__, name) in NOT_IN_THE_DOCUMENT, name


@pytest.mark.parametrize(("record", "route", "inside"), SHAPES)
def test_documented_examples_lie_in_the_range_of_the_declared_unit(
    record: type[Record], route: str, inside: tuple[str, ...]
) -> None:
    """An example of 10 is no share, and one of 5.6 neither."""
    for name, fact in row_fields(route, *inside).items():
        limits = (
            RANGES.get(units_of(record).get(name, Unit.ISK)) if name in units_of(record) else None
        )
        for example in fact.get("examples", ()):
            if limits is not None:
                assert limits[0] <= example <= limits[1], f"{name} cannot be {example}"


def test_a_share_with_the_documented_example_of_a_percentage_is_noticed() -> None:
    """The mistake of the corporation tax, made again: it has to fail."""
    fact = row_fields("GET /corporations/{corporation_id}", "tax_rates")["isk"]
    assert UNITS[fact["unit"]] is not Unit.SHARE
    assert fact["range"] == [0, 100]
    low, high = RANGES[Unit.SHARE]
    assert not all(low <= example <= high for example in fact["examples"])


def test_every_number_with_a_fraction_has_a_unit() -> None:
    for record in every_record():
        hints = get_type_hints(record, include_extras=True)
        for name in record.__struct_fields__:
            if _is_float(hints[name]):
                assert name in units_of(record), f"{record.__name__}.{name} has no unit"


def test_columns_show_the_declared_unit() -> None:
    for one in map(processor, names()):
        schema = one.schema
        shown = [(schema.record, schema.columns)]
        shown += [(detail.record, detail.columns) for detail in schema.details]
        for record, columns in shown:
            units = units_of(record)
            for column in columns:
                if column.field in units:
                    kind = kind_of_unit(units[column.field])
                    assert column.kind is kind, f"{schema.name}.{column.field} is {kind}"
        for rule in schema.filters:
            record = schema.detail(rule.detail).record if rule.detail else schema.record
            if units_of(record).get(rule.field) is Unit.ISK:
                assert rule.kind is Kind.ISK, rule.option


def test_units_are_found_in_any_declaration() -> None:
    class Some(Record, frozen=True, kw_only=True, omit_defaults=True):
        plain: float = 0.0
        price: Isk
        tax: Percent | None = None

    assert units_of(Some) == {"price": Unit.ISK, "tax": Unit.PERCENT}
    assert units_of(Corporation)["tax_rate"] is Unit.PERCENT
    assert kind_of_unit(Unit.SECONDS) is Kind.NUMBER


def _is_float(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _is_float(get_args(hint)[0])
    if isinstance(hint, types.UnionType) or get_origin(hint) is not None:
        return any(map(_is_float, get_args(hint)))
    return hint is float
