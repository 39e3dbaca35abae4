"""Things that come and go one after the other: of each place, which thing has it at what time.

The same idea as the market's slots, in seconds: a place has one thing for `period` seconds, then
the next one. What is drawn about a thing depends on its place and generation only, so any moment
can be told without playing the time before.
"""

from __future__ import annotations

from typing import NamedTuple

from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.draw import dice

_TURNS = 40


class Turn(NamedTuple):
    """One thing's time, from `since` to `until` (seconds since the epoch), and its number there."""

    generation: int
    since: int
    until: int


def turn(calendar: Calendar, cycles: int, key: tuple[int, int], at: int) -> Turn:
    """Whose turn it is at a time, where each lasts so many cycles; `key`: a seed and a place.

    Places do not take turns together: each has a phase of its own.
    """
    period = cycles * calendar.cycle
    shift = dice(key[0], _TURNS, key[1]).randrange(cycles) * calendar.cycle
    generation = (at - calendar.begin + shift) // period
    since = calendar.begin - shift + generation * period
    return Turn(generation, since, since + period)
