"""Places that have a name to ask for; an owner's containers are not taken for structures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from eveobs.observation.places import of_the_universe, places, structures
from eveobs.records.assets import ASSETS, Asset
from eveobs.records.blueprints import BLUEPRINTS
from eveobs.records.schema import SubjectKind
from eveobs.store.applying import Draft
from eveobs.store.store import Store

pytestmark = pytest.mark.integration
NOW = datetime(2026, 9, 23, tzinfo=UTC)
OWNER, OTHER = 2112000001, 2112000002
JITA, SYSTEM, OLD_ITEM = 60003760, 30000142, 700_000_123
FORT, CAN, CITADEL = 1_030_000_000_001, 1_040_000_000_001, 1_050_000_000_001


def asset(number: int, location: int, location_type: str = "item") -> Asset:
    return Asset(
        item_id=number,
        type_id=34,
        location_id=location,
        location_type=location_type,
        location_flag="Hangar",
        quantity=1,
        is_singleton=True,
    )


ROWS = [
    asset(1, JITA, "station"),
    asset(CAN, FORT, "other"),
    asset(2, CAN),
    asset(CITADEL, SYSTEM, "solar_system"),
    asset(3, CITADEL),
    asset(4, OLD_ITEM),
]


def test_systems_and_stations_are_of_the_universe_and_items_are_not() -> None:
    ids = places(ROWS, ASSETS)
    assert ids == {JITA, FORT, CAN, SYSTEM, CITADEL, OLD_ITEM}
    assert of_the_universe(ids) == {JITA, SYSTEM}
    assert places([], ASSETS) == set()


def test_what_lies_in_something_is_no_structure(store: Store) -> None:
    ids = places(ROWS, ASSETS)
    assert structures(ids, ROWS, ASSETS, OWNER, store) == {FORT, CITADEL}


def test_other_lists_know_the_containers_of_their_owner_from_its_assets(store: Store) -> None:
    ids = {FORT, CAN, CITADEL, JITA}
    assert structures(ids, [], BLUEPRINTS, OWNER, store) == {FORT, CAN, CITADEL}
    draft: dict[str, Any] = {"schema": ASSETS, "subject_kind": SubjectKind.CHARACTER}
    times: dict[str, Any] = {"moment": NOW, "started_at": NOW, "finished_at": NOW}
    rest: dict[str, Any] = {"details": (), "answers": (), "costs": {}, "pages": 1, "error": None}
    rest |= {"expires": NOW, "fresh_until": NOW, "whole": True}
    store.apply(Draft(**draft, **times, **rest, subject_id=OWNER, rows=ROWS))
    assert structures(ids, [], BLUEPRINTS, OWNER, store) == {FORT, CITADEL}
    assert structures(ids, [], BLUEPRINTS, OTHER, store) == {FORT, CAN, CITADEL}
