"""Totals of a kind, for the page that sums it up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from heapq import nlargest
from typing import Any

from eveobs.publish.kinds import Kind

MOST_BARS = 12
NEWEST = 10


class Totals:
    """What all documents of one kind come to. Memory does not grow with their number."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._count = 0
        self._price = 0.0
        self._priced = 0
        self._terms: dict[str, Counter[str]] = {name: Counter() for name in kind.terms}
        self._days: Counter[str] = Counter()
        self._newest: list[tuple[str, str, str]] = []

    def add(
        self,
        external_id: str,
        title: str,
        date: datetime,
        terms: Mapping[str, tuple[str, ...]],
        meta: Mapping[str, str],
    ) -> None:
        """One more document; `date` is in UTC."""
        self._count += 1
        if meta.get("price"):
            self._price += float(meta["price"])
            self._priced += 1
        for name, values in terms.items():
            self._terms[name].update(values)
        self._days[f"{date:%Y-%m-%d}"] += 1
        newest = (f"{date:%Y%m%d%H%M%S}", external_id, title)
        self._newest = nlargest(NEWEST, [*self._newest, newest])

    def facts(self) -> dict[str, Any]:
        """What the template of summaries is given."""
        charts = {
            name: bars(counter.most_common(MOST_BARS))
            for name, counter in self._terms.items()
            if counter
        }
        days = sorted(self._days.items())[-MOST_BARS:]
        return {
            "of": self.kind.kind,
            "plural": self.kind.plural,
            "singular": self.kind.singular,
            "count": self._count,
            "price": self._price if self._priced else None,
            "mean_price": self._price / self._priced if self._priced else None,
            "charts": charts,
            "days": bars(days) if len(days) > 1 else [],
            "pages": [[self.kind.kind, external_id] for _, external_id, _ in self._newest],
            "newest": [
                {"id": external_id, "title": title} for _, external_id, title in self._newest
            ],
        }


def bars(counted: list[tuple[str, int]]) -> list[dict[str, Any]]:
    """Names with their numbers, and each number as a percentage of the largest."""
    most = max((number for _, number in counted), default=1)
    return [
        {"name": name, "count": number, "percent": max(1, round(100 * number / most))}
        for name, number in counted
    ]
