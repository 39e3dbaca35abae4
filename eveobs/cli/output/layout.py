"""How columns share the width of a terminal: which stay, and how wide each becomes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GAP = 2
COMFORT = 12  # cells that a flexible column keeps while another, of lower rank, can give way


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
        return min(self.compact, COMFORT) if self.flexible else self.compact

    @property
    def weight(self) -> int:
        """The share of a flexible column: what is always shown gets twice as much."""
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
    compact = [wishes[index].compact for index in staying]
    fixed = sum(wishes[index].compact for index in staying if not wishes[index].flexible)
    flexible = [wishes[index] for index in staying if wishes[index].flexible]
    if fixed + len(flexible) > room:
        shares = share(compact, room)
    else:
        wanted = [wish.compact for wish in flexible]
        left = iter(share(wanted, room - fixed, [wish.weight for wish in flexible]))
        shares = [
            next(left) if wishes[index].flexible else wishes[index].compact for index in staying
        ]
    return _unfold(wishes, staying, shares, room)


def share(wanted: Sequence[int], room: int, weights: Sequence[int] | None = None) -> list[int]:
    """`room` cells shared by weight: who wants less than its share leaves the rest to others."""
    weights = weights or [1] * len(wanted)
    given = [0] * len(wanted)
    shares = sum(weights)
    for index in sorted(range(len(wanted)), key=lambda index: wanted[index] / weights[index]):
        given[index] = max(1, min(wanted[index], room * weights[index] // shares))
        room -= given[index]
        shares -= weights[index]
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
