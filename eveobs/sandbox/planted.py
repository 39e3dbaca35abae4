"""A market in which it is known who undercuts whom: offers, rivals, and what only looks like one.

Every offer is of a type of its own, so that whoever sells that type was planted for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from eveobs.records.contracts import ContractItem, PublicContract
from eveobs.sandbox.draw import dice
from eveobs.sandbox.people import character_id, corporation_id
from eveobs.sandbox.universe import BLUEPRINTS, THINGS, Type, stations_in
from eveobs.sandbox.world import World

_PLANTED = 70
_FORGE, _DOMAIN = 10000002, 10000043
_FIRST = 230_000_000
OWNER, ALT = character_id(0), character_id(1)
_STRANGERS = range(4, 30)


class Ware(NamedTuple):
    """What an offer sells: so many of a type; of blueprints with this research, of copies runs."""

    kind: Type
    quantity: int = 1
    runs: int | None = None
    me: int | None = None
    te: int | None = None

    @property
    def units(self) -> int:
        """Pieces, or runs."""
        return self.quantity * (self.runs or 1)


@dataclass
class Planted:
    """The contracts and their items; `truth` are the rivals that undercut, by the offer."""

    now: datetime
    contracts: dict[int, list[PublicContract]] = field(default_factory=dict)
    items: dict[int, list[ContractItem]] = field(default_factory=dict)
    truth: dict[int, set[int]] = field(default_factory=dict)

    def world(self) -> World:
        """It, to be served."""
        return World.of(contracts=self.contracts, items=self.items)

    def add(self, wares: list[Ware], price: float, *, issuer: int, **more: Any) -> int:
        """A contract that sells `wares`, and asks for `wanted` beside its price."""
        number = _FIRST + len(self.items)
        told: dict[str, Any] = {"type": "item_exchange", "price": price}
        region = more.pop("region", _FORGE)
        wanted: list[Ware] = more.pop("wanted", [])
        ends = more.pop("ends", self.now + timedelta(days=5))
        told |= more
        self.contracts.setdefault(region, []).append(
            PublicContract(
                contract_id=number,
                issuer_id=issuer,
                issuer_corporation_id=corporation_id(0 if issuer in {OWNER, ALT} else 3),
                date_issued=self.now - timedelta(days=2),
                date_expired=ends,
                start_location_id=stations_in(region)[0].id,
                **told,
            )
        )
        rows = [_item(number * 64 + at, ware, given=True) for at, ware in enumerate(wares)]
        rows += [_item(number * 64 + 32 + at, one, given=False) for at, one in enumerate(wanted)]
        self.items[number] = rows
        return number


def planted(seed: int, now: datetime) -> Planted:
    """An offer of OWNER a type, with rivals and decoys as chance has it; the same for a seed."""
    chance, found = dice(seed, _PLANTED, 0), Planted(now)
    for kind in chance.sample([*THINGS, *BLUEPRINTS], 14):
        ware = _ware(kind, chance)
        unit = kind.price * chance.uniform(0.9, 1.1)
        own = found.add([ware], round(unit * ware.units, 2), issuer=OWNER)
        found.truth[own] = set(_rivals(found, ware, unit, chance))
        for plant in chance.sample(_DECOYS, chance.randint(3, len(_DECOYS))):
            plant(found, ware, unit * 0.5, chance)
    return found


def _ware(kind: Type, chance: Random) -> Ware:
    if kind not in BLUEPRINTS:
        return Ware(kind, chance.randint(1, 40))
    me, te = chance.randint(1, 9), 2 * chance.randint(1, 9)
    return Ware(kind, 1, chance.choice([None, chance.randint(2, 90)]), me, te)


def _rivals(found: Planted, ware: Ware, unit: float, chance: Random) -> Iterator[int]:
    """Cheaper a unit, with research that is as good or better."""
    for _ in range(chance.choice((0, 1, 3))):
        better = ware
        if ware.me is not None and ware.te is not None:
            better = ware._replace(me=chance.randint(ware.me, 10), te=chance.randint(ware.te, 20))
        if ware.kind not in BLUEPRINTS:
            better = ware._replace(quantity=chance.randint(1, 90))
        price = round(unit * better.units * chance.uniform(0.4, 0.98), 2)
        auction = {"type": "auction", "buyout": price}
        more: dict[str, Any] = auction if chance.random() < 0.2 else {}
        yield found.add([better], price, issuer=character_id(chance.choice(_STRANGERS)), **more)


def _stranger(chance: Random) -> int:
    return character_id(chance.choice(_STRANGERS))


def _worse(found: Planted, ware: Ware, unit: float, chance: Random) -> None:
    """A blueprint with worse research; of other things a dearer offer."""
    if ware.me is None:
        found.add([ware], round(unit * 3 * ware.units, 2), issuer=_stranger(chance))
    else:
        worse = ware._replace(me=ware.me - 1, te=20)
        found.add([worse], round(unit * ware.units, 2), issuer=_stranger(chance))


def _other_runs(found: Planted, ware: Ware, unit: float, chance: Random) -> None:
    """A copy of other runs, or of what is none; of other things nothing."""
    if ware.me is not None:
        other = ware._replace(runs=(ware.runs or 0) + 1, me=10, te=20)
        found.add([other], round(unit * other.units, 2), issuer=_stranger(chance))


def _bundle(found: Planted, ware: Ware, unit: float, chance: Random) -> None:
    """The same, with something else."""
    more = Ware(THINGS[0] if ware.kind != THINGS[0] else THINGS[1])
    found.add([ware, more], round(unit * ware.units, 2), issuer=_stranger(chance))


def _alt(found: Planted, ware: Ware, unit: float, _: Random) -> None:
    """One's own other character's."""
    found.add([ware], round(unit * ware.units, 2), issuer=ALT)


def _own(found: Planted, ware: Ware, unit: float, _: Random) -> None:
    """An auction of one's own without a buyout, which is compared with nothing."""
    found.add([ware], round(unit, 2), issuer=OWNER, type="auction", buyout=None)


