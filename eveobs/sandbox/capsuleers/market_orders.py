"""Market orders: those that are open, and those that have ended in the last 90 days."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from eveobs.sandbox.calendar import Calendar, moment
from eveobs.sandbox.capsuleers.census import Census, Owner, region_of
from eveobs.sandbox.capsuleers.turns import Turn, turn
from eveobs.sandbox.draw import dice, happens
from eveobs.sandbox.people import SIGNED_IN, character_id
from eveobs.sandbox.universe import THINGS

_ORDER = 38
_FIRST_ORDER = 6_800_000_000
_APART = 1 << 19
_PLACES = 5 << 24
_SLOT_BITS = 6
_KNOWN, _OTHERS = 45, 6
_DURATIONS = (1, 3, 7, 14, 30, 90)
_RANGES = ("station", "solarsystem", "region", "1", "5", "20", "40")
_HISTORY = 3
"""So many orders before the open one are remembered in each slot."""


def open_orders(census: Census, calendar: Calendar, owner: Owner, at: int) -> list[dict[str, Any]]:
    """Rows of ESI's orders, by ascending id."""
    return _sorted(
        _row(census, calendar, owner, slot, now, at)
        for slot, now in _now(census, calendar, owner, at)
    )


def order_history(
    census: Census, calendar: Calendar, owner: Owner, at: int
) -> list[dict[str, Any]]:
    """Rows of ESI's order history, by ascending id."""
    return _sorted(
        _ended(census, calendar, owner, slot, before)
        for slot, now in _now(census, calendar, owner, at)
        for before in _turns_before(now)
    )


def _sorted(rows: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: int(row["order_id"]))


def _now(census: Census, calendar: Calendar, owner: Owner, at: int) -> Iterator[tuple[int, Turn]]:
    """The slots, and whose turn it is in each."""
    known = owner.number == 0 if owner.is_corporation else owner.number < SIGNED_IN
    for slot in range(_KNOWN if known else _OTHERS):
        place = _PLACES + (owner.place << _SLOT_BITS | slot)
        cycles = 5 + dice(census.people.seed, _ORDER, place).randrange(120)
        yield slot, turn(calendar, cycles, (census.people.seed, place), at)


def _turns_before(now: Turn) -> Iterator[Turn]:
    period = now.until - now.since
    for back in range(1, _HISTORY + 1):
        yield Turn(now.generation - back, now.since - back * period, now.until - back * period)


def _row(
    census: Census, calendar: Calendar, owner: Owner, slot: int, now: Turn, at: int
) -> dict[str, Any]:
    """An order that is sold or bought bit by bit: something each cycle."""
    place = owner.place << _SLOT_BITS | slot
    order_id = _FIRST_ORDER + calendar.number(now.since) * _APART + place % _APART
    chance = dice(census.people.seed, _ORDER, order_id)
    kind, total, buying = chance.choice(THINGS), chance.randint(1, 5_000), happens(chance, 0.4)
    passed = (at - now.since) // calendar.cycle * calendar.cycle / (now.until - now.since)
    price = round(kind.price * chance.uniform(0.8, 1.2), 2)
    left = max(1, total - int(total * passed * chance.random()))
    place_of = owner.home if happens(chance, 0.8) else owner.outpost
    row = {
        "duration": chance.choice(_DURATIONS),
        "issued": moment(now.since + chance.randrange(60)),
        "location_id": place_of.id,
        "order_id": order_id,
        "price": price,
        "range": chance.choice(_RANGES) if buying else "region",
        "region_id": region_of(place_of),
        "type_id": kind.id,
        "volume_remain": left,
        "volume_total": total,
    }
    escrow = {"escrow": round(price * left, 2), "is_buy_order": True, "min_volume": 1}
    return row | (escrow if buying else {}) | _whose(census, owner, chance)


def _whose(census: Census, owner: Owner, chance: Random) -> dict[str, Any]:
    if not owner.is_corporation:
        return {"is_corporation": False}
    members = census.members(owner.number)
    issuer = character_id(chance.choice(members[:2]) if members else 0)
    return {"issued_by": issuer, "wallet_division": chance.randint(1, 7)}


def _ended(
    census: Census, calendar: Calendar, owner: Owner, slot: int, turn_: Turn
) -> dict[str, Any]:
    """What it was when it ended: filled or run out ("expired"), or cancelled."""
    row = _row(census, calendar, owner, slot, turn_, turn_.until)
    fate = dice(census.people.seed, _ORDER, -row["order_id"])
    filled = happens(fate, 0.5)
    state = "expired" if filled or happens(fate, 0.5) else "cancelled"
    return row | {"state": state} | ({"volume_remain": 0} if filled else {})
