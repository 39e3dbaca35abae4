"""ESI's route of dynamic items: what a mutaplasmid made, as a function of the item's id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eveobs.sandbox.answers import Answer, Body, Call, Handlers, RefusedError
from eveobs.sandbox.calendar import DAY, static_data_since
from eveobs.sandbox.draw import dice
from eveobs.sandbox.universe import ABYSSAL_TYPES, MADE_OF

PATH = "/dogma/dynamic/items/{type_id}/{item_id}"
NOT_DYNAMIC = 520
"""What EVE Ref's scraper is answered for an item that is not dynamic after all."""
_ONE_IN, _MADE = 31, 7
_ATTRIBUTES = (4, 6, 20, 30, 50, 54, 554)
_EFFECTS = (16, 6730)


class DogmaRoutes:
    """Shows how items came out; `makers` are characters."""

    def __init__(self, makers: Sequence[int]) -> None:
        self._makers = makers

    @property
    def handlers(self) -> Handlers:
        """What this room answers."""
        return {("GET", PATH): self.item}

    def item(self, call: Call) -> Answer:
        """One item. It expires daily at 11:05, as all static data."""
        type_id, item_id = call.number(0), call.number(1)
        order = [one.id for one in ABYSSAL_TYPES]
        if type_id not in order or item_id % _ONE_IN == 0:
            raise RefusedError(NOT_DYNAMIC, "Undefined error, the item is not dynamic")
        source, mutator = MADE_OF[2 * order.index(type_id) :][:2]
        since = static_data_since(call.now)
        made = {"source_type_id": source.id, "mutator_type_id": mutator.id}
        body = Body({**made, **self._dogma(item_id)})
        return Answer(200, body, since, since + DAY, hit=False, cache_control="public")

    def _dogma(self, item_id: int) -> dict[str, Any]:
        chance = dice(_MADE, 0, item_id)
        return {
            "created_by": chance.choice(self._makers) if self._makers else 1,
            "dogma_attributes": [
                {"attribute_id": number, "value": round(chance.uniform(-50, 600), 4)}
                for number in _ATTRIBUTES
            ],
            "dogma_effects": [
                {"effect_id": number, "is_default": number == _EFFECTS[-1]} for number in _EFFECTS
            ],
        }
