"""Pages that sum the market up: one a region, and one for each type in it that matters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from eveobs.analysis.market import blueprints_of
from eveobs.analysis.offer import Kind as WareKind
from eveobs.analysis.offer import Offer, offer_of_sold
from eveobs.analysis.regional import Tally, sections, tally
from eveobs.analysis.search import past
from eveobs.publish.competing import Competing, moment_of
from eveobs.publish.document import Key
from eveobs.publish.kinds import MARKET, TYPE, Kind
from eveobs.publish.market_facts import DAYS, Facts, region_facts, type_facts
from eveobs.store.chunks import chunks
from eveobs.store.store import Store

PORTION = 20
"""Types in memory at a time, with all their offers."""
NO_BLUEPRINTS: frozenset[int] = frozenset()


class Place(NamedTuple):
    """A type in a region, and what its page is called."""

    region_id: int
    type_id: int

    def __str__(self) -> str:
        return f"{self.region_id}-{self.type_id}"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pages: those of `kinds`; of all the market (`whole`) or only of what one sells oneself;
    of types with `min_offers` offers in a region; `most` types at most; `limit` of each kind, if
    any.
    """

    kinds: Mapping[str, Kind]
    whole: bool
    min_offers: int
    most: int
    limit: int | None = None


@dataclass
class MarketPages:
    """What pages of the market say; see `eveobs.publish.source.Records`. `wanted`: how many types
    would have a page if any number could.
    """

    competing: Competing
    choice: Choice
    wanted: int = 0
    _shown: set[Key] = field(default_factory=set)
    _chosen: list[Place] | None = None

    def know(self, shown: Iterable[Key]) -> None:
        """Take note of what the site holds: that stays up to date, also with fewer offers."""
        self._shown, self._chosen = {*shown}, None

    def keys(self) -> dict[str, set[str]]:
        """The external ids of what is wanted, by kind."""
        found: dict[str, set[str]] = {}
        if MARKET in self.choice.kinds:
            found[MARKET] = {str(one) for one in self._regions()[: self.choice.limit]}
        if TYPE in self.choice.kinds:
            found[TYPE] = {str(one) for one in self._places()}
        return found

    def records(self, known: Iterable[Key] = ()) -> Iterator[tuple[Kind, str, Facts]]:
        """Kind, external id and facts of all that is wanted; pages link to what is `known`."""
        known = {*known}
        for region in self._regions()[: self.choice.limit] if MARKET in self.choice.kinds else ():
            facts = region_facts(self._store, region, self._tallies[region], known)
            since = self.competing.regions[region].since
            yield self.choice.kinds[MARKET], str(region), facts | {"since": since}
        if TYPE in self.choice.kinds:
            yield from self._of_types(self._places(), known)

    def gone(self, kind: str, ids: Sequence[str]) -> Iterator[tuple[Kind, str, Facts]]:
        """Those of `ids` of which nothing was on offer for long; a region is never gone."""
        if kind == TYPE:
            places = self._known_places(ids)
            lately = self._lately(places)
            yield from self._of_types([one for one in places if one not in lately], set())

    @property
    def _store(self) -> Store:
        return self.competing.store

    @cached_property
    def _own(self) -> list[Place]:
        """What one sells oneself."""
        offers = (one.offer for one in self.competing.standings.values())
        found = {Place(one.region_id or 0, one.ware.type_id) for one in offers}
        return sorted(found)

    def _regions(self) -> list[int]:
        own = {one.region_id for one in self._own}
        return sorted(self.competing.regions if self.choice.whole else own)

    @cached_property
    def _tallies(self) -> dict[int, dict[int, dict[WareKind, Tally]]]:
        """What is on offer in each region."""
        found = {}
        for region in self._regions():
            now = moment_of(self.competing.regions[region])
            sold = self._store.selling_in(region, alive_after=now)
            read = (offer_of_sold(one, NO_BLUEPRINTS) for one in sold)
            found[region] = tally((one for one in read if one is not None), now)
        return found

    def _places(self) -> list[Place]:
        """Types in regions: one's own, what the site holds, then those offered most."""
        if self._chosen is None:
            found = self._ranked()
            self.wanted = len(found)
            self._chosen = found[: self.choice.most][: self.choice.limit]
        return self._chosen

    def _ranked(self) -> list[Place]:
        shown = self._known_places([one.external_id for one in self._shown if one.kind == TYPE])
        ranked = [*self._own]
        if self.choice.whole:
            ranked += [*sorted(self._lately(shown)), *self._offered()]
        return list(dict.fromkeys(ranked))

    def _offered(self) -> list[Place]:
        """Types with enough offers, those with the most first."""
        counts = {
            Place(region, type_id): sum(one.count for one in kinds.values())
            for region, types in self._tallies.items()
            for type_id, kinds in types.items()
        }
        enough = [place for place, count in counts.items() if count >= self.choice.min_offers]
        return sorted(enough, key=lambda place: (-counts[place], place))

    def _known_places(self, ids: Iterable[str]) -> list[Place]:
        """Those that `ids` are of, in regions that are observed."""
        pairs = (one.partition("-") for one in ids)
        places = [Place(int(a), int(b)) for a, _, b in pairs if a.isdecimal() and b.isdecimal()]
        return sorted(one for one in places if one.region_id in self.competing.regions)

    def _lately(self, places: Sequence[Place]) -> set[Place]:
        """Those of `places` of which something was on offer in the days that a page shows."""
        found = {one for one in places if one.type_id in self._tallies.get(one.region_id, {})}
        rest = [one for one in places if one not in found]
        for region, some in groupby(rest, lambda one: one.region_id):
            offers = self._offers(region, [one.type_id for one in some])
            found |= {Place(region, one.ware.type_id) for one in offers}
        return found

    def _offers(self, region: int, types: Sequence[int]) -> Iterator[Offer]:
        """All offers of `types` in the days that a page shows, with the kind of each."""
        names = self._store.names_of(types)
        blueprints = blueprints_of(self._store, {one: names.get(one) for one in types})
        since = moment_of(self.competing.regions[region]) - timedelta(days=DAYS)
        asked = {one: one in blueprints for one in types}
        return past(self._store, asked, frozenset([region]), since)

    def _of_types(
        self, places: Iterable[Place], known: set[Key]
    ) -> Iterator[tuple[Kind, str, Facts]]:
        for region, some in groupby(sorted(places), lambda one: one.region_id):
            for portion in chunks([one.type_id for one in some], PORTION):
                yield from self._portion(region, portion, known)

    def _portion(
        self, region: int, types: Sequence[int], known: set[Key]
    ) -> Iterator[tuple[Kind, str, Facts]]:
        observed = self.competing.regions[region]
        now = moment_of(observed)
        first = max((now - timedelta(days=DAYS - 1)).date(), observed.since.date())
        by_type: dict[int, list[Offer]] = {number: [] for number in types}
        for offer in self._offers(region, types):
            by_type[offer.ware.type_id].append(offer)
        for number, offers in by_type.items():
            told = sections(offers, first, now)
            place = Place(region, number)
            facts = type_facts(self._store, place, told, self.competing.ours, known)
            yield self.choice.kinds[TYPE], str(place), facts | {"since": observed.since}
