"""ESI's routes of characters, corporations and alliances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from eveobs.sandbox.answers import Answer, Body, Call, Handler, Handlers, RefusedError, error
from eveobs.sandbox.capsuleers import colonies, sheets
from eveobs.sandbox.capsuleers.estate import Item
from eveobs.sandbox.capsuleers.jobs import is_open
from eveobs.sandbox.capsuleers.shelf import Shelf
from eveobs.sandbox.capsuleers.views import CHARACTER, CORPORATION, View, Views
from eveobs.sandbox.limits import SpamGuard
from eveobs.sandbox.structures import structure

_AFFILIATION = "/characters/affiliation"
_STRUCTURE = "/universe/structures/{structure_id}"
_PLANET = "/universe/planets/{planet_id}"
_BASES = (CHARACTER, CORPORATION)
_MOST_IDS = 1000
TRANSACTIONS_AT_ONCE = 250
"""Rows of an answer about transactions; `from_id` asks for older ones."""


class CapsuleerRoutes:
    """Shows people and what is theirs."""

    def __init__(self, views: Views, guard: SpamGuard) -> None:
        self._views = views
        self._guard = guard
        self._shelf = Shelf(views.calendar)

    @property
    def handlers(self) -> Handlers:
        """What this room answers."""
        special: dict[str, Handler] = {
            f"{CHARACTER}/wallet/transactions": self._transactions,
            f"{CORPORATION}/wallets/{{division}}/transactions": self._transactions_of_division,
            _STRUCTURE: self.structure,
            _PLANET: self.planet,
        }
        for base in _BASES:
            special[f"{base}/industry/jobs"] = partial(self._jobs, f"{base}/industry/jobs")
            details = f"{base}/contracts/{{contract_id}}"
            special[f"{details}/items"] = partial(self._contract_items, base)
            special[f"{details}/bids"] = partial(self._contract_bids, base)
        plain: dict[str, Handler] = {
            path: partial(self._plain, path, view) for path, view in self._views.by_path.items()
        }
        got = {("GET", path): handler for path, handler in {**plain, **special}.items()}
        return {**got, **self._posts}

    @property
    def _posts(self) -> dict[tuple[str, str], Handler]:
        posts: dict[tuple[str, str], Handler] = {("POST", _AFFILIATION): self.affiliation}
        for base in _BASES:
            posts["POST", f"{base}/assets/names"] = self.asset_names
            posts["POST", f"{base}/assets/locations"] = self.asset_places
        return posts

    def affiliation(self, call: Call) -> Answer:
        """One unknown character, and there is no answer for any."""
        found = [self._views.census.owner(number) for number in _asked_for(call)]
        rows = [
            sheets.affiliation(self._views.census, one)
            for one in found
            if one is not None and not one.is_corporation
        ]
        if len(rows) != len(found):
            raise RefusedError(400, "Invalid character ID")
        return Answer(200, Body(rows), hit=False, etag=False)

    def structure(self, call: Call) -> Answer:
        """For those who may dock; its position is told to nobody."""
        found = structure(call.number())
        if found is None:
            raise RefusedError(404, "Structure not found")
        asker = self._views.census.people.number_of(call.character)
        if asker is None or not self._views.census.admits(found, asker):
            raise RefusedError(403, "Forbidden")
        row = {
            "name": found.name,
            "owner_id": self._views.census.corporation(found.owner).id,
            "solar_system_id": found.system_id,
            "type_id": found.type_id,
        }
        return self._shelf.answer(_STRUCTURE, call, lambda _: row)

    def planet(self, call: Call) -> Answer:
        """Its name, system and type."""
        found = colonies.planet(call.number())
        if found is None:
            raise RefusedError(404, "Planet not found")
        row = {
            "name": found.name,
            "planet_id": found.id,
            "position": {"x": 0.0, "y": 0.0, "z": 0.0},
            "system_id": found.system_id,
            "type_id": found.world.type_id,
        }
        return self._shelf.answer(_PLANET, call, lambda _: row)

    def asset_names(self, call: Call) -> Answer:
        """What the owner calls its ships and containers; "None" for what has no name."""
        rows = [{"item_id": one.item_id, "name": one.name or "None"} for one in self._held(call)]
        return Answer(200, Body(rows), hit=False, etag=False)

    def asset_places(self, call: Call) -> Answer:
        """Nothing is in space."""
        nowhere = {"x": 0.0, "y": 0.0, "z": 0.0}
        rows = [{"item_id": one.item_id, "position": nowhere} for one in self._held(call)]
        return Answer(200, Body(rows), hit=False, etag=False)

    def _held(self, call: Call) -> list[Item]:
        """The items asked for; one that is not the owner's, and there is no answer for any.

        The list of assets is older than the question: what has been there since then counts too.
        """
        owner = self._views.owner(call)
        base = CORPORATION if owner.is_corporation else CHARACTER
        listed = self._shelf.since(f"{base}/assets", call.now)
        moments = (int(call.now), listed)
        have = {one.item_id: one for at in moments for one in self._views.items(owner, at)}
        asked = _asked_for(call)
        if any(number not in have for number in asked):
            raise RefusedError(404, "Invalid IDs in the request")
        return [have[number] for number in asked]

    def _plain(self, path: str, view: View, call: Call) -> Answer:
        return self._shelf.answer(path, call, lambda at: view(call, at))

    def _jobs(self, path: str, call: Call) -> Answer:
        """Completed ones only for those who ask for them."""
        view = self._views.by_path[path]
        completed = call.parameters.get("include_completed", "false").lower() == "true"

        def look(at: int) -> list[dict[str, Any]]:
            return [job for job in view(call, at) if completed or is_open(job)]

        return self._shelf.answer(path, call, look, variant=str(completed))

    def _transactions(self, call: Call) -> Answer:
        return self._walked(f"{CHARACTER}/wallet/transactions", call)

    def _transactions_of_division(self, call: Call) -> Answer:
        return self._walked(f"{CORPORATION}/wallets/{{division}}/transactions", call)

    def _walked(self, path: str, call: Call) -> Answer:
        """From `from_id` on back, that one too."""
        view, asked = self._views.by_path[path], call.parameters.get("from_id", "")
        if asked and not (asked.isascii() and asked.isdigit()):
            raise RefusedError(400, "from_id must be a whole number")

        def look(at: int) -> list[dict[str, Any]]:
            rows = view(call, at)
            if asked:
                rows = [row for row in rows if row["transaction_id"] <= int(asked)]
            return list(rows[:TRANSACTIONS_AT_ONCE])

        return self._shelf.answer(path, call, look, variant=asked)

    def _contract_items(self, base: str, call: Call) -> Answer:
        wait = self._guard.wait(call.character, call.now)
        if wait:
            return error(520, f'ConStopSpamming, details: {{"remainingTime": {wait}}}')
        owner, listed = self._views.owner(call), self._listed(base, call)
        path = f"{base}/contracts/{{contract_id}}/items"
        look = partial(self._views.agreements.items, owner, call.number(1), listed)
        return self._shelf.answer(path, call, lambda _: _found(look))

    def _contract_bids(self, base: str, call: Call) -> Answer:
        owner, listed = self._views.owner(call), self._listed(base, call)
        path = f"{base}/contracts/{{contract_id}}/bids"
        look = partial(self._views.agreements.bids, owner, call.number(1), listed)
        return self._shelf.answer(path, call, lambda at: _found(partial(look, at)))

    def _listed(self, base: str, call: Call) -> int:
        """When the list was renewed that its contracts are asked for from."""
        return self._shelf.since(f"{base}/contracts", call.now)


def _found(look: Callable[[], Sequence[Any] | None]) -> Sequence[Any]:
    rows = look()
    if rows is None:
        raise RefusedError(404, "Contract not found!")
    return rows


def _asked_for(call: Call) -> list[int]:
    """The ids in a POST's body: not empty, not too many."""
    try:
        asked = msgspec.json.decode(call.body, type=list[int])
    except msgspec.MsgspecError as problem:
        raise RefusedError(400, f"Invalid body: {problem}") from None
    if not 1 <= len(asked) <= _MOST_IDS:
        raise RefusedError(400, f"Invalid body: between 1 and {_MOST_IDS} items are required")
    return asked
