"""The layout of EVE Ref's public-contracts archives.

Where the facts are from: https://docs.everef.net/datasets/public-contracts names the files and
their columns; the sources of EVE Ref (github.com/autonomouslogic/eve-ref, package
`cli.publiccontracts`: ContractsFileBuilder, ContractsScrapeMeta, ContractFetcher,
ContractAbyssalFetcher; `util.JsonNodeCsvWriter`; `esi.LocationPopulator`) say the rest:

- a tar, compressed with bzip2, in which meta.json comes first, then the tables;
- a table is CSV by RFC 4180 in UTF-8, lines end in CR LF. Its header has the fields that occur in
  at least one of its rows, in the order in which they are met: columns of fields that ESI may leave
  out come and go from archive to archive, and a table without rows has no header either. So columns
  are found by name, and only those are needed that every row of ESI has;
- `http_last_modified` of a row is the Last-Modified of the answer it came in; `region_id` is that
  of the list, `station_id` is `start_location_id` where that is below NPC_STATION_MAX_ID (older
  archives have it of structures, too), `system_id` and `constellation_id` are there for NPC
  stations;
- `contract_non_dynamic_items.csv` has the items whose type is abyssal and that ESI answered with
  520: they are not dynamic after all, and not asked about again. (The documentation says "Not
  used"; ContractAbyssalFetcher and ContractsFileLoader write and read it.)
- items of contracts that were in the archive before are not asked for again; rows of contracts that
  ended are dropped; where EVE Ref had no answer there are no rows.

Older archives lack `contract_non_dynamic_items.csv`, and write doubles as 1.0E9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from eveobs.archives import cells
from eveobs.archives.cells import Cell, optional

META = "meta.json"
DATASOURCE = "tranquility"
SUFFIX = ".tar.bz2"
FIRST_STRUCTURE = 100_000_000
"""Locations with this id or a higher one are no NPC stations (EveConstants.NPC_STATION_MAX_ID)."""


class Column(NamedTuple):
    """A column by its name, and how its cells are read. `needed`: no archive is without it."""

    name: str
    read: Cell
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A file of an archive; columns in EVE Ref's order. `needed`: no archive is without it."""

    file: str
    columns: tuple[Column, ...]
    needed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.columns)


def _maybe(name: str, read: Cell) -> Column:
    return Column(name, optional(read), needed=False)


MODIFIED = _maybe("http_last_modified", cells.moment)
CONTRACT = Column("contract_id", cells.identity)
ITEM = Column("item_id", cells.identity)

CONTRACTS = Table(
    "contracts.csv",
    (
        _maybe("collateral", cells.amount),
        CONTRACT,
        Column("date_expired", cells.moment),
        Column("date_issued", cells.moment),
        _maybe("days_to_complete", cells.count),
        _maybe("end_location_id", cells.identity),
        Column("issuer_corporation_id", cells.identity),
        Column("issuer_id", cells.identity),
        _maybe("price", cells.amount),
        _maybe("reward", cells.amount),
        _maybe("start_location_id", cells.identity),
        Column("title", cells.words, needed=False),
        Column("type", cells.kind),
        _maybe("volume", cells.amount),
        MODIFIED,
        Column("region_id", cells.identity),
        _maybe("station_id", cells.identity),
        _maybe("system_id", cells.identity),
        _maybe("constellation_id", cells.identity),
        _maybe("for_corporation", cells.flag),
        _maybe("buyout", cells.amount),
    ),
    needed=True,
)

ITEMS = Table(
    "contract_items.csv",
    (
        _maybe("is_blueprint_copy", cells.flag),
        Column("is_included", cells.flag),
        _maybe("item_id", cells.identity),
        _maybe("material_efficiency", cells.count),
        Column("quantity", cells.count),
        Column("record_id", cells.identity),
        _maybe("runs", cells.runs),
        _maybe("time_efficiency", cells.count),
        Column("type_id", cells.identity),
        MODIFIED,
        CONTRACT,
    ),
    needed=True,
)

BIDS = Table(
    "contract_bids.csv",
    (
        Column("amount", cells.amount),
        Column("bid_id", cells.identity),
        Column("date_bid", cells.moment),
        MODIFIED,
        CONTRACT,
    ),
)

DYNAMIC_ITEMS = Table(
    "contract_dynamic_items.csv",
    (
        Column("created_by", cells.identity),
        Column("mutator_type_id", cells.identity),
        Column("source_type_id", cells.identity),
        ITEM,
        CONTRACT,
        MODIFIED,
    ),
)

NON_DYNAMIC_ITEMS = Table(
    "contract_non_dynamic_items.csv", (ITEM, Column("type_id", cells.identity), CONTRACT)
)
"""What was thought to be dynamic and is not."""

DOGMA_ATTRIBUTES = Table(
    "contract_dynamic_items_dogma_attributes.csv",
    (
        Column("attribute_id", cells.identity),
        Column("value", cells.real),
        CONTRACT,
        ITEM,
        MODIFIED,
    ),
)

DOGMA_EFFECTS = Table(
    "contract_dynamic_items_dogma_effects.csv",
    (
        Column("effect_id", cells.identity),
        Column("is_default", cells.flag),
        CONTRACT,
        ITEM,
        MODIFIED,
    ),
)

TABLES = (
    *(CONTRACTS, ITEMS, BIDS, DYNAMIC_ITEMS),
    *(NON_DYNAMIC_ITEMS, DOGMA_ATTRIBUTES, DOGMA_EFFECTS),
)
"""In the order in which EVE Ref writes them."""
