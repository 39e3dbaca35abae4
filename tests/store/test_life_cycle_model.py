"""Whole and partial readings, in any order, leave exactly what a plain model says they should."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from eveobs.records.contracts import CONTRACTS, PublicContract
from eveobs.store.query import Query
from eveobs.store.store import Store
from tests.store.drafts import CYCLE, DOMAIN, FORGE, START, asked, contract, reading, text

pytestmark = [pytest.mark.unit, pytest.mark.slow]

KEYS = {FORGE: range(1, 6), DOMAIN: range(11, 14)}


@dataclass
class Known:
    """What should be stored of one contract."""

    row: PublicContract
    first: tuple[datetime, int]
    last: tuple[datetime, int]
    changed: tuple[datetime, int] | None = None
    gone: tuple[datetime, int] | None = None
    how: str | None = None


@dataclass
class Model:
    """The rules, as plainly as they can be said."""

    known: dict[int, Known] = field(default_factory=dict)
    newest_whole: dict[int, datetime] = field(default_factory=dict)
    changes: list[tuple[int, int, str]] = field(default_factory=list)
    readings: int = 0

    def read(
        self, region: int, moment: datetime, rows: dict[int, PublicContract], *, whole: bool
    ) -> tuple[int, int, int]:
        self.readings += 1
        newest = self.newest_whole.get(region)
        if whole:
            self.newest_whole[region] = max(newest or moment, moment)
        if newest is not None and moment <= newest:
            return 0, 0, 0
        sight = (moment, self.readings)
        told = [self._see(key, row, sight) for key, row in rows.items()]
        gone = self._lose(region, rows, sight) if whole else 0
        return told.count("new"), told.count("changed"), gone

    def _see(self, key: int, row: PublicContract, sight: tuple[datetime, int]) -> str:
        known = self.known.get(key)
        if known is None:
            self.known[key] = Known(row, sight, sight)
            return "new"
        if known.last[0] > sight[0]:
            return "older"
        known.last = sight
        differing = [
            name for name in row.__struct_fields__ if getattr(known.row, name) != getattr(row, name)
        ]
        if known.gone:
            differing += ["gone_at", "gone_how"]
        if not differing:
            return "same"
        self.changes += [(self.readings, key, name) for name in differing]
        known.row, known.changed, known.gone, known.how = row, sight, None, None
        return "changed"

    def _lose(
        self, region: int, rows: dict[int, PublicContract], sight: tuple[datetime, int]
    ) -> int:
        lost = [
            known
            for key, known in self.known.items()
            if key in KEYS[region] and key not in rows
            if known.gone is None and known.last[0] <= sight[0]
        ]
        for known in lost:
            known.gone = sight
            known.how = "expired" if known.row.date_expired <= sight[0] else "taken_or_withdrawn"
        return len(lost)


def _pair(sight: tuple[datetime, int] | None) -> tuple[str | None, int | None]:
    return (None, None) if sight is None else (text(sight[0]), sight[1])


class Readings(RuleBasedStateMachine):
    """Two regions, a handful of contracts, moments that mostly go forward."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        shutil.copy(self.template, self.folder)
        self.url = f"sqlite:///{self.folder}/{self.template.name}"
        self.store = Store(self.url)
        self.model = Model()
        self.now = 10

    @initialize()
    def nothing_yet(self) -> None:
        assert self.store.count(CONTRACTS, Query(gone_too=True)) == 0

    @rule(
        region=st.sampled_from([FORGE, DOMAIN]),
        step=st.sampled_from([1, 1, 1, 2, 0, -1, -3]),
        seen=st.sets(st.integers(0, 4)),
        price=st.sampled_from([1.0, 1.0, 2.0]),
        ends=st.sampled_from([5, 12, 50]),
        whole=st.booleans(),
        failed=st.booleans(),
    )
    def read(
        self,
        region: int,
        step: int,
        seen: set[int],
        price: float,
        ends: int,
        whole: bool,
        failed: bool,
    ) -> None:
        moment = START + (self.now + step) * CYCLE
        self.now += max(step, 0)
        keys = [key for index, key in enumerate(KEYS[region]) if index in seen]
        rows = {key: contract(key, price=price, date_expired=START + ends * CYCLE) for key in keys}
        error = "something" if failed else None
        draft = reading(rows.values(), at=moment, subject_id=region, whole=whole, error=error)
        applied = self.store.apply(draft)
        told = self.model.read(region, moment, rows, whole=whole)
        assert (applied.new, applied.changed, applied.gone) == told
        assert (applied.status == "partial") == (failed or not whole)
        assert applied.status != "unchanged" or told == (0, 0, 0)

    @invariant()
    def tables_say_what_the_model_says(self) -> None:
        found = {row["contract_id"]: row for row in asked(self.url, "SELECT * FROM contracts")}
        assert found.keys() == self.model.known.keys()
        for key, known in self.model.known.items():
            assert self._lives(found[key]) == (
                *_pair(known.first),
                *_pair(known.last),
                *_pair(known.changed),
                *_pair(known.gone),
                known.how,
            )
            assert found[key]["price"] == known.row.price
            assert found[key]["date_expired"] == text(known.row.date_expired)
        changes = asked(self.url, "SELECT observation, key, field FROM changes")
        assert sorted(tuple(row.values()) for row in changes) == sorted(self.model.changes)
        outstanding = {key for key, known in self.model.known.items() if known.gone is None}
        assert {row["contract_id"] for row in self.store.rows(CONTRACTS, Query())} == outstanding

    def _lives(self, row: dict[str, Any]) -> tuple[Any, ...]:
        words = [("first_seen", "first"), ("last_seen", "last")]
        words += [("changed_at", "changed"), ("gone_at", "gone")]
        pairs = [(row[when], row[f"{who}_observation"]) for when, who in words]
        return (*(value for pair in pairs for value in pair), row["gone_how"])

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


def test_readings_of_lists_over_time(empty_file: Path) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    machine = type("Machine", (Readings,), {"template": empty_file})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=30, stateful_step_count=14, deadline=None)
    )
