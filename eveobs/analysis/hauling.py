"""What is to be thought of a courier contract before it is taken. Pure.

Whoever takes one pays the collateral, and has it back for delivering in time; nobody outside knows
what is in it. So a collateral that is far above what the reward is for, and an end where nobody
may dock, are how couriers are robbed.
"""

from __future__ import annotations

from collections.abc import Iterator

from eveobs.analysis.deals import FIRST_STRUCTURE
from eveobs.store.couriers import Courier

SMALL_REWARD = 0.01
"""Less of the collateral than this is little for the risk of losing all of it."""
LARGE_REWARD = 0.25
"""More of it is more than honest people pay; the collateral is then what somebody is after."""


def traps(courier: Courier) -> Iterator[str]:
    """What may be wrong, in a few words each."""
    share = courier.reward / courier.collateral if courier.collateral > 0 else None
    if share is None:
        yield "no collateral: nothing says what it is worth"
    elif share < SMALL_REWARD:
        yield f"the collateral is {1 / share:,.0f} times the reward"
    elif share > LARGE_REWARD:
        yield f"the reward is {share:.0%} of the collateral"
    if any((place or 0) >= FIRST_STRUCTURE for place in _places(courier)):
        yield "in a structure: may you dock?"


def _places(courier: Courier) -> tuple[int | None, int | None]:
    return courier.start_location_id, courier.end_location_id
