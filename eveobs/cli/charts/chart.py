"""What a picture shows, whatever it is drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

Point = tuple[datetime, float]


class Series(NamedTuple):
    """Points that belong together; `joined` by a line, or each for itself."""

    label: str
    points: Sequence[Point]
    joined: bool = True


class Panel(NamedTuple):
    """Axes with a title: what is measured, and in what. `counts` begin at 0, prices need not."""

    title: str
    series: Sequence[Series]
    counts: bool = False

    def range(self) -> tuple[float, float]:
        """What the axis of amounts spans."""
        amounts = [amount for one in self.series for _, amount in one.points]
        least, most = min(amounts, default=0.0), max(amounts, default=0.0)
        if self.counts or least == most:
            return 0.0, most or 1.0
        room = (most - least) / 20
        return max(least - room, 0.0), most + room


class Chart(NamedTuple):
    """Panels one below the other over the same span of time, and moments that are marked in all.

    Texts may be what players typed: whoever draws makes them safe.
    """

    title: str
    panels: Sequence[Panel]
    marks: Sequence[tuple[datetime, str]] = ()

    def span(self) -> tuple[datetime, datetime] | None:
        """From the first moment to the last; None where there is none."""
        moments = [moment for moment, _ in self.marks]
        moments += [at for panel in self.panels for one in panel.series for at, _ in one.points]
        return (min(moments), max(moments)) if moments else None
