"""Industry jobs: what an owner's blueprints are used for.

Every third lasting blueprint has one job after the other. A job runs, is ready when it ends, and is
delivered an hour and a half later; as long as the next one has not begun, it is still listed as
completed.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from eveobs.sandbox.calendar import Calendar, moment
from eveobs.sandbox.capsuleers.census import Census, Owner
from eveobs.sandbox.capsuleers.estate import Efficiency, Item, is_lasting, items
from eveobs.sandbox.capsuleers.turns import Turn, turn
from eveobs.sandbox.draw import dice, happens
from eveobs.sandbox.people import character_id
from eveobs.sandbox.universe import ALL_TYPES, TYPE_BY_ID

_JOB = 36
_FIRST_JOB = 560_000_000
_APART = 1 << 21
"""Ids set aside for each cycle: jobs of one cycle have ids above those of earlier ones."""
_SLOT_BITS = 10
_JOB_EVERY = 3
_PLACES = 3 << 24
_MANUFACTURING, _TIME, _MATERIAL, _COPYING, _INVENTION = 1, 3, 4, 5, 8
_READY_FOR = 3
"""Cycles until somebody delivers it."""
_PRODUCTS = {kind.name: kind.id for kind in ALL_TYPES}


def jobs(census: Census, calendar: Calendar, owner: Owner, at: int) -> list[dict[str, Any]]:
    """Rows of ESI's jobs, by ascending id; those that are delivered too."""
    seed = census.people.seed
    everything = {item.item_id: item for item in items(seed, calendar, owner, at)}
    members = census.members(owner.number)[:2] if owner.is_corporation else [owner.number]
    bench = Bench(seed, calendar, owner, [character_id(one) for one in members], everything)
    return sorted(_jobs(bench, at), key=lambda job: int(job["job_id"]))


def is_open(job: dict[str, Any]) -> bool:
    """Whether ESI lists it without being asked for completed ones."""
    return job["status"] in {"active", "paused", "ready"}


class Bench(NamedTuple):
    """Who works with what: one owner's installers and things, by id."""

    seed: int
    calendar: Calendar
    owner: Owner
    installers: list[int]
    everything: dict[int, Item]

    def site(self, item: Item) -> int:
        """The station or structure that an item is in."""
        place = item.place
        while place.location_id in self.everything:
            place = self.everything[place.location_id].place
        return place.location_id


def _jobs(bench: Bench, at: int) -> Iterator[dict[str, Any]]:
    for item in bench.everything.values():
        if item.efficiency is None or not is_lasting(item) or item.slot % _JOB_EVERY:
            continue
        if bench.installers:
            place = bench.owner.place << _SLOT_BITS | item.slot
            cycles = 8 + dice(bench.seed, _JOB, place).randrange(150)
            now = turn(bench.calendar, cycles, (bench.seed, _PLACES + place), at)
            yield _job(bench, item, item.efficiency, now, at)


def _job(bench: Bench, item: Item, efficiency: Efficiency, now: Turn, at: int) -> dict[str, Any]:
    place = bench.owner.place << _SLOT_BITS | item.slot
    job_id = _FIRST_JOB + bench.calendar.number(now.since) * _APART + place % _APART
    chance = dice(bench.seed, _JOB, job_id)
    activity = _activity(efficiency, chance)
    length = (now.until - now.since) * chance.randint(50, 80) // 100
    end = now.since + length
    dates = (now.since, end, end + _READY_FOR * bench.calendar.cycle)
    site = bench.site(item)
    job = {
        "activity_id": activity,
        "blueprint_id": item.item_id,
        "blueprint_location_id": item.place.location_id,
        "blueprint_type_id": item.type_id,
        "cost": round(chance.uniform(1e3, 5e6), 2),
        "duration": length,
        "end_date": moment(end),
        "facility_id": site,
        "installer_id": chance.choice(bench.installers),
        "job_id": job_id,
        "output_location_id": item.place.location_id,
        "runs": chance.randint(1, efficiency.runs if efficiency.runs > 0 else 10),
        "start_date": moment(now.since),
        "location_id" if bench.owner.is_corporation else "station_id": site,
    }
    return job | _result(job, item, chance) | _ending(job, chance, at, dates)


def _activity(efficiency: Efficiency, chance: Random) -> int:
    """Copies are built and invented from; originals are also copied and researched."""
    if efficiency.runs > 0:
        return chance.choice((_MANUFACTURING, _INVENTION))
    return chance.choice((_MANUFACTURING, _TIME, _MATERIAL, _COPYING))


def _result(job: dict[str, Any], item: Item, chance: Random) -> dict[str, Any]:
    """What comes of it, where that is known."""
    product = _PRODUCTS.get(TYPE_BY_ID[item.type_id].name.removesuffix(" Blueprint"))
    if job["activity_id"] == _MANUFACTURING:
        return {} if product is None else {"product_type_id": product, "probability": 1.0}
    if job["activity_id"] == _INVENTION:
        return {"licensed_runs": chance.randint(1, 10), "probability": 0.34}
    return {"product_type_id": item.type_id, "licensed_runs": 1}


def _ending(
    job: dict[str, Any], chance: Random, at: int, dates: tuple[int, int, int]
) -> dict[str, Any]:
    """Its status, and what that brings; a few are paused, or cancelled before they end."""
    start, end, delivered = dates
    fate, halfway = chance.random(), (start + end) // 2
    if fate < 0.06 and at >= halfway:
        return {"status": "paused", "pause_date": moment(halfway)}
    if fate > 0.94 and at >= halfway:
        return {
            "status": "cancelled",
            "completed_date": moment(halfway),
            "completed_character_id": job["installer_id"],
        }
    if at < end:
        return {"status": "active"}
    if at < delivered:
        return {"status": "ready"}
    return {
        "status": "delivered",
        "completed_date": moment(delivered),
        "completed_character_id": job["installer_id"],
        "successful_runs": int(job["runs"]) if happens(chance, 0.7) else 0,
    }
