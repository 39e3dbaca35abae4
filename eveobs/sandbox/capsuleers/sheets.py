"""What everybody may see: sheets of characters, corporations and alliances, and their histories.

Each function gives one JSON object or list as ESI's route of the same name does. None of it changes
with time.
"""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

from eveobs.sandbox.calendar import DAY, moment
from eveobs.sandbox.capsuleers.census import Census, Owner
from eveobs.sandbox.draw import dice
from eveobs.sandbox.people import alliance_id, character_id, corporation_id

_SHEET, _ALLIANCE_SHEET = 32, 33
_FIRST_DAY, _DAYS = 1_052_179_200, 7_500
"""EVE Online opened on 6 May 2003; everybody was there by the end of 2023."""
_RACES = ((1, 1), (1, 2), (2, 3), (2, 4), (4, 5), (4, 6), (8, 7), (8, 8))
"""Races and their bloodlines."""
_RECORDS_APART = 8
_IMAGES = "https://images.evetech.net"


def character(census: Census, owner: Owner) -> dict[str, Any]:
    """`/characters/{character_id}`."""
    chance = dice(census.people.seed, _SHEET, owner.id)
    race, bloodline = chance.choice(_RACES)
    corporation = census.people.corporation_of(owner.number)
    return _present(
        achievement_score=chance.randrange(5_000),
        alliance_id=census.alliance_of(corporation),
        birthday=_history(census, owner)[0][1],
        bloodline_id=bloodline,
        corporation_id=corporation_id(corporation),
        corporation_title="Quartermaster" if owner.number % 4 == 0 else None,
        description="" if owner.number % 3 else "Buying blueprints. <b>Fly safe</b> o7",
        gender=chance.choice(("male", "female")),
        name=census.names[owner.id],
        race_id=race,
        security_status=round(chance.uniform(-5, 5), 8) if owner.number % 5 else None,
    )


def corporation_history(census: Census, owner: Owner) -> list[dict[str, Any]]:
    """`/characters/{character_id}/corporationhistory`: the newest first."""
    first = 50_000_000 + owner.number * _RECORDS_APART
    return [
        {"corporation_id": joined, "record_id": first + order, "start_date": since}
        for order, (joined, since) in enumerate(_history(census, owner))
    ][::-1]


def portrait(owner: Owner) -> dict[str, Any]:
    """`/characters/{character_id}/portrait`."""
    return _images(f"characters/{owner.id}/portrait", (64, 128, 256, 512))


def affiliation(census: Census, owner: Owner) -> dict[str, Any]:
    """One row of `/characters/affiliation`."""
    corporation = census.people.corporation_of(owner.number)
    return _present(
        alliance_id=census.alliance_of(corporation),
        character_id=owner.id,
        corporation_id=corporation_id(corporation),
    )


def corporation(census: Census, owner: Owner) -> dict[str, Any]:
    """`/corporations/{corporation_id}`."""
    chance = dice(census.people.seed, _SHEET, owner.id)
    members, ceo = census.members(owner.number), census.ceo(owner.number)
    return _present(
        alliance_id=census.alliance_of(owner.number),
        ceo_id=None if ceo is None else character_id(ceo),
        creator_id=character_id(members[0]) if members else None,
        date_founded=_date(chance),
        description="Industry and trade, all over New Eden.",
        friendly_fire=chance.choice(("legal", "illegal")),
        home_station_id=owner.home.id,
        member_count=len(members),
        name=census.names[owner.id],
        shares=1000,
        state="active" if members else "closed",
        # Percentages of 0 to 100: the document's examples are 10 and 5.6.
        tax_rates={"isk": chance.choice((0.0, 5.0, 10.0)), "loyalty_point": 5.6},
        ticker=_ticker(census.names[owner.id], owner.number),
        type="player_owned",
        url="" if owner.number % 2 else "https://corporation.example",
        war_eligible=owner.number % 6 == 0,
    )


def icons(owner: Owner) -> dict[str, Any]:
    """`/corporations/{corporation_id}/icons`."""
    return _images(f"corporations/{owner.id}/logo", (64, 128, 256))


def alliance_history(census: Census, owner: Owner) -> list[dict[str, Any]]:
    """`/corporations/{corporation_id}/alliancehistory`: the newest first."""
    joined = census.alliance_of(owner.number)
    if joined is None:
        return []
    chance = dice(census.people.seed, _ALLIANCE_SHEET, owner.id)
    record_id = 1_500_000 + owner.number * _RECORDS_APART
    start = _date(chance)
    return [
        {"alliance_id": joined, "record_id": record_id + 1, "start_date": start},
        {"record_id": record_id, "start_date": moment(int(start.timestamp()) - 40 * DAY)},
    ]


def alliances(census: Census) -> list[int]:
    """`/alliances`."""
    return [alliance_id(number) for number in range(census.people.alliances)]


def alliance(census: Census, number: int) -> dict[str, Any]:
    """`/alliances/{alliance_id}`; its first corporation leads it."""
    found = alliance_id(number)
    chance = dice(census.people.seed, _ALLIANCE_SHEET, found)
    first = alliance_corporations(census, number)[0]
    owner = census.owner(first)
    ceo = None if owner is None else census.ceo(owner.number)
    return {
        "creator_corporation_id": first,
        "creator_id": character_id(ceo or 0),
        "date_founded": _date(chance),
        "executor_corporation_id": first,
        "name": census.names[found],
        "ticker": _ticker(census.names[found], number),
    }


def alliance_corporations(census: Census, number: int) -> list[int]:
    """`/alliances/{alliance_id}/corporations`."""
    everybody = range(census.people.corporations)
    return [corporation_id(one) for one in everybody if census.people.alliance_of(one) == number]


def alliance_icons(number: int) -> dict[str, Any]:
    """`/alliances/{alliance_id}/icons`."""
    return _images(f"alliances/{alliance_id(number)}/logo", (64, 128))


def _history(census: Census, owner: Owner) -> list[tuple[int, datetime]]:
    """Which corporation was joined when, the oldest first; the last is where it is now."""
    chance = dice(census.people.seed, _SHEET, -owner.id)
    before = [chance.randrange(census.people.corporations) for _ in range(chance.randrange(4))]
    joined = [*before, census.people.corporation_of(owner.number)]
    dates = sorted(_FIRST_DAY + chance.randrange(_DAYS * DAY) for _ in joined)
    return [(corporation_id(one), moment(date)) for one, date in zip(joined, dates, strict=True)]


def _date(chance: Random) -> datetime:
    return moment(_FIRST_DAY + chance.randrange(_DAYS * DAY))


def _ticker(name: str, number: int) -> str:
    """At most five characters, as in the game; no two are alike among the first thousand."""
    return f"{name[:2].upper()}{number:03d}"[:5]


def _images(path: str, sizes: tuple[int, ...]) -> dict[str, Any]:
    return {
        f"px{size}x{size}": f"{_IMAGES}/{path}?tenant=tranquility&size={size}" for size in sizes
    }


def _present(**fields: Any) -> dict[str, Any]:
    """The fields that there is something to say about: ESI leaves the others out."""
    return {name: value for name, value in fields.items() if value is not None}
