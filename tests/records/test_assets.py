"""Assets have ESI's fields, whoever's list they are in."""

from __future__ import annotations

import pytest

from eveobs.records.assets import ASSETS, Asset
from tests.records.documented import check_record, check_schema

pytestmark = pytest.mark.unit


def test_fields_are_the_documented_ones() -> None:
    paths = ("/characters/{character_id}/assets", "/corporations/{corporation_id}/assets")
    check_record(Asset, *paths, made=frozenset({"item_name"}))


def test_every_field_the_schema_names_exists() -> None:
    check_schema(ASSETS)
