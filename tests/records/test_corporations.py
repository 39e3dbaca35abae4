"""Corporations and what hangs on them have ESI's fields."""

from __future__ import annotations

import pytest

from eveobs.records.corporations import (
    CORPORATIONS,
    AllianceMembership,
    Corporation,
    CorporationSheet,
    DivisionBalance,
    Logo,
    TaxRates,
    summarise_wallets,
)
from tests.records.documented import check_record, check_schema, resolved, row_of

pytestmark = pytest.mark.unit

SHEET = "/corporations/{corporation_id}"


def test_the_sheet_has_the_documented_fields_but_its_colours() -> None:
    properties = row_of(SHEET)["properties"]
    assert {*CorporationSheet.__struct_fields__} == {*properties} - {"palette"}
    taxes = resolved(properties["tax_rates"])["properties"]
    assert {*TaxRates.__struct_fields__} == {*taxes}


def test_a_row_has_all_of_the_sheet() -> None:
    made = {"corporation_id", "logo", "tax_rate", "loyalty_point_tax_rate"}
    sheet = {*CorporationSheet.__struct_fields__} - {"tax_rates"}
    assert {*Corporation.__struct_fields__} == sheet | made


def test_what_hangs_on_it_has_the_documented_fields() -> None:
    check_record(AllianceMembership, f"{SHEET}/alliancehistory")
    check_record(DivisionBalance, f"{SHEET}/wallets")
    assert {*Logo.__struct_fields__} <= {*row_of(f"{SHEET}/icons")["properties"]}


def test_every_field_the_schema_names_exists() -> None:
    check_schema(CORPORATIONS)


def test_wallets_in_a_few_words() -> None:
    assert summarise_wallets([]) == ""
    assert summarise_wallets([{"balance": 1000.5}, {"balance": 2.0}]) == "1,002.50 ISK"
