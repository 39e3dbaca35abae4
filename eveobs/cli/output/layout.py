"""How columns share the width of a terminal: which stay, and how wide each becomes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GAP = 2
# Cells that a flexible column keeps while another one can give way. What is always shown keeps
# fewer, so that as many others as possible stay, but gets twice as much of what is left.
_LEAST, _LEAST_IF_ALWAYS = 16, 12


@dataclass(frozen=True, slots=True)
class Wish:
    """What a column would like: `full` cells, or `compact` where width is short."""

    full: int
    compact: int
    rank: int = 1
    flexible: bool = False

    @property
    def least(self) -> int:
        """The cells below which the column would rather see another one go."""
        if not self.flexible:
            return self.compact
        return min(self.compact, _LEAST_IF_ALWAYS if self.rank == 1 else _LEAST)

    @property
    def weight(self) -> int:
        """The share of a flexible column."""
        return 2 if self.rank == 1 else 1


@dataclass(frozen=True, slots=True)
class Place:
    """A column that stays: its index, its width, and whether its full form fits."""

    index: int
    width: int
    full: bool


def arrange(wishes: Sequence[Wish], width: int) -> list[Place]:
    """The columns that stay, in their order, together with gaps at most `width` wide.

    Highest ranks go first, of equals the last; rank 1 stays. If nothing more can go and it is still
    too wide, every column is cut; only then may the width be exceeded, by columns of one cell.
    """
    staying = _survivors(wishes, width)
    room = width - GAP * (len(staying) - 1)
    kept = [wishes[index] for index in staying]
    least = _affordable(kept, room)
    shares = share([wish.compact for wish in kept], room, least, [wish.weight for wish in kept])
    return _unfold(wishes, staying, shares, room)


def _affordable(kept: Sequence[Wish], room: int) -> list[int]:
    """The widths below which nothing goes: if need be flexible columns give way, then all."""
    least = [wish.least for wish in kept]
    if sum(least) > room:
        least = [1 if wish.flexible else wish.compact for wish in kept]
    return least if sum(least) <= room else [1] * len(kept)


def share(
    wanted: Sequence[int], room: int, least: Sequence[int], weights: Sequence[int]
) -> list[int]:
    """`room` cells shared by weight, none below its least and none above what it wants."""
    given = list(least)
    for _ in range(room - sum(given)):
        hungry = [index for index, cells in enumerate(given) if cells < wanted[index]]
        if not hungry:
            break
        given[min(hungry, key=lambda index: given[index] / weights[index])] += 1
    return given


def _survivors(wishes: Sequence[Wish], width: int) -> list[int]:
    staying = list(range(len(wishes)))
    while _least(wishes, staying) > width:
        rank, loser = max((wishes[index].rank, index) for index in staying)
        if rank <= 1:
            break
        staying.remove(loser)
    return staying


def _least(wishes: Sequence[Wish], staying: Sequence[int]) -> int:
    return sum(wishes[index].least for index in staying) + GAP * (len(staying) - 1)


def _unfold(
    wishes: Sequence[Wish], staying: Sequence[int], shares: Sequence[int], room: int
) -> list[Place]:
    """From left to right, columns get their full form as long as nothing is cut for it."""
    spare = room - sum(shares)
    places = []
    for index, given in zip(staying, shares, strict=True):
        wish = wishes[index]
        full = given >= wish.compact and wish.full - given <= spare
        spare -= wish.full - given if full else 0
        places.append(Place(index, wish.full if full else given, full))
    return places