def _expired(found: Planted, ware: Ware, unit: float, chance: Random) -> None:
    """Over, though the list still shows it."""
    ends = found.now - timedelta(hours=1)
    found.add([ware], round(unit * ware.units, 2), issuer=_stranger(chance), ends=ends)


def _swap(found: Planted, ware: Ware, unit: float, chance: Random) -> None:
    """It asks for something beside its price."""
    wanted = [Ware(THINGS[2] if ware.kind != THINGS[2] else THINGS[3])]
    found.add([ware], round(unit * ware.units, 2), issuer=_stranger(chance), wanted=wanted)


def _free(found: Planted, ware: Ware, _: float, chance: Random) -> None:
    """It has no price."""
    found.add([ware], 0.0, issuer=_stranger(chance))


def _elsewhere(found: Planted, ware: Ware, unit: float, chance: Random) -> None:
    """In another region."""
    found.add([ware], round(unit * ware.units, 2), issuer=_stranger(chance), region=_DOMAIN)


def _no_buyout(found: Planted, ware: Ware, unit: float, chance: Random) -> None:
    """An auction that nobody can end by paying."""
    price = round(unit * ware.units, 2)
    found.add([ware], price, issuer=_stranger(chance), type="auction", buyout=None)


def _item(number: int, ware: Ware, *, given: bool) -> ContractItem:
    return ContractItem(
        record_id=number,
        item_id=number if given else None,
        type_id=ware.kind.id,
        quantity=ware.quantity,
        is_included=given,
        is_blueprint_copy=True if ware.runs else None,
        runs=ware.runs,
        material_efficiency=ware.me,
        time_efficiency=ware.te,
    )


_DECOYS = (
    _worse,
    _other_runs,
    _bundle,
    _alt,
    _own,
    _expired,
    _swap,
    _free,
    _elsewhere,
    _no_buyout,
)
