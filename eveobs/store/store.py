"""Store: what observation, the command line and publishing ask of the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Connection

from eveobs.records.collected import DetailAnswer
from eveobs.records.contracts import CONTRACTS
from eveobs.records.dynamic_items import DynamicItem
from eveobs.records.market_orders import MARKET_ORDERS
from eveobs.records.market_prices import MARKET_PRICES
from eveobs.records.schema import Record, Schema
from eveobs.records.universe import Name
from eveobs.store import (
    applying,
    books,
    columns,
    couriers,
    details,
    handing_out,
    ledgers,
    names,
    notices,
    offers,
    on_offer,
    place_search,
    places,
    query,
    refusals,
    standings,
    static_tables,
    taking_in,
    worthwhile,
)
from eveobs.store.claim import writing_of
from eveobs.store.engine import connect, told, writing
from eveobs.store.migrate import add_missing_tables, migrate
from eveobs.store.place_search import PlaceInRegion
from eveobs.store.source import EsiSource
from eveobs.store.tables import table_names


class Store:
    """One database. Every writing method is one transaction, or a StoreError or ConfigError.

    `source`: the ESI whose data is written. A store of another refuses it; see `store.source`.
    """

    def __init__(self, url: str, source: EsiSource | None = None) -> None:
        self._engine = connect(url)
        self._ready: set[str] = set()
        self._source = source
        try:
            with told(self._engine):
                migrate(self._engine)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # -- writing ----------------------------------------------------------------------------------

    def apply(self, draft: applying.Draft) -> applying.Applied:
        """Write one observation: its rows, life-cycles and details, all or nothing."""
        self._prepare(draft.schema)
        with self._writing_esi() as connection:
            return applying.apply(connection, draft)

    def keep_answers(
        self,
        schema: Schema,
        answers: Sequence[DetailAnswer[Record]],
        asked_at: datetime,
        *,
        owner_id: int | None = None,
    ) -> int:
        """Keep details that never change, before the observation they came with is complete.

        `owner_id`: whose, where they are kept for each owner. Returns how many rows were new.
        """
        self._prepare(schema)
        with self._writing_esi() as connection:
            return details.keep_answers(connection, schema, answers, asked_at, owner_id=owner_id)

    def take_in(self, *intakes: taking_in.Intake) -> list[taking_in.TakenIn]:
        """Take in what another observer saw, all or nothing, in that order. See `taking_in`."""
        for intake in intakes:
            self._prepare(intake.schema)
        with self._writing_esi() as connection:
            return [taking_in.take_in(connection, intake) for intake in intakes]

    def keep_names(self, found: Iterable[Name], unknown: Iterable[int], now: datetime) -> None:
        """Remember names, and the ids that ESI does not know."""
        with self._writing_esi() as connection:
            names.keep_names(connection, found, unknown, now)

    def note_refusal(self, character_id: int, structure_id: int, now: datetime) -> None:
        """Remember that a structure refused a character (403): for longer each time."""
        with self._writing_esi() as connection:
            refusals.note_refusal(connection, character_id, structure_id, now)

    def forget_refusal(self, character_id: int, structure_id: int) -> None:
        """Remember that a structure let a character in."""
        with self._writing_esi() as connection:
            refusals.forget(connection, character_id, structure_id)

    # -- reading ----------------------------------------------------------------------------------

    def answered(self, schema: Schema, detail: str, parents: Sequence[int]) -> set[int]:
        """Those of `parents` whose `detail` need not be asked for again."""
        self._prepare(schema)
        with self._reading() as connection:
            return details.answered(connection, schema, detail, parents)

    def newest_whole(self, schema: Schema, subject_id: int) -> int | None:
        """The highest key up to which the ledger of a subject has no gap; None for none yet."""
        self._prepare(schema)
        with self._reading() as connection:
            return ledgers.newest_whole(connection, schema, subject_id)

    def refused_structures(self, character_id: int, ids: Iterable[int], now: datetime) -> set[int]:
        """Those structures of `ids` that should not be asked with the character's token yet."""
        with self._reading() as connection:
            return refusals.refused(connection, character_id, ids, now)

    def items_of(self, owner_id: int, ids: Iterable[int]) -> set[int]:
        """Those of `ids` that are assets of the owner, and lie in something else than space."""
        with self._reading() as connection:
            return places.items_of(connection, owner_id, ids)

    def unnamed(self, ids: Iterable[int], now: datetime) -> set[int]:
        """Those of `ids` whose names should be asked for."""
        with self._reading() as connection:
            return names.unnamed(connection, ids, now)

    def never_asked(self, schema: Schema, details: Collection[str]) -> set[int]:
        """Ids in the stored rows of `details` whose names were never asked for."""
        self._prepare(schema)
        with self._reading() as connection:
            return names.never_asked(connection, schema, details)

    def named(self, category: str, wanted: Sequence[str] = ()) -> list[Name]:
        """Known names of a category, all or those equal to one of `wanted`."""
        with self._reading() as connection:
            return names.named(connection, category, wanted)

    def names_like(self, category: str, text: str) -> list[Name]:
        """Names of a category equal to `text`, or else those that have it in them."""
        with self._reading() as connection:
            return names.like(connection, category, text)

    def names_of(self, ids: Iterable[int]) -> dict[int, str]:
        """The names that are known of `ids`."""
        with self._reading() as connection:
            return names.names_of(connection, ids)

    def count(self, schema: Schema, asked: query.Query) -> int:
        """How many rows there are to `asked`, its limit aside."""
        self._prepare(schema)
        with self._reading() as connection:
            return query.count(connection, schema, asked)

    def rows(
        self, schema: Schema, asked: query.Query, *, summaries: bool = False
    ) -> Iterator[dict[str, Any]]:
        """The rows of `asked`, by field name."""
        self._prepare(schema)
        with self._reading() as connection:
            yield from query.rows(connection, schema, asked, summaries=summaries)

    def row(self, schema: Schema, key: int) -> dict[str, Any] | None:
        """One record with details and changes."""
        self._prepare(schema)
        with self._reading() as connection:
            return query.row(connection, schema, key)

    def keys(self, schema: Schema, asked: query.Query) -> list[int]:
        """The keys of the rows of `asked`, in its order."""
        self._prepare(schema)
        with self._reading() as connection:
            return query.keys(connection, schema, asked)

    def records(
        self, schema: Schema, asked: query.Query, keys: Sequence[int] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The rows of `asked`, only those of `keys` if given, with their details."""
        self._prepare(schema)
        with self._reading() as connection:
            yield from query.records(connection, schema, asked, keys)

    def fields(self, schema: Schema, detail: str = "") -> list[columns.Field]:
        """The columns of a kind, or of a detail of it, and what they hold."""
        self._prepare(schema)
        with self._reading() as connection:
            return columns.fields(connection, schema, detail)

    def portions(
        self, schema: Schema, detail: str = "", *, gone: bool = False
    ) -> Iterator[columns.Portion]:
        """Everything of a kind, or of a detail of it, as columns in the order of `fields`."""
        self._prepare(schema)
        with self._reading() as connection:
            yield from columns.portions(connection, schema, detail, gone=gone)

    def selling(
        self,
        types: Iterable[int],
        *,
        alive_after: datetime,
        runs: Collection[int] | None = None,
    ) -> Iterator[offers.Sold]:
        """Public contracts that sell one of `types` and nothing else; see `offers.selling`."""
        self._prepare(CONTRACTS)
        with self._reading() as connection:
            yield from offers.selling(connection, types, alive_after=alive_after, runs=runs)

    def dynamic_items_on_offer(self, region_id: int) -> list[DynamicItem] | None:
        """Items on offer that are dynamic by their type; see `on_offer.dynamic_items`."""
        self._prepare(CONTRACTS)
        self._add_tables("static data", static_tables.table_names())
        with self._reading() as connection:
            return on_offer.dynamic_items(connection, region_id)

    def span_listed(self, schema: Schema, *, gone_too: bool) -> handing_out.Span:
        """The longest ago and the latest that a listed record was last seen."""
        self._prepare(schema)
        with self._reading() as connection:
            return handing_out.span(connection, schema, gone_too=gone_too)

    def plain_rows(
        self, part: handing_out.Part, names: Sequence[str], *, gone_too: bool
    ) -> Iterator[Sequence[Any]]:
        """Columns of all records, or of all that hangs on them; see `handing_out.rows`."""
        self._prepare(part.schema)
        if part.within is not None:
            self._prepare(part.within)
        self._add_tables("static data", static_tables.table_names())
        with self._reading() as connection:
            yield from handing_out.rows(connection, part, names, gone_too=gone_too)

    def placed(
        self,
        types: Iterable[int],
        region_id: int,
        location_id: int | None = None,
        *,
        to_buy: bool | None = None,
    ) -> Iterator[books.Placed]:
        """Market orders for `types` in a region, or at one place of it; see `books.placed`."""
        self._prepare(MARKET_ORDERS)
        with self._reading() as connection:
            yield from books.placed(connection, types, region_id, location_id, to_buy=to_buy)

    def averages(self, types: Iterable[int]) -> dict[int, float]:
        """What the game holds `types` for, in ISK a unit, where it says so."""
        self._prepare(MARKET_PRICES)
        with self._reading() as connection:
            return books.averages(connection, types)

    def bargains(self, **asked: Any) -> list[worthwhile.Given]:
        """Contracts that may be worth more than they ask; see `worthwhile.bargains`."""
        self._prepare(CONTRACTS)
        self._prepare(MARKET_ORDERS)
        with self._reading() as connection:
            return worthwhile.bargains(connection, **asked)

    def couriers(self, **asked: Any) -> list[couriers.Courier]:
        """Courier contracts that nobody has taken; see `couriers.couriers`."""
        self._prepare(CONTRACTS)
        with self._reading() as connection:
            return couriers.couriers(connection, **asked)

    def contents(self, contracts: Iterable[int]) -> list[worthwhile.Content]:
        """All that is in these public contracts."""
        with self._reading() as connection:
            return list(worthwhile.contents(connection, contracts))

    def selling_in(self, region_id: int, *, alive_after: datetime) -> Iterator[offers.Sold]:
        """What `selling` gives, of all types in one region; see `offers.selling_in`."""
        self._prepare(CONTRACTS)
        with self._reading() as connection:
            yield from offers.selling_in(connection, region_id, alive_after=alive_after)

    def standings(self) -> list[standings.Standing]:
        """How each list stands that was ever observed."""
        with self._reading() as connection:
            return standings.standings(connection)

    # -- notices ----------------------------------------------------------------------------------

    def note(
        self,
        found: Iterable[notices.Notice],
        states: Collection[str],
        now: datetime,
        **first: Any,
    ) -> notices.Noted:
        """Note what was noticed, each thing once; returns what is new. See `notices.note`."""
        self._add_tables("notices", {notices.NOTICES.name})
        with self._writing() as connection:
            return notices.note(connection, found, states, now, **first)

    def foresee(
        self, found: Iterable[notices.Notice], states: Collection[str], **how: Any
    ) -> notices.Noted:
        """What the next run would send of `found`; nothing is noted. See `notices.foresee`."""
        self._add_tables("notices", {notices.NOTICES.name})
        with self._reading() as connection:
            return notices.foresee(connection, found, states, **how)

    def untold(self) -> list[notices.Untold]:
        """Notices that not everybody knows yet."""
        self._add_tables("notices", {notices.NOTICES.name})
        with self._reading() as connection:
            return notices.untold(connection)

    def note_told(
        self,
        told: Sequence[notices.Untold],
        who: str,
        everybody: Collection[str],
        now: datetime,
    ) -> None:
        """`who`, of `everybody` that is to be told, knows of these notices."""
        with self._writing() as connection:
            notices.note_told(connection, told, who, everybody, now)

    # -- static data ------------------------------------------------------------------------------

    def static_loaded(self) -> static_tables.Loaded | None:
        """The static data that is loaded; None for none."""
        self._add_tables("static data", static_tables.table_names())
        with self._reading() as connection:
            return static_tables.loaded(connection)

    def static_counts(self) -> dict[str, int]:
        """Rows of each kind of static data."""
        self._add_tables("static data", static_tables.table_names())
        with self._reading() as connection:
            return static_tables.counts(connection)

    def static_types(self, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Types by id, with group and category (9: Blueprint); unknown ones are not in."""
        self._add_tables("static data", static_tables.table_names())
        with self._reading() as connection:
            return static_tables.types(connection, ids)

    def types_named(self, words: Iterable[str]) -> dict[str, list[int]]:
        """The types called one of `words`, by the word, folded; see `static_tables.named`."""
        self._add_tables("static data", static_tables.table_names())
        with self._reading() as connection:
            return static_tables.named(connection, words)

    def find_place(self, word: str) -> PlaceInRegion | None:
        """The system or station that `word` names, with its region; see `place_search`."""
        self._prepare(CONTRACTS)
        self._add_tables("static data", static_tables.table_names())
        with self._reading() as connection:
            return place_search.find_place(connection, word)

    def static_places(self, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """System and region of NPC stations and solar systems by id; unknown ones are not in."""
        self._add_tables("static data", static_tables.table_names())
        with self._reading() as connection:
            return static_tables.places(connection, ids)

    def replace_static_data(
        self,
        rows: Mapping[str, Iterable[Record]],
        about: Mapping[str, Any],
        advance: Callable[[], object] = lambda: None,
    ) -> int:
        """Put `rows` in the place of all static data, all or nothing; returns how many."""
        self._add_tables("static data", static_tables.table_names())
        with self._writing_esi() as connection:
            return static_tables.replace_all(connection, rows, about, advance)

    def _prepare(self, schema: Schema) -> None:
        if schema.name not in self._ready:
            self._add_tables(schema.name, table_names(schema))

    def _add_tables(self, what: str, names: set[str]) -> None:
        """Create those of `names` that are missing, once for each `what`."""
        if what not in self._ready:
            with told(self._engine):
                add_missing_tables(self._engine, names)
            self._ready.add(what)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with told(self._engine), writing(self._engine) as connection:
            yield connection

    @contextmanager
    def _writing_esi(self) -> Iterator[Connection]:
        with told(self._engine), writing_of(self._engine, self._source, self._ready) as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with told(self._engine), self._engine.connect() as connection:
            yield connection
