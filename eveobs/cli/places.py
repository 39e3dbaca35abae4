"""Markets in the words of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eveobs.analysis.appraisal import Place
from eveobs.errors import UsageError, did_you_mean, nearest

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.store.store import Store


def place_named(run: Run, store: Store, region: str | None, station: str | None) -> Place:
    """The market of a region (the first of the settings, if none is named), or at a station of it.

    Raises UsageError for names that are not known.
    """
    word = region or run.loaded().settings.observe.regions[0]
    number = _id(store, "region", word)
    # An id is believed, also of a region that was not met, unless it is that of another place.
    place = store.find_place(word) if number is None or word.strip().isdecimal() else None
    if number is None or place is not None:
        near = nearest(word, [one.name for one in store.named("region")])
        hint = f"{place}; --station counts one station only." if place else did_you_mean(near)
        raise UsageError(
            f"nothing is stored of a region {word!r}",
            hint=hint or f"`eveobs fetch market-orders --region {word!r}` gets its market.",
        )
    if station is None:
        return Place(number)
    there = _id(store, "station", station) or _id(store, "structure", station)
    if there is None:
        near = nearest(station, [one.name for one in store.named("station")])
        raise UsageError(
            f"nothing is known of a station {station!r}",
            hint=did_you_mean(near) or "Its whole name, as the game shows it, or its id.",
        )
    return Place(number, there)


def _id(store: Store, category: str, word: str) -> int | None:
    text = word.strip()
    if text.isdecimal() and len(text) < 19:
        return int(text)
    found = store.names_like(category, text)
    same = [one for one in found if one.name.casefold() == text.casefold()] or found
    return same[0].id if len(same) == 1 else None
