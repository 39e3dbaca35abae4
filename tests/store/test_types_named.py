"""Types by their names: those that are published, else all that are called so."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from eveobs.records.static import StaticType
from eveobs.records.universe import Name
from eveobs.store.store import Store
from tests.store.drafts import START

pytestmark = pytest.mark.unit


def load(store: Store, rows: Sequence[tuple[int, str, bool]]) -> None:
    types = [
        StaticType(type_id=number, group_id=1, name=name, published=published)
        for number, name, published in rows
    ]
    about = {"build": 1, "released": "", "language": "en", "etag": "", "loaded_at": START}
    store.replace_static_data({"types": types}, about)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([(1, "Rifter", True)], [1]),
        ([(1, "Rifter", True), (2, "RIFTER", False)], [1]),
        ([(1, "Rifter", True), (2, "Rifter", True)], [1, 2]),
        ([(1, "Rifter", False), (2, "Rifter", False)], [1, 2]),
        ([(1, "Rifters", True)], None),
    ],
)
def test_who_is_called_so(
    store: Store, rows: list[tuple[int, str, bool]], found: list[int] | None
) -> None:
    load(store, rows)
    told = store.types_named(["riFTer", "Zork"])
    assert {word: sorted(ids) for word, ids in told.items()} == (
        {} if found is None else {"rifter": found}
    )


def test_a_name_that_was_only_met_counts_too(store: Store) -> None:
    store.keep_names([Name(category="inventory_type", id=587, name="Rifter")], (), START)
    store.keep_names([Name(category="region", id=1, name="Domain")], (), START)
    assert store.types_named(["Rifter", "Domain"]) == {"rifter": [587]}
