"""Blueprints have ESI's fields, whoever's list they are in."""

from __future__ import annotations

import pytest

from eveobs.records.blueprints import BLUEPRINTS, Blueprint
from tests.records.documented import check_record, check_schema

pytestmark = pytest.mark.unit

PATHS = (
    "/characters/{character_id}/blueprints",
    "/corporations/{corporation_id}/blueprints",
)


def test_fields_are_the_documented_ones() -> None:
    check_record(Blueprint, *PATHS, made=frozenset({"is_copy"}))


def test_every_field_the_schema_names_exists() -> None:
    check_schema(BLUEPRINTS)
