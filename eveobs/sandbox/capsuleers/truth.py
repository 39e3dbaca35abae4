"""Everything there is to know of an owner, as eveobs's processors should find it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eveobs.sandbox.answers import Call, RefusedError
from eveobs.sandbox.capsuleers.census import Owner
from eveobs.sandbox.capsuleers.shelf import Shelf
from eveobs.sandbox.capsuleers.views import CHARACTER, CORPORATION, HANGARS, Views
from eveobs.sandbox.capsuleers.wallet import DIVISIONS

_LISTS = {
    "assets": "assets",
    "blueprints": "blueprints",
    "industry-jobs": "industry/jobs",
    "orders": "orders",
    "own-contracts": "contracts",
}
_CHARACTER_PARTS = (
    "portrait",
    "corporationhistory",
    "roles",
    "skills",
    "skillqueue",
    "wallet",
)
_CORPORATION_PARTS = ("icons", "alliancehistory", "members", "roles", "divisions", "wallets")


class Truth:
    """Tells it as ESI would now, each part of the moment its route was last renewed."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._shelf = Shelf(views.calendar)

    def people(self) -> dict[str, Any]:
        """Everybody, and which corporations there are."""
        census, people = self._views.census, self._views.census.people
        characters = [
            {
                "id": (one := census.character(number)).id,
                "name": census.names[one.id],
                "corporation_id": census.corporation_of(one.id),
                "roles": census.roles(number),
            }
            for number in range(people.characters)
        ]
        corporations = [
            {
                "id": (one := census.corporation(number)).id,
                "name": census.names[one.id],
                "alliance_id": census.alliance_of(number),
                "members": len(census.members(number)),
            }
            for number in range(people.corporations)
        ]
        return {"characters": characters, "corporations": corporations}

    def of(self, processor: str, owner_id: int, now: float) -> dict[str, Any]:
        """`rows` and what belongs to them. Raises KeyError for an unknown processor or owner."""
        owner = self._views.census.owner(owner_id)
        tellers = self._tellers
        if owner is None or processor not in tellers:
            raise KeyError(f"no {processor} of {owner_id}")
        try:
            return {"owner_id": owner_id, "now": now, **tellers[processor](owner, now)}
        except RefusedError as refused:
            raise KeyError(f"no {processor} of {owner_id}") from refused

    @property
    def _tellers(self) -> Mapping[str, Callable[[Owner, float], dict[str, Any]]]:
        def lists(suffix: str) -> Callable[[Owner, float], dict[str, Any]]:
            return lambda owner, now: {"rows": self._look(owner, suffix, now)}

        return {
            **{name: lists(suffix) for name, suffix in _LISTS.items()},
            "assets": self._assets,
            "characters": lambda owner, now: self._sheet(owner, _CHARACTER_PARTS, now),
            "corporations": lambda owner, now: self._sheet(owner, _CORPORATION_PARTS, now),
            "orders": self._orders,
            "own-contracts": self._contracts,
            "planets": self._planets,
            "wallet-journal": lambda owner, now: self._book(owner, "journal", now),
            "wallet-transactions": lambda owner, now: self._book(owner, "transactions", now),
        }

    def _look(self, owner: Owner, suffix: str, now: float, *more: int) -> Any:
        """What a route of the owner shows; `suffix` is the rest of its path."""
        base = CORPORATION if owner.is_corporation else CHARACTER
        path = f"{base}/{suffix}" if suffix else base
        call = Call(now, tuple(str(number) for number in (owner.id, *more)), "", b"")
        return self._views.by_path[path](call, self._shelf.since(path, now))

    def _sheet(self, owner: Owner, parts: Sequence[str], now: float) -> dict[str, Any]:
        key = "corporation_id" if owner.is_corporation else "character_id"
        sheet = {**self._look(owner, "", now), key: owner.id} if self._fits(owner, parts) else {}
        if not sheet:
            raise KeyError(f"{owner.id} is of another kind")
        return {"rows": [sheet]} | {part: self._look(owner, part, now) for part in parts}

    @staticmethod
    def _fits(owner: Owner, parts: Sequence[str]) -> bool:
        return owner.is_corporation == (parts is _CORPORATION_PARTS)

    def _assets(self, owner: Owner, now: float) -> dict[str, Any]:
        base = CORPORATION if owner.is_corporation else CHARACTER
        items = self._views.items(owner, self._shelf.since(f"{base}/assets", now))
        names = {str(item.item_id): item.name for item in items if item.name}
        return {"rows": self._look(owner, "assets", now), "names": names, "hangars": HANGARS}

    def _orders(self, owner: Owner, now: float) -> dict[str, Any]:
        return {
            "rows": self._look(owner, "orders", now),
            "history": self._look(owner, "orders/history", now),
        }

    def _contracts(self, owner: Owner, now: float) -> dict[str, Any]:
        """Items and bids by contract; bids of auctions only."""
        base = CORPORATION if owner.is_corporation else CHARACTER
        at = self._shelf.since(f"{base}/contracts", now)
        until = self._shelf.since(f"{base}/contracts/{{contract_id}}/bids", now)
        agreements, rows = self._views.agreements, self._look(owner, "contracts", now)
        ids = [row["contract_id"] for row in rows]
        bids = {number: agreements.bids(owner, number, at, until) for number in ids}
        return {
            "rows": rows,
            "items": {str(number): agreements.items(owner, number, at) for number in ids},
            "bids": {str(number): found for number, found in bids.items() if found is not None},
        }

    def _planets(self, owner: Owner, now: float) -> dict[str, Any]:
        rows = self._look(owner, "planets", now)
        layouts = {
            str(row["planet_id"]): self._look(owner, "planets/{planet_id}", now, row["planet_id"])
            for row in rows
        }
        return {"rows": rows, "layouts": layouts}

    def _book(self, owner: Owner, book: str, now: float) -> dict[str, Any]:
        """Of a corporation all seven divisions, each row with its own."""
        if not owner.is_corporation:
            return {"rows": self._look(owner, f"wallet/{book}", now)}
        path = f"wallets/{{division}}/{book}"
        return {
            "rows": [
                {**row, "division": division}
                for division in DIVISIONS
                for row in self._look(owner, path, now, division)
            ]
        }
