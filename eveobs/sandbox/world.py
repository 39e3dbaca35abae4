"""What there is to see in the sandbox. A value: serving it does not change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eveobs.records.universe import Name
from eveobs.sandbox.capsuleers.agreements import CORPORATION_CONTRACTS
from eveobs.sandbox.exchange import Exchange
from eveobs.sandbox.generated import GeneratedMarket, sizes
from eveobs.sandbox.given import GivenMarket, MarketsInTurn, Rows, records
from eveobs.sandbox.market import Market, Refusal
from eveobs.sandbox.names import Names, of_the_universe
from eveobs.sandbox.people import People

_FEW = People.for_contracts(1, 0)
"""Who lives in a world of given rows."""
_EXCHANGE = Exchange(1)
"""Its regional markets."""


@dataclass(frozen=True)
class World:
    """The parts of it that ESI's routes show."""

    market: Market
    names: Names
    people: People = _FEW
    corporation_contracts: int = CORPORATION_CONTRACTS
    exchange: Exchange = _EXCHANGE

    @classmethod
    def generate(
        cls,
        *,
        seed: int = 1,
        contracts: int | None = None,
        regions: Sequence[int] = (),
        corporation_contracts: int | None = None,
        orders: int | None = None,
    ) -> World:
        """A world of chance, the same for the same arguments.

        `contracts` in total are spread over the `regions` (all, if none is named) by their weight;
        without a number The Forge has 2,500 and the others fewer. The corporation of the first
        character issues `corporation_contracts` that are not public, 60 if nothing else is said.
        The market of The Forge has so many `orders`, 2,500 by default, and the others fewer.
        """
        market = GeneratedMarket(seed, sizes(contracts, regions))
        names = Names(of_the_universe(), market.people.names())
        size = CORPORATION_CONTRACTS if corporation_contracts is None else corporation_contracts
        return cls(market, names, market.people, size, Exchange(seed, orders))

    @classmethod
    def of(
        cls,
        *,
        contracts: Mapping[int, Rows],
        items: Mapping[int, Rows | Refusal] | None = None,
        bids: Mapping[int, Rows | Refusal] | None = None,
        names: Iterable[Name | Mapping[str, Any]] = (),
    ) -> World:
        """A world of given rows (records, or the JSON objects that ESI sends), in every cycle.

        Contracts are by region, items and bids by contract. A listed contract has no items or bids
        but those given; those of an unlisted one are not found unless they are given. `names` are
        added to those of the sandbox's own places, types and people.
        """
        market = GivenMarket(contracts, items or {}, bids or {})
        return cls(market, Names(of_the_universe(), _FEW.names(), records(names, Name)))

    @classmethod
    def in_turn(cls, *worlds: World) -> World:
        """Another world in each cycle, from cycle 0; the last one stays. All names are known.

        The people are those of the last one.
        """
        names = Names(*(world.names.all for world in worlds))
        last = worlds[-1]
        market = MarketsInTurn([world.market for world in worlds])
        return cls(market, names, last.people, last.corporation_contracts, last.exchange)
