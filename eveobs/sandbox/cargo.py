"""What is in a contract: its items, as a pure function of the seed and its id."""

from __future__ import annotations

from random import Random

from eveobs.records.contracts import ContractItem
from eveobs.sandbox.deals import Cargo, Deal, quantity_of
from eveobs.sandbox.draw import dice, happens
from eveobs.sandbox.universe import ABYSSAL_TYPES, BLUEPRINT, TYPES, Type

_ITEMS = 5
_ID_SPACE = 4096
"""Ids set aside for each contract's items: more than the most it can have."""
_FIRST_ITEM = 1 << 40
_PILE = 10
"""So many sorts of things in a contract, and one more is abyssal."""


def items(seed: int, deal: Deal) -> list[ContractItem]:
    """The items of a contract, in order of `record_id`; a courier has none."""
    if deal.terms.kind == "courier":
        return []
    chance = dice(seed, _ITEMS, deal.contract_id)
    offered = [_offered(deal, 0, deal.primary, deal.quantity, chance)]
    for order in range(1, _number(deal.terms.cargo, chance)):
        kind = chance.choice(TYPES)
        offered.append(_offered(deal, order, kind, quantity_of(kind, chance), chance))
    if len(offered) >= _PILE:
        kind = ABYSSAL_TYPES[deal.contract_id % len(ABYSSAL_TYPES)]
        offered.append(_offered(deal, len(offered), kind, 1, chance))
    if deal.terms.cargo is Cargo.SWAP:
        offered += _wanted(deal, len(offered), chance)
    return offered


def _number(cargo: Cargo, chance: Random) -> int:
    """Mostly one; about four on average."""
    if cargo is Cargo.BULK:
        return chance.randint(1_001, 2_400)
    if cargo is not Cargo.USUAL or happens(chance, 0.82):
        return 1
    return chance.randint(2, 6) if happens(chance, 0.55) else chance.randint(10, 60)


def _offered(deal: Deal, order: int, kind: Type, quantity: int, chance: Random) -> ContractItem:
    number = deal.contract_id * _ID_SPACE + order
    item_id = _FIRST_ITEM + number
    if kind.category_id != BLUEPRINT:
        return ContractItem(
            record_id=number, item_id=item_id, type_id=kind.id, quantity=quantity, is_included=True
        )
    copy = _is_copy(deal.terms.cargo, order, chance)
    bare = not copy and _is_bare(deal.terms.cargo, order, chance)
    material, time, runs = chance.randint(0, 10), 2 * chance.randint(0, 10), chance.randint(1, 200)
    return ContractItem(
        record_id=number,
        item_id=item_id,
        type_id=kind.id,
        quantity=quantity,
        is_included=True,
        is_blueprint_copy=copy or None,
        material_efficiency=None if bare else material,
        time_efficiency=None if bare else time,
        runs=runs if copy else None,
    )


def _is_copy(cargo: Cargo, order: int, chance: Random) -> bool:
    if order == 0 and cargo in {Cargo.COPY, Cargo.ORIGINAL, Cargo.BARE_ORIGINAL}:
        return cargo is Cargo.COPY
    return happens(chance, 0.9)


def _is_bare(cargo: Cargo, order: int, chance: Random) -> bool:
    if order == 0 and cargo in {Cargo.ORIGINAL, Cargo.BARE_ORIGINAL}:
        return cargo is Cargo.BARE_ORIGINAL
    return happens(chance, 0.02)


def _wanted(deal: Deal, start: int, chance: Random) -> list[ContractItem]:
    """What the issuer asks for in return: such rows have no `item_id`."""
    first = deal.contract_id * _ID_SPACE + start
    kinds = chance.sample(TYPES, chance.randint(1, 3))
    return [
        ContractItem(
            record_id=first + order,
            type_id=kind.id,
            quantity=quantity_of(kind, chance),
            is_included=False,
        )
        for order, kind in enumerate(kinds)
    ]
