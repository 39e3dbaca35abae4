"""Who undercuts whom. Pure: offers in, standings out.

A rival undercuts an offer if it sells the same ware, for less a piece (of copies: a run), within
the scope, and if its research is at least as good in both efficiencies. A cheaper blueprint with
worse research does not: somebody who wants the better one has no reason to take it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from eveobs.analysis.offer import Kind, Offer, Research, Ware

UNKNOWN = Research()
"""What a rival's research counts as that is not known: none."""


class Scope(StrEnum):
    """How far away a rival may be."""

    STATION = "station"
    SYSTEM = "system"
    REGION = "region"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class Ours:
    """The owners whose contracts are the user's own.

    The one definition that alerts, outbid, deals and publish share: what these characters issued,
    and what anybody issued for these corporations. They are no rivals. `market.ours_of` finds them.
    """

    characters: frozenset[int] = frozenset()
    corporations: frozenset[int] = frozenset()

    def issued(
        self,
        issuer_id: int | None,
        issuer_corporation_id: int | None,
        for_corporation: object,
    ) -> bool:
        """Tell whether a contract with these fields of ESI is the user's own."""
        return issuer_id in self.characters or bool(
            for_corporation and issuer_corporation_id in self.corporations
        )

    def has(self, offer: Offer) -> bool:
        """Tell whether `offer` is the user's own; its corporation is the one it was issued for."""
        return self.issued(offer.issuer_id, offer.corporation_id, offer.corporation_id is not None)


class Rival(NamedTuple):
    """An offer that undercuts, since when, and until when (None: it still does)."""

    offer: Offer
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an offer stands: its `rank` among `of` offers of the same ware in scope, the rivals that
    undercut it, the best first, and the price that would be best again (None: there is none).
    """

    offer: Offer
    rank: int
    of: int
    rivals: Sequence[Rival]
    best_price: float | None
    past: Sequence[Rival] = ()


System = Callable[[int | None], int | str | None]
"""The solar system of a station, if that is known."""


@dataclass(slots=True)
class Competition:
    """All offers there are, by ware."""

    ours: Ours
    scope: Scope
    now: datetime
    system: System = lambda _: None

    def standings(self, own: Iterable[Offer], others: Iterable[Offer]) -> list[Standing]:
        """How each of `own` stands among `others`."""
        by_ware: dict[Ware, list[Offer]] = {}
        for one in others:
            if not self.ours.has(one) and one.ware.kind is not Kind.BUNDLE:
                by_ware.setdefault(one.ware, []).append(one)
        return [self._standing(one, by_ware) for one in own]

    def _standing(self, own: Offer, by_ware: Mapping[Ware, Sequence[Offer]]) -> Standing:
        near = [
            one
            for one in by_ware.get(own.ware, ())
            if one.contract_id != own.contract_id and self._in_scope(own, one)
        ]
        ahead = [one for one in near if undercuts(one, own)]
        there = [one for one in ahead if one.ended(self.now) is None]
        there.sort(key=lambda one: (one.unit_price, one.contract_id))
        past = (one for one in ahead if (one.ended(self.now) or own.issued) > own.issued)
        return Standing(
            offer=own,
            rank=len(there) + 1,
            of=sum(one.ended(self.now) is None for one in near) + 1,
            rivals=[self._rival(one, own) for one in there],
            best_price=best_price(own, there[0]) if there else None,
            past=[self._rival(one, own) for one in past],
        )

    def _rival(self, one: Offer, own: Offer) -> Rival:
        return Rival(one, max(one.issued, own.issued), one.ended(self.now))

    def _in_scope(self, own: Offer, other: Offer) -> bool:
        if self.scope is Scope.EVERYWHERE:
            return True
        if self.scope is Scope.REGION:
            return own.region_id is not None and own.region_id == other.region_id
        if own.station_id is not None and own.station_id == other.station_id:
            return True
        if self.scope is Scope.STATION:
            return False
        system = self.system(own.station_id)
        return system is not None and system == self.system(other.station_id)


def undercuts(rival: Offer, own: Offer) -> bool:
    """Whether `rival` is the better offer of the same ware: cheaper, and not worse."""
    if rival.ware != own.ware or own.research is None or own.ware.kind is Kind.BUNDLE:
        return False
    cheaper = rival.cents * own.units < own.cents * rival.units
    return cheaper and (rival.research or UNKNOWN).at_least(own.research)


def best_price(own: Offer, rival: Offer) -> float | None:
    """The highest price, in cents, at which `own` is cheaper a unit than `rival`."""
    cents = -(-rival.cents * own.units // rival.units) - 1  # of the same price, rounded up
    return cents / 100 if cents > 0 else None
