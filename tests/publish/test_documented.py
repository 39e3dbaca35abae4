"""The names that the documentation gives for templates are those that there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from eveobs.store.store import Store
from tests.publish import bazaar

pytestmark = pytest.mark.unit
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "templates.md"
OTHERS = {"columns", "bars", "page", "group_name", "category_name"}
"""Macros, functions, and what is there only with static data."""


def names(facts: Any) -> set[str]:
    """All names in `facts`, however deep; the columns of a chart are the macro's own."""
    if isinstance(facts, list):
        return set().union(*map(names, facts[:1]))
    if not isinstance(facts, dict):
        return set()
    return {*facts}.union(*(names(value) for name, value in facts.items() if name != "columns"))


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("How a contract competes", "competition"),
        ("A type in a region", "type"),
        ("A region", "market"),
    ],
)
def test_every_name(store: Store, heading: str, kind: str) -> None:
    mine = bazaar.sale(1, 9.0, issuer_id=bazaar.ME)
    for day in range(2):
        sales = [mine, bazaar.sale(2, 5.0), *([] if day else [bazaar.sale(3, 7.0)])]
        bazaar.see(store, sales, {n: bazaar.copy() for n in (1, 2, 3)}, day=day)
    text = PAGE.read_text(encoding="utf-8")
    part = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    quoted = re.findall(r"`([a-z_.\[\]]+)`", "".join(re.findall(r"^\|.*", part, re.MULTILINE)))
    told = {name for one in quoted for name in one.replace("[]", "").split(".")}
    assert told - OTHERS == names(bazaar.facts(store)[kind]) - OTHERS
