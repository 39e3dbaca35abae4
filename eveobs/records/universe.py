"""Names and answers that every domain meets."""

from __future__ import annotations

from datetime import datetime

from eveobs.records.schema import Record


class Name(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One row of `POST /universe/names`; `category` is ESI's word, such as `inventory_type`."""

    category: str
    id: int
    name: str


class NamesFound(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The part of `POST /universe/ids` that eveobs asks for."""

    regions: tuple[IdAndName, ...] = ()
    characters: tuple[IdAndName, ...] = ()
    corporations: tuple[IdAndName, ...] = ()
    inventory_types: tuple[IdAndName, ...] = ()


class IdAndName(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One hit of `POST /universe/ids`."""

    id: int
    name: str


class ServerStatus(Record, frozen=True, kw_only=True, omit_defaults=True):
    """`GET /status`."""

    players: int
    server_version: str
    start_time: datetime
    vip: bool = False
