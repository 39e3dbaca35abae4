"""Every moment of a run belongs to one stage, so that the stages add up to the whole."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.telemetry.stages import Stage, Stages, loading, measuring, stage, timed

pytestmark = pytest.mark.unit


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time

    def go(self, seconds: float = 1) -> None:
        self.time += seconds


def spent(stages: Stages) -> dict[str, float]:
    stages.total()
    return {str(one): seconds for one, seconds in stages.seconds.items() if seconds}


def test_the_innermost_has_the_moment() -> None:
    clock = Clock()
    stages = Stages(clock)
    clock.go()
    with stages.of(Stage.RENDERING):
        clock.go(2)
        with stages.of(Stage.STORE):
            clock.go(4)
        clock.go(8)
    assert spent(stages) == {"everything else": 1, "rendering": 10, "store": 4}
    assert stages.times[Stage.RENDERING] == 1


def test_what_is_waited_for_has_it_while_nothing_runs() -> None:
    clock = Clock()
    stages = Stages(clock)
    stages.begin(Stage.WAITING)
    clock.go(1)
    stages.begin(Stage.NETWORK)
    stages.begin(Stage.NETWORK)
    clock.go(2)
    with stages.of(Stage.CACHE):
        clock.go(4)
    stages.end(Stage.NETWORK)
    clock.go(8)
    stages.end(Stage.NETWORK)
    clock.go(16)
    stages.end(Stage.WAITING)
    clock.go(32)
    expected = {"waiting for limits": 17, "network": 10, "cache": 4, "everything else": 32}
    assert spent(stages) == expected


@given(st.lists(st.tuples(st.sampled_from(Stage), st.booleans(), st.integers(1, 9)), max_size=40))
def test_the_stages_add_up_to_the_whole(steps: list[tuple[Stage, bool, int]]) -> None:
    clock = Clock()
    stages = Stages(clock)
    for which, inside, seconds in steps:
        if inside or which is Stage.REST:
            with stages.of(which):
                clock.go(seconds)
        else:
            stages.begin(which)
            clock.go(seconds)
            stages.end(which)
    assert stages.total() == clock.time


def test_another_thread_goes_on_behind() -> None:
    clock = Clock()
    stages = Stages(clock)

    def write() -> None:
        with stages.of(Stage.STORE):
            clock.go(3)

    thread = threading.Thread(target=write)
    with stages.of(Stage.RENDERING):
        clock.go()
        thread.start()
        thread.join()
    assert spent(stages) == {"rendering": 4}
    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert spent(stages) == {"rendering": 4, "store": 3}


class Shelf:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def look(self, seconds: float) -> str:
        """Look."""
        self.clock.go(seconds)
        return "found"

    def rows(self) -> Iterator[int]:
        """Read rows."""
        for number in range(3):
            self.clock.go(10)
            yield number


def test_methods_and_the_rows_they_read_are_timed() -> None:
    clock = Clock()
    stages = Stages(clock)
    shelf = timed(Shelf(clock), stages, Stage.STORE)
    assert shelf.look(seconds=5) == "found"
    for _ in shelf.rows():
        clock.go(1)
    assert spent(stages) == {"store": 35, "everything else": 3}


def test_a_stage_that_raises_ends() -> None:
    clock = Clock()
    stages = Stages(clock)
    with pytest.raises(KeyError), stages.of(Stage.STORE):
        raise KeyError
    clock.go()
    assert spent(stages) == {"everything else": 1}


def test_nobody_measures_unless_asked() -> None:
    clock = Clock()
    stages = Stages(clock)
    with stage(Stage.STORE):
        clock.go(1)
    with measuring(stages), stage(Stage.STORE):
        clock.go(2)
    assert spent(stages) == {"everything else": 1, "store": 2}


def test_loading_modules_is_the_start_up_and_ends_with_it() -> None:
    really = builtins.__import__
    stages = Stages()
    with loading(stages):
        __import__("json")  # it is there
        with pytest.raises(ModuleNotFoundError):
            __import__("there_is_no_such_module")
    assert stages.times[Stage.START] == 1
    assert builtins.__import__ is really
