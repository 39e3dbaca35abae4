"""The loop, with made-up work and time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from eveobs.errors import (
    ConfigError,
    DowntimeError,
    SignInError,
    StoreError,
    UnreachableError,
    UsageError,
)
from eveobs.observation.order import Due
from eveobs.observation.unit import Report
from eveobs.operate.watch.round import Round
from tests.operate.watch.at_a_desk import BEGIN, Scene, Work, at, due, report


def every(minutes: float) -> Work:
    """Each observation is good for so long."""
    return lambda _, now: report(now + timedelta(minutes=minutes))


async def test_a_list_is_observed_when_it_expires_and_not_before() -> None:
    scene = Scene(every(10), until=at(45))
    await scene.watch.run()
    assert scene.desk.minutes() == [0, 10, 20, 30, 40]


async def test_each_has_its_own_pace() -> None:
    spans = {1: 10, 2: 25}
    scene = Scene(
        lambda due, now: report(now + timedelta(minutes=spans[due.unit.subject_id])),
        until=at(55),
        dues=[due(1), due(2)],
    )
    await scene.watch.run()
    assert scene.desk.minutes(1) == [0, 10, 20, 30, 40, 50]
    assert scene.desk.minutes(2) == [0, 25, 50]


async def test_once_is_one_round() -> None:
    scene = Scene(every(10), once=True, dues=[due(1), due(2)])
    await scene.watch.run()
    assert [number for number, _ in scene.desk.done] == [1, 2]


async def test_the_roster_is_read_again_every_hour() -> None:
    scene = Scene(every(7), until=at(150))
    await scene.watch.run()
    assert scene.desk.asked == 3


async def test_in_a_downtime_one_asks_for_all() -> None:
    def away(_: Due, now: datetime) -> Report:
        if at(10) <= now < at(22):
            return report(error=DowntimeError("the game is away"))
        return report(now + timedelta(minutes=5))

    scene = Scene(away, until=at(40), dues=[due(n) for n in range(1, 6)])
    await scene.watch.run()
    during = [number for number, moment in scene.desk.done if at(10) <= moment < at(22)]
    assert len(during) <= 5
    assert all(max(scene.desk.minutes(n)) >= 30 for n in range(1, 6))
    assert scene.condition.failing == 0


async def test_a_full_disk_keeps_the_others_from_asking_for_nothing() -> None:
    def full(_: Due, now: datetime) -> Report:
        if now < at(5):
            raise StoreError("the disk is full")
        return report(now + timedelta(minutes=30))

    scene = Scene(full, until=at(20), dues=[due(n) for n in range(1, 6)])
    await scene.watch.run()
    assert len([1 for _, moment in scene.desk.done if moment < at(5)]) <= 3
    assert {number for number, moment in scene.desk.done if moment >= at(5)} == {1, 2, 3, 4, 5}


async def test_with_a_full_disk_it_is_alive_and_not_ready() -> None:
    def full(_: Due, now: datetime) -> Report:
        raise StoreError("the disk is full")

    scene = Scene(full, until=at(5))
    await scene.watch.run()
    assert not scene.condition.ready()
    assert scene.condition.facts(at(5))["trouble"] == "the disk is full"


async def test_a_defect_of_one_processor_does_not_end_the_others() -> None:
    def broken(due: Due, now: datetime) -> Report:
        if due.unit.subject_id == 1:
            raise ZeroDivisionError
        return report(now + timedelta(minutes=10))

    scene = Scene(broken, until=at(65), dues=[due(1), due(2)])
    await scene.watch.run()
    assert scene.desk.minutes(1) == [0, 60]
    assert scene.desk.minutes(2) == [0, 10, 20, 30, 40, 50, 60]
    assert isinstance(scene.ears.failed_[0][1], ZeroDivisionError)


@pytest.mark.parametrize("error", [UsageError("there is no region"), ConfigError("no store")])
async def test_a_roster_that_is_wrong_from_the_start_ends_it(error: Exception) -> None:
    with pytest.raises(type(error)):
        await Scene(every(10), rosters=[error]).watch.run()


async def test_a_roster_that_is_wrong_later_leaves_the_one_that_was() -> None:
    scene = Scene(every(10), until=at(200))
    scene.watch.roster_at = None

    def work(_: Due, now: datetime) -> Report:
        if now == at(50):
            scene.desk.rosters.append(UsageError("there is no region"))
        return report(now + timedelta(minutes=10))

    scene.desk.work = work
    await scene.watch.run()
    assert scene.desk.minutes()[-1] == 200
    assert scene.condition.ready()


@pytest.mark.parametrize("error", [UnreachableError("away"), SignInError("who")])
async def test_a_roster_that_cannot_be_had_is_asked_for_again(error: Exception) -> None:
    scene = Scene(every(10), rosters=[error], until=at(5))
    await scene.watch.run()
    assert scene.desk.minutes() == [1]
    assert scene.ears.failed_ == [("finding out what to observe", error)]


async def test_told_to_end_it_leaves_what_is_under_way_and_the_rest() -> None:
    scene = Scene(every(10), dues=[due(1), due(2)])
    put_away: list[str] = []

    async def observe(due: Due) -> Report:
        scene.desk.done.append((due.unit.subject_id, scene.clock.now()))
        try:
            scene.orders.end(15)
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            put_away.append("what was answered")
            raise
        raise AssertionError

    scene.desk.observe = observe  # type: ignore[method-assign]
    await asyncio.wait_for(scene.watch.run(), 5)
    assert scene.desk.minutes(1) == [0]
    assert scene.desk.minutes(2) == []
    assert put_away == ["what was answered"]


async def test_told_to_read_its_settings_again_it_ends_what_is_under_way_first() -> None:
    scene = Scene(every(10), dues=[due(1), due(2)])

    def work(_: Due, now: datetime) -> Report:
        scene.orders.read_again()
        return report(now + timedelta(minutes=10))

    scene.desk.work = work
    await scene.watch.run()
    assert [number for number, _ in scene.desk.done] == [1]
    assert len(scene.ears.observed_) == 1


@dataclass
class Chore:
    """Counts; wants to be done every 25 minutes even if nothing was observed."""

    scene: list[Scene]
    name: str = "a chore"
    broken: bool = False
    times: list[datetime] = field(default_factory=list)

    def due(self, _: Round) -> bool:
        return not self.times or self.scene[0].clock.now() >= self.next()

    def next(self) -> datetime:
        return self.times[-1] + timedelta(minutes=25) if self.times else BEGIN

    async def do(self, _: Round) -> None:
        self.times.append(self.scene[0].clock.now())
        if self.broken:
            raise ValueError("odd")


@pytest.mark.parametrize("broken", [False, True])
async def test_chores_have_moments_of_their_own(broken: bool) -> None:
    scenes: list[Scene] = []
    chore = Chore(scenes, broken=broken)
    scenes.append(Scene(every(60), until=at(55), chores=[chore]))
    await scenes[0].watch.run()
    assert chore.times == [at(0), at(25), at(50)]
    assert len(scenes[0].ears.failed_) == (3 if broken else 0)
