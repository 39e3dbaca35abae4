"""A bounded number at once, every result once, errors as results, and nothing left running."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.errors import EveobsError
from eveobs.esi.concurrently import AHEAD, concurrently

pytestmark = pytest.mark.unit


class OddError(RuntimeError):
    """Not one of eveobs."""


async def collect(keys: Any, ask: Callable[[Any], Awaitable[Any]], workers: int) -> list[Any]:
    return [pair async for pair in concurrently(keys, ask, workers=workers)]


def others() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(1, 8))
async def test_every_key_has_one_result_and_errors_are_results(
    turns: list[int], workers: int
) -> None:
    under_way = most = 0

    async def ask(index: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(turns[index]):
            await asyncio.sleep(0)
        under_way -= 1
        if turns[index] == 3:
            raise EveobsError(f"no {index}")
        return index

    found = await collect(range(len(turns)), ask, workers)
    assert sorted(key for key, _ in found) == list(range(len(turns)))
    for key, result in found:
        assert isinstance(result, EveobsError) if turns[key] == 3 else result == key
    assert most <= workers
    assert not others()


async def test_results_come_in_the_order_they_end() -> None:
    gates = {name: asyncio.Event() for name in "abc"}
    order = []

    async def ask(name: str) -> None:
        await gates[name].wait()

    gates["b"].set()
    async for name, _ in concurrently("abc", ask, workers=3):
        order.append(name)
        gates["c" if name == "b" else "a"].set()
    assert order == ["b", "c", "a"]


async def test_one_worker_keeps_the_order() -> None:
    async def ask(number: int) -> int:
        await asyncio.sleep(0)
        return number * 2

    assert await collect(range(5), ask, 1) == [(n, n * 2) for n in range(5)]


@pytest.mark.parametrize("failing", [0, 7, 500])
async def test_any_other_exception_is_raised_and_leaves_nothing_running(failing: int) -> None:
    asked = []

    async def ask(number: int) -> int:
        asked.append(number)
        await asyncio.sleep(0)
        if number == failing:
            raise OddError(number)
        return number

    seen = []

    async def take() -> None:
        async for number, _ in concurrently(range(100_000), ask, workers=4):
            seen.append(number)

    with pytest.raises(OddError):
        await take()
    assert not others()
    assert set(range(failing - 10)) <= set(seen)
    assert max(asked) <= failing + 10


async def test_keys_that_cannot_be_had_are_an_error_like_any_other() -> None:
    def keys() -> Iterator[int]:
        yield 1
        raise OddError

    async def ask(number: int) -> int:
        return number

    with pytest.raises(OddError):
        await collect(keys(), ask, 3)
    assert not others()


@pytest.mark.parametrize("workers", [1, 3])
async def test_whoever_stops_early_leaves_nothing_running(workers: int) -> None:
    cancelled = 0

    async def ask(number: int) -> int:
        nonlocal cancelled
        try:
            await asyncio.sleep(0 if number < 3 else 3600)
        except asyncio.CancelledError:
            cancelled += 1
            raise
        return number

    async with aclosing(concurrently(range(1000), ask, workers=workers)) as results:
        async for number, _ in results:
            if number == 2:
                break
    assert cancelled == workers
    assert not others()


async def test_workers_that_are_ahead_end_too() -> None:
    """They wait for room among the results, which nobody takes any more."""

    async def ask(number: int) -> int:
        return number

    async with aclosing(concurrently(range(10_000), ask, workers=2)) as results:
        await anext(aiter(results))
        for _ in range(5):
            await asyncio.sleep(0)
    assert not others()


async def test_a_cancelled_consumer_takes_the_workers_with_it() -> None:
    started = asyncio.Event()

    async def ask(_: int) -> None:
        started.set()
        await asyncio.sleep(3600)

    task = asyncio.create_task(collect(range(9), ask, 3))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not others()


async def test_workers_get_only_so_far_ahead() -> None:
    asked = 0

    async def ask(_: int) -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)

    async with aclosing(concurrently(iter(range(10_000)), ask, workers=5)) as results:
        await anext(aiter(results))
        for _ in range(2000):
            await asyncio.sleep(0)
    assert asked <= 5 * AHEAD + 5 + 1


async def test_no_keys_no_results() -> None:
    async def ask(_: int) -> None:
        raise AssertionError

    assert await collect([], ask, 20) == []
