"""Wallets: a journal whose balance is always right, and the trades that are in it.

The balance after each entry is drawn, and the entry's amount is the difference to the one before,
so that no history has to be played. Ids are made of the cycle an entry falls into: they ascend with
time over all wallets together, as ESI's do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from eveobs.sandbox.calendar import Calendar, moment
from eveobs.sandbox.capsuleers.census import Census, Owner
from eveobs.sandbox.draw import dice
from eveobs.sandbox.people import People, character_id
from eveobs.sandbox.universe import COMMISSION, THINGS

DIVISIONS = range(1, 8)
MONTH = 1440
"""For so many cycles an entry is shown: 30 days."""
_WALLET = 37
_FIRST_ENTRY, _FIRST_TRADE = 24_000_000_000, 6_600_000_000
_APART = 1 << 13
"""Ids set aside for each cycle, for as many wallets."""
_BUSY, _QUIET = 1, 48
_PERSONAL = 4
"""An entry comes every so many cycles."""
_TRADED_IN = (1, 2, 4, 5, 10, 20)
_EARNED = ("market_transaction", "market_transaction", "bounty_prizes", "player_donation")
_SPENT = ("market_transaction", "market_transaction", "brokers_fee", "industry_job_tax")


@dataclass(frozen=True)
class Wallet:
    """One of an owner's. `division` is 0 for a character, else from 1 to 7."""

    census: Census
    calendar: Calendar
    owner: Owner
    division: int = 0

    def balance(self, at: int) -> float:
        """ISK after the last entry at a time."""
        return self._balance_after(self._last(at))

    def journal(self, at: int) -> list[dict[str, Any]]:
        """Rows of ESI's journal, the newest first."""
        return [self._row(number) for number in self._numbers(at)]

    def transactions(self, at: int) -> list[dict[str, Any]]:
        """Rows of ESI's transactions, the newest first."""
        return [self._trade(number) for number in self._numbers(at) if self._is_trade(number)]

    @property
    def _every(self) -> int:
        return {0: _PERSONAL, 1: _BUSY}.get(self.division, _QUIET)

    @property
    def _people(self) -> People:
        return self.census.people

    @cached_property
    def _key(self) -> int:
        """Its place among all wallets."""
        return (self.owner.place << 3) + self.division

    @cached_property
    def _shift(self) -> int:
        return dice(self._people.seed, _WALLET, -1 - self._key).randrange(self.calendar.cycle)

    def _date(self, number: int) -> int:
        """When the entry of that number came: within its cycle, at this wallet's own second."""
        return self.calendar.start(number * self._every) + self._shift

    def _last(self, at: int) -> int:
        """The number of the last entry before or at a time."""
        return (at - self.calendar.begin - self._shift) // (self._every * self.calendar.cycle)

    def _numbers(self, at: int) -> Iterator[int]:
        last = self._last(at)
        return iter(range(last, last - MONTH // self._every, -1))

    def _entry_id(self, number: int) -> int:
        return _FIRST_ENTRY + number * self._every * _APART + self._key % _APART

    def _trade_id(self, number: int) -> int:
        return _FIRST_TRADE + number * self._every * _APART + self._key % _APART

    def _chance(self, number: int) -> Random:
        """What is drawn of an entry, always in the same order."""
        return dice(self._people.seed, _WALLET, (number << 40) + self._key)

    def _balance_after(self, number: int) -> float:
        return float(1_000_000 + self._chance(number).randrange(4_000_000_000) // 20 * 20)

    def _amount(self, number: int) -> float:
        return self._balance_after(number) - self._balance_after(number - 1)

    def _kind(self, number: int) -> str:
        return _later(self._chance(number)).choice(_EARNED if self._amount(number) > 0 else _SPENT)

    def _is_trade(self, number: int) -> bool:
        return self._kind(number) == "market_transaction"

    def _other(self, number: int) -> int:
        """Whom it deals with."""
        chance = _later(_later(self._chance(number)))
        other = chance.randrange(self._people.characters)
        own = not self.owner.is_corporation and other == self.owner.number
        return character_id((other + 1) % self._people.characters if own else other)

    def _row(self, number: int) -> dict[str, Any]:
        amount, kind = self._amount(number), self._kind(number)
        payer, payee = self._other(number), self.owner.id
        if kind in {"brokers_fee", "industry_job_tax"}:
            payer = COMMISSION
        first, second = (payer, payee) if amount > 0 else (payee, payer)
        row = {
            "amount": amount,
            "balance": self._balance_after(number),
            "date": moment(self._date(number)),
            "description": _DESCRIBED[kind],
            "first_party_id": first,
            "id": self._entry_id(number),
            "ref_type": kind,
            "second_party_id": second,
        }
        if kind == "market_transaction":
            named = {"context_id_type": "market_transaction_id"}
            return row | {"context_id": self._trade_id(number)} | named
        return row | ({"reason": "thanks o7"} if kind == "player_donation" else {})

    def _trade(self, number: int) -> dict[str, Any]:
        """The amount is its quantity times its unit price, to the cent."""
        chance = _later(_later(_later(self._chance(number))))
        quantity, amount = chance.choice(_TRADED_IN), self._amount(number)
        trade = {
            "client_id": self._other(number),
            "date": moment(self._date(number)),
            "is_buy": amount < 0,
            "journal_ref_id": self._entry_id(number),
            "location_id": self.owner.home.id,
            "quantity": quantity,
            "transaction_id": self._trade_id(number),
            "type_id": chance.choice(THINGS).id,
            "unit_price": abs(amount) / quantity,
        }
        return trade if self.owner.is_corporation else trade | {"is_personal": True}


_DESCRIBED = {
    "bounty_prizes": "Bounty prizes for pirates destroyed",
    "brokers_fee": "Market order commission",
    "industry_job_tax": "Tax on an industry job",
    "market_transaction": "Market: bought or sold",
    "player_donation": "Deposited cash into an account",
}


def _later(chance: Random) -> Random:
    """The next thing that is drawn."""
    chance.random()
    return chance
