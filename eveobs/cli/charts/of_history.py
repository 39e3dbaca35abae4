"""The pictures of `eveobs history`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from eveobs.analysis.history import Day, Event
from eveobs.analysis.offer import Kind
from eveobs.cli.charts.chart import Chart, Panel, Series

COUNTS: tuple[tuple[str, Callable[[Day], int]], ...] = (
    ("on offer", lambda day: day.on_offer),
    ("taken or withdrawn", lambda day: day.taken),
    ("expired", lambda day: day.expired),
)
AMOUNTS = (("price", "price"), ("buyout", "buyout"), ("reward", "reward"))
"""What a contract costs or pays for as long as it is there: labels and fields."""


def chart_of_days(title: str, days: Sequence[Day]) -> Chart:
    """The lowest price a day, each kind by itself; how many there were, were taken, and expired."""
    prices = [
        Panel(
            f"{kind}: lowest price {'a run' if kind is Kind.COPY else 'a piece'}, ISK",
            [Series(str(kind), [(_noon(day), day.lowest) for day in days if day.kind is kind])],
        )
        for kind in dict.fromkeys(day.kind for day in days)
    ]
    counts = [Series(label, _summed(days, count)) for label, count in COUNTS]
    return Chart(title, [*prices, Panel("offers", counts, counts=True)])


def _summed(days: Sequence[Day], count: Callable[[Day], int]) -> list[tuple[datetime, float]]:
    """Of all kinds together."""
    found: dict[datetime, float] = {}
    for day in days:
        found[_noon(day)] = found.get(_noon(day), 0) + count(day)
    return [*found.items()]


def _noon(day: Day) -> datetime:
    return datetime.combine(day.day, time(12), UTC)


def chart_of_life(
    title: str, row: Mapping[str, Any], events: Sequence[Event], now: datetime
) -> Chart:
    """What a contract cost from its first day to its last, its bids, and what happened to it."""
    begin, end = row["date_issued"], min(row["gone_at"] or now, row["date_expired"], now)
    end = max(begin, end)
    series = [
        Series(label, [(begin, row[field]), (end, row[field])])
        for label, field in AMOUNTS
        if row.get(field)
    ]
    bids = [(one["date_bid"], one["amount"]) for one in row["bids"]]
    if bids:
        series.append(Series("bids", bids, joined=False))
    marks = [(one.at, one.what) for one in events if one.what != "bid"]
    return Chart(title, [Panel("ISK", series)], marks)
