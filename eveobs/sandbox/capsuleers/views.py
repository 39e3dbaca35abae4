"""What each GET route of characters and corporations shows of whom, at a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from eveobs.sandbox.answers import Call, RefusedError
from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.capsuleers import (
    colonies,
    estate,
    jobs,
    market_orders,
    sheets,
    training,
)
from eveobs.sandbox.capsuleers.agreements import Agreements
from eveobs.sandbox.capsuleers.census import Census, Owner
from eveobs.sandbox.capsuleers.wallet import DIVISIONS, Wallet
from eveobs.sandbox.people import character_id
from eveobs.sandbox.structures import home_structure, structure

CHARACTER, CORPORATION = "/characters/{character_id}", "/corporations/{corporation_id}"
ALLIANCE = "/alliances/{alliance_id}"
HANGARS = ("Minerals", "Library", "Ships", "Modules", "Members", "Directors", "Junk")

View = Callable[[Call, int], Any]
"""A JSON value for a request, as it is at a time in seconds since the epoch."""


class Views:
    """All of them, by path. A view raises RefusedError where ESI answers with an error."""

    def __init__(self, census: Census, calendar: Calendar, agreements: Agreements) -> None:
        self.census = census
        self.calendar = calendar
        self.agreements = agreements

    @cached_property
    def by_path(self) -> Mapping[str, View]:
        """The views of GET routes, but for items and bids of contracts: see `Agreements`."""
        return {**self._public(), **self._characters(), **self._corporations()}

    def character(self, call: Call) -> Owner:
        """Whom the path names."""
        number = self.census.people.number_of(call.number())
        if number is None:
            raise RefusedError(404, "Character not found")
        return self.census.character(number)

    def corporation(self, call: Call) -> Owner:
        """Which one the path names."""
        number = self.census.people.corporation_number(call.number())
        if number is None:
            raise RefusedError(404, "Corporation not found")
        return self.census.corporation(number)

    def owner(self, call: Call) -> Owner:
        """The one or the other."""
        found = self.census.owner(call.number())
        if found is None:
            raise RefusedError(404, "Not found")
        return found

    def _alliance(self, call: Call) -> int:
        number = self.census.people.alliance_number(call.number())
        if number is None:
            raise RefusedError(404, "Alliance not found")
        return number

    def _public(self) -> dict[str, View]:
        census = self.census
        return {
            CHARACTER: lambda call, _: sheets.character(census, self.character(call)),
            f"{CHARACTER}/portrait": lambda call, _: sheets.portrait(self.character(call)),
            f"{CHARACTER}/corporationhistory": lambda call, _: sheets.corporation_history(
                census, self.character(call)
            ),
            CORPORATION: lambda call, _: sheets.corporation(census, self.corporation(call)),
            f"{CORPORATION}/icons": lambda call, _: sheets.icons(self.corporation(call)),
            f"{CORPORATION}/alliancehistory": lambda call, _: sheets.alliance_history(
                census, self.corporation(call)
            ),
            "/alliances": lambda _, __: sheets.alliances(census),
            ALLIANCE: lambda call, _: sheets.alliance(census, self._alliance(call)),
            f"{ALLIANCE}/corporations": lambda call, _: sheets.alliance_corporations(
                census, self._alliance(call)
            ),
            f"{ALLIANCE}/icons": lambda call, _: sheets.alliance_icons(self._alliance(call)),
        }

    def _characters(self) -> dict[str, View]:
        own, census, calendar = self._of_owner, self.census, self.calendar
        return {
            f"{CHARACTER}/roles": own(lambda one, _: self._roles(one.number)),
            f"{CHARACTER}/skills": own(lambda one, at: training.skills(census, calendar, one, at)),
            f"{CHARACTER}/skillqueue": own(
                lambda one, at: training.queue(census, calendar, one, at)
            ),
            f"{CHARACTER}/wallet": own(lambda one, at: self._wallet(one).balance(at)),
            f"{CHARACTER}/wallet/journal": own(lambda one, at: self._wallet(one).journal(at)),
            f"{CHARACTER}/wallet/transactions": own(
                lambda one, at: self._wallet(one).transactions(at)
            ),
            f"{CHARACTER}/planets": own(
                lambda one, at: colonies.colonies(census, calendar, one, at)
            ),
            f"{CHARACTER}/planets/{{planet_id}}": self._layout,
            **self._possessions(CHARACTER),
        }

    def _corporations(self) -> dict[str, View]:
        own, census = self._of_owner, self.census
        return {
            f"{CORPORATION}/members": own(
                lambda one, _: [character_id(number) for number in census.members(one.number)]
            ),
            f"{CORPORATION}/roles": own(lambda one, _: self._all_roles(one)),
            f"{CORPORATION}/structures": own(lambda one, _: _structures(one)),
            f"{CORPORATION}/divisions": own(lambda _, __: _divisions()),
            f"{CORPORATION}/wallets": own(self._balances),
            f"{CORPORATION}/wallets/{{division}}/journal": lambda call, at: self._division(
                call
            ).journal(at),
            f"{CORPORATION}/wallets/{{division}}/transactions": lambda call, at: self._division(
                call
            ).transactions(at),
            **self._possessions(CORPORATION),
        }

    def _possessions(self, base: str) -> dict[str, View]:
        """What both kinds of owner have."""
        own, census, calendar = self._of_owner, self.census, self.calendar
        return {
            f"{base}/blueprints": own(lambda one, at: _blueprints(self.items(one, at))),
            f"{base}/assets": own(lambda one, at: list(map(estate.asset, self.items(one, at)))),
            f"{base}/industry/jobs": own(lambda one, at: jobs.jobs(census, calendar, one, at)),
            f"{base}/orders": own(
                lambda one, at: market_orders.open_orders(census, calendar, one, at)
            ),
            f"{base}/orders/history": own(
                lambda one, at: market_orders.order_history(census, calendar, one, at)
            ),
            f"{base}/contracts": own(self.agreements.rows),
        }

    def items(self, owner: Owner, at: int) -> list[estate.Item]:
        """Everything it has."""
        return estate.items(self.census.people.seed, self.calendar, owner, at)

    def _of_owner(self, look: Callable[[Owner, int], Any]) -> View:
        return lambda call, at: look(self.owner(call), at)

    def _wallet(self, owner: Owner, division: int = 0) -> Wallet:
        return Wallet(self.census, self.calendar, owner, division)

    def _division(self, call: Call) -> Wallet:
        division = call.number(1)
        if division not in DIVISIONS:
            raise RefusedError(400, "division must be a whole number from 1 to 7")
        return self._wallet(self.corporation(call), division)

    def _balances(self, owner: Owner, at: int) -> list[dict[str, Any]]:
        return [
            {"balance": self._wallet(owner, division).balance(at), "division": division}
            for division in DIVISIONS
        ]

    def _layout(self, call: Call, at: int) -> Any:
        found = colonies.layout(
            self.census, self.calendar, self.character(call), call.number(1), at
        )
        if found is None:
            raise RefusedError(404, "Colony not found")
        return found

    def _roles(self, number: int) -> dict[str, Any]:
        roles = {"roles": list(self.census.roles(number))}
        return roles | {f"roles_at_{where}": [] for where in ("base", "hq", "other")}

    def _all_roles(self, owner: Owner) -> list[dict[str, Any]]:
        return [
            {"character_id": character_id(number), **self._roles(number)}
            for number in self.census.members(owner.number)
        ]


def _blueprints(items: list[estate.Item]) -> list[dict[str, Any]]:
    return [
        estate.blueprint(item, item.efficiency) for item in items if item.efficiency is not None
    ]


def _structures(owner: Owner) -> list[dict[str, Any]]:
    """The first corporation has one."""
    found = structure(home_structure(owner.region_id))
    if owner.number or found is None:
        return []
    return [
        {
            "corporation_id": owner.id,
            "name": found.name,
            "profile_id": 1,
            "services": [{"name": "Manufacturing (Standard)", "state": "online"}],
            "state": "shield_vulnerable",
            "structure_id": found.id,
            "system_id": found.system_id,
            "type_id": found.type_id,
        }
    ]


def _divisions() -> dict[str, Any]:
    """The first wallet has no name of its own: it is the master wallet."""
    hangar = [{"division": number, "name": HANGARS[number - 1]} for number in DIVISIONS]
    wallet = [{"division": number, "name": f"Purse {number}"} for number in DIVISIONS[1:]]
    return {"hangar": hangar, "wallet": [{"division": 1}, *wallet]}
