"""ESI's routes of places, types and names."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from eveobs.sandbox.answers import Answer, Body, Call, Handlers, RefusedError
from eveobs.sandbox.calendar import DAY, static_data_since
from eveobs.sandbox.names import Names
from eveobs.sandbox.universe import CONSTELLATIONS, TYPE_BY_ID

_MOST_IDS = 1000
_MOST_NAMES = 500
_BEFORE_EXPIRY = 106
"""Static data was last modified at 11:03:14 and expires at 11:05:00, in recorded answers."""

T = TypeVar("T", int, str)


class UniverseRoutes:
    """Shows what does not change, and what everything is called."""

    def __init__(self, regions: frozenset[int], names: Names) -> None:
        self._regions = regions
        self._names = names
        self._bodies: dict[tuple[str, int], Body] = {}

    @property
    def handlers(self) -> Handlers:
        """What this room answers."""
        return {
            ("GET", "/universe/regions"): self.regions,
            ("GET", "/universe/regions/{region_id}"): self.region,
            ("GET", "/universe/types/{type_id}"): self.type,
            ("POST", "/universe/names"): self.names,
            ("POST", "/universe/ids"): self.ids,
        }

    def regions(self, call: Call) -> Answer:
        """Their ids."""
        return self._static(call, ("regions", 0), sorted(self._regions))

    def region(self, call: Call) -> Answer:
        """One region."""
        region_id = call.number()
        name = self._names.resolve([region_id])
        if region_id not in self._regions or name is None:
            raise RefusedError(404, "Region not found!")
        inside = [place.id for place in CONSTELLATIONS if place.region_id == region_id]
        region = {"region_id": region_id, "name": name[0].name, "constellations": inside}
        return self._static(call, ("region", region_id), region)

    def type(self, call: Call) -> Answer:
        """One type."""
        kind = TYPE_BY_ID.get(call.number())
        if kind is None:
            raise RefusedError(404, "Type not found!")
        return self._static(
            call,
            ("type", kind.id),
            {
                "type_id": kind.id,
                "name": kind.name,
                "description": "",
                "group_id": kind.group_id,
                "published": True,
                "volume": kind.volume,
            },
        )

    def names(self, call: Call) -> Answer:
        """Ids to names. One unknown id, and there is no answer for any (esi-issues#1181)."""
        found = self._names.resolve(_asked_for(call, list[int], _MOST_IDS))
        if found is None:
            raise RefusedError(404, "Ensure all IDs are valid before resolving.")
        return Answer(200, Body(found), hit=False, etag=False)

    def ids(self, call: Call) -> Answer:
        """Names to ids; what is unknown is left out."""
        found = self._names.find(_asked_for(call, list[str], _MOST_NAMES))
        body = {
            plural: [{"id": name.id, "name": name.name} for name in names]
            for plural, names in found.items()
        }
        return Answer(200, Body(body), hit=False, etag=False)

    def _static(self, call: Call, key: tuple[str, int], value: Any) -> Answer:
        """Static data expires daily at 11:05; its ETags are weak."""
        hit = key in self._bodies
        body = self._bodies.get(key) or self._bodies.setdefault(key, Body(value, weak=True))
        since = static_data_since(call.now)
        modified, expires = since - _BEFORE_EXPIRY, since + DAY
        return Answer(200, body, modified, expires, hit=hit, cache_control="public")


def _asked_for(call: Call, shape: type[list[T]], most: int) -> list[T]:
    """The list in a POST's body: not empty, not too long, nothing twice."""
    try:
        asked = msgspec.json.decode(call.body, type=shape)
    except msgspec.MsgspecError as problem:
        raise RefusedError(400, f"Invalid body: {problem}") from None
    if not 1 <= len(asked) <= most:
        raise RefusedError(400, f"Invalid body: between 1 and {most} items are required")
    if len(set(asked)) != len(asked):
        raise RefusedError(400, "Invalid body: items must be unique")
    return asked
