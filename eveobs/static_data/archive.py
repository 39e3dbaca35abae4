"""An archive of the export: checked, and read as rows, a line at a time."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from eveobs.errors import EveobsError
from eveobs.esi.body_limits import STATIC_LINE
from eveobs.records import static
from eveobs.records.schema import Record
from eveobs.static_data import layout, stations

LARGEST_FILE = 2 * 1024**3
"""Bytes unpacked; types.jsonl, the largest that is read, has about 150 MB."""
HINT = "The static data that was there before is still in use. Try again later."


class Archive:
    """The zip at `path`, with names in `language` or else in English. Use as a context manager.

    Raises EveobsError for one that is damaged, lacks a file, or is not in CCP's layout.
    """

    def __init__(self, path: Path, language: str) -> None:
        self._language = language
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise _broken(str(error)) from error
        known = {Path(one.filename).name: one for one in self._zip.infolist()}
        missing = [name for name in layout.FILES if f"{name}.jsonl" not in known]
        if missing:
            self._zip.close()
            raise _broken(f"{missing[0]}.jsonl is missing")
        wanted = (*layout.FILES, *layout.BODIES.values())
        self._members = {
            name: known[f"{name}.jsonl"] for name in wanted if f"{name}.jsonl" in known
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def rows(self, kind: str) -> Iterator[Record]:
        """The rows of one of `records.static.KINDS`, in the order of the file."""
        readers: Mapping[str, Any] = {
            "categories": self._categories,
            "groups": self._groups,
            "types": self._types,
            "market_groups": self._market_groups,
            "meta_groups": self._meta_groups,
            "activities": self._activities,
            "materials": lambda: self._stacks("materials"),
            "products": lambda: self._stacks("products"),
            "regions": self._regions,
            "constellations": self._constellations,
            "systems": self._systems,
            "stations": self._stations,
            "corporations": self._corporations,
        }
        found: Iterator[Record] = readers[kind]()
        return found

    def _lines(self, name: str, having: tuple[bytes, ...] = ()) -> Iterator[Any]:
        """The lines of a file, decoded; with `having` only those in which one of these stands."""
        member = self._members[name]
        if member.file_size > LARGEST_FILE:
            raise _broken(f"{member.filename} claims to have {member.file_size:,} bytes")
        decoder = msgspec.json.Decoder(layout.FILES.get(name, layout.Body))
        number = 0
        try:
            with self._zip.open(member) as lines:
                while line := lines.readline(STATIC_LINE):
                    number += 1
                    if len(line) >= STATIC_LINE:
                        raise _broken(f"line {number} of {member.filename} is too long")
                    if having and not any(one in line for one in having):
                        continue
                    if line.strip():
                        yield decoder.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            raise _broken(f"line {number} of {member.filename}: {error}") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise _broken(f"{member.filename}: {error}") from error

    def _text(self, names: Mapping[str, str]) -> str:
        return names.get(self._language) or names.get("en", "")

    def _names(self, file: str, field: str = "name") -> dict[int, str]:
        return {row.key: self._text(getattr(row, field)) for row in self._lines(file)}

    def _categories(self) -> Iterator[Record]:
        for row in self._lines("categories"):
            name = self._text(row.name)
            yield static.StaticCategory(category_id=row.key, name=name, published=row.published)

    def _groups(self) -> Iterator[Record]:
        for row in self._lines("groups"):
            yield static.StaticGroup(
                group_id=row.key,
                category_id=row.category_id,
                name=self._text(row.name),
                published=row.published,
            )

    def _types(self) -> Iterator[Record]:
        for row in self._lines("types"):
            yield static.StaticType(
                type_id=row.key,
                group_id=row.group_id,
                name=self._text(row.name),
                volume=row.volume,
                base_price=row.base_price,
                portion_size=row.portion_size,
                market_group_id=row.market_group_id,
                meta_group_id=row.meta_group_id,
                published=row.published,
            )

    def _market_groups(self) -> Iterator[Record]:
        for row in self._lines("marketGroups"):
            yield static.StaticMarketGroup(
                market_group_id=row.key,
                name=self._text(row.name),
                parent_group_id=row.parent_group_id,
            )

    def _meta_groups(self) -> Iterator[Record]:
        for row in self._lines("metaGroups"):
            yield static.StaticMetaGroup(meta_group_id=row.key, name=self._text(row.name))

    def _activities(self) -> Iterator[Record]:
        for row in self._lines("blueprints"):
            for name, activity in row.activities.items():
                yield static.StaticActivity(
                    blueprint_type_id=row.key,
                    activity=name,
                    time=activity.time,
                    max_production_limit=row.max_production_limit,
                )

    def _stacks(self, what: str) -> Iterator[Record]:
        """Materials or products; of one that is named twice, the first."""
        for row in self._lines("blueprints"):
            for name, activity in row.activities.items():
                stacks = {one.type_id: one for one in reversed(getattr(activity, what))}
                for stack in stacks.values():
                    shared = {"blueprint_type_id": row.key, "activity": name}
                    of = {"type_id": stack.type_id, "quantity": stack.quantity}
                    if what == "materials":
                        yield static.StaticMaterial(**shared, **of)
                    else:
                        chance = {"probability": stack.probability}
                        yield static.StaticProduct(**shared, **of, **chance)

    def _regions(self) -> Iterator[Record]:
        for row in self._lines("mapRegions"):
            yield static.StaticRegion(region_id=row.key, name=self._text(row.name))

    def _constellations(self) -> Iterator[Record]:
        for row in self._lines("mapConstellations"):
            yield static.StaticConstellation(
                constellation_id=row.key, region_id=row.region_id, name=self._text(row.name)
            )

    def _systems(self) -> Iterator[Record]:
        for row in self._lines("mapSolarSystems"):
            yield static.StaticSystem(
                system_id=row.key,
                constellation_id=row.constellation_id,
                region_id=row.region_id,
                name=self._text(row.name),
                security=row.security_status,
            )

    def _corporations(self) -> Iterator[Record]:
        for row in self._lines("npcCorporations"):
            name = self._text(row.name)
            yield static.StaticCorporation(
                corporation_id=row.key, name=name, ticker=row.ticker_name
            )

    def _stations(self) -> Iterator[Record]:
        names = stations.Names(
            systems=self._names("mapSolarSystems"),
            corporations=self._names("npcCorporations"),
            operations=self._names("stationOperations", "operation_name"),
            planets={
                (body.solar_system_id, body.celestial_index or 0): name
                for body, name in self._bodies("planets")
            },
            moons={body.key: name for body, name in self._bodies("moons")},
        )
        for row in self._lines("npcStations"):
            yield static.StaticStation(
                station_id=row.key,
                system_id=row.solar_system_id,
                type_id=row.type_id,
                corporation_id=row.owner_id,
                name=stations.station_name(row, names),
            )

    def _bodies(self, kind: str) -> Iterator[tuple[layout.Body, str]]:
        """The planets or moons with a name of their own, and that name."""
        file = layout.BODIES[kind]
        if file not in self._members:
            return
        for body in self._lines(file, layout.OWN_NAME):
            own = body.unique_name or body.name
            name = own if isinstance(own, str) else self._text(own)
            if name:
                yield body, name


def _broken(why: str) -> EveobsError:
    return EveobsError(f"the static data export cannot be read: {why}", hint=HINT)
