"""Every route that the sandbox serves, asked with what it has, and the bodies that came."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from eveobs.sandbox.messages import Reply
from eveobs.sandbox.people import character_id, corporation_id
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.structures import PER_REGION, structure_id
from eveobs.sandbox.universe import ABYSSAL_TYPES

REGIONS = (10000002, 10000043)
PEOPLE = range(8)
CORPORATIONS = range(4)
CHARACTER, CORPORATION = "/characters/{character_id}", "/corporations/{corporation_id}"

Bodies = dict[str, list[Any]]


class Walk:
    """Asks, and keeps what was answered with 200, by method and path of the route."""

    def __init__(self, sandbox: Sandbox, ask_as: Callable[..., Reply], clock: Any) -> None:
        self._sandbox, self._ask_as, self._clock = sandbox, ask_as, clock
        self.bodies: Bodies = defaultdict(list)

    def get(self, path: str, query: str = "", who: int = 0, **values: object) -> Any:
        return self._ask(who, "GET", path, query, b"", values)

    def post(self, path: str, body: object, who: int = 0, **values: object) -> Any:
        return self._ask(who, "POST", path, "", json.dumps(body).encode(), values)

    def _ask(
        self, who: int, method: str, path: str, query: str, body: bytes, values: dict[str, object]
    ) -> Any:
        target = path
        for name, value in values.items():
            target = target.replace(f"{{{name}}}", str(value))
        self._clock.time += 0.6  # no limit is reached
        reply = self._ask_as(who, target + query, method, body)
        if reply.status != 200:
            return []
        found = json.loads(reply.body or b"null")
        self.bodies[f"{method} {path}"].append(found)
        return found

    def all(self) -> Bodies:
        """Everything there is."""
        self._universe()
        self._regions()
        for number in PEOPLE:
            self._character(number)
        for number in CORPORATIONS:
            self._corporation(number)
        return dict(self.bodies)

    def _universe(self) -> None:
        for path in ("/status", "/meta/status", "/meta/compatibility-dates", "/meta/changelog"):
            self.get(path)
        for region in self.get("/universe/regions"):
            self.get("/universe/regions/{region_id}", region_id=region)
        for type_id in (34, 691, 587):
            self.get("/universe/types/{type_id}", type_id=type_id)
        self.post("/universe/names", [10000002, 34, 60003760, 20000020, character_id(0)])
        self.post("/universe/ids", ["Domain", "Jita", "Rifter"])
        self.post("/characters/affiliation", [character_id(number) for number in PEOPLE])
        for alliance in self.get("/alliances"):
            for part in ("", "/corporations", "/icons"):
                self.get("/alliances/{alliance_id}" + part, alliance_id=alliance)
        self._things()

    def _things(self) -> None:
        for item in range(2**41, 2**41 + 4):
            self.get(
                "/dogma/dynamic/items/{type_id}/{item_id}",
                type_id=ABYSSAL_TYPES[0].id,
                item_id=item,
            )
        for rule in range(PER_REGION):
            for who in PEOPLE:
                self.get(
                    "/universe/structures/{structure_id}",
                    structure_id=structure_id(REGIONS[0], rule),
                    who=who,
                )

    def _regions(self) -> None:
        for region in REGIONS:
            rows = self.get("/contracts/public/{region_id}", region_id=region)
            for row in rows[::5]:
                for what in ("items", "bids"):
                    path = f"/contracts/public/{what}/{{contract_id}}"
                    if what == "items" or row["type"] == "auction":
                        self.get(path, contract_id=row["contract_id"])
            self.get("/markets/{region_id}/orders", "?order_type=all", region_id=region)
            self.get("/markets/{region_id}/history", "?type_id=34", region_id=region)
            self.get("/markets/{region_id}/types", region_id=region)
        self.get("/markets/prices")

    def _character(self, number: int) -> None:
        who: dict[str, Any] = {"who": number, "character_id": character_id(number)}
        parts = (
            "",
            *"/portrait /corporationhistory /roles /skills /skillqueue /wallet".split(),
            *"/blueprints /industry/jobs /orders /orders/history".split(),
            *"/wallet/journal /wallet/transactions".split(),
        )
        for part in parts:
            self.get(CHARACTER + part, **who)
        for row in self.get(f"{CHARACTER}/planets", **who):
            planet = {"planet_id": row["planet_id"]}
            self.get(f"{CHARACTER}/planets/{{planet_id}}", **who, **planet)
            self.get("/universe/planets/{planet_id}", **planet)
        self._goods(CHARACTER, who)

    def _corporation(self, number: int) -> None:
        who: dict[str, Any] = {"who": number, "corporation_id": corporation_id(number)}
        parts = (
            "",
            *"/icons /alliancehistory /members /roles /divisions /wallets /structures".split(),
            *"/blueprints /industry/jobs /orders /orders/history".split(),
        )
        for part in parts:
            for asking in PEOPLE:
                self.get(CORPORATION + part, **{**who, "who": asking})
        for division in (1, 7):
            for book in ("journal", "transactions"):
                path = f"{CORPORATION}/wallets/{{division}}/{book}"
                self.get(path, **who, division=division)
        self._goods(CORPORATION, who)

    def _goods(self, base: str, who: dict[str, Any]) -> None:
        """Assets and contracts of a character or corporation."""
        ids = [row["item_id"] for row in self.get(f"{base}/assets", **who)][:50]
        for what in ("names", "locations"):
            self.post(f"{base}/assets/{what}", ids or [1], **who)
        for row in self.get(f"{base}/contracts", **who)[:40]:
            for what in ("items", "bids"):
                path = f"{base}/contracts/{{contract_id}}/{what}"
                self.get(path, **who, contract_id=row["contract_id"])


__all__ = ["Bodies", "Walk"]
