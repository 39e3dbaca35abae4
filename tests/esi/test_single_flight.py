"""Whoever asks what is being asked already shares the answer, the error, or the end of it."""

from __future__ import annotations

import asyncio

import pytest

from eveobs.esi.single_flight import SingleFlight

pytestmark = pytest.mark.unit


async def test_many_at_once_become_one_and_later_ones_ask_anew() -> None:
    flight, asked = SingleFlight(), []

    async def ask() -> int:
        asked.append(1)
        await asyncio.sleep(0)
        return len(asked)

    assert await asyncio.gather(*(flight.ask("a", ask) for _ in range(5))) == [1] * 5
    assert await flight.ask("a", ask) == 2
    assert [*await asyncio.gather(flight.ask("a", ask), flight.ask("b", ask))] == [4, 4]


async def test_an_error_is_everybodys() -> None:
    flight = SingleFlight()

    async def fail() -> int:
        await asyncio.sleep(0)
        raise ValueError("no")

    results = await asyncio.gather(
        *(flight.ask("a", fail) for _ in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [ValueError] * 3


async def test_who_gives_up_does_not_spoil_it_for_who_asks() -> None:
    flight = SingleFlight()
    go_on = asyncio.Event()

    async def ask() -> str:
        await go_on.wait()
        return "yes"

    first = asyncio.create_task(flight.ask("a", ask))
    await asyncio.sleep(0)
    second = asyncio.create_task(flight.ask("a", ask))
    await asyncio.sleep(0)
    second.cancel()
    go_on.set()
    assert await first == "yes"
    with pytest.raises(asyncio.CancelledError):
        await second


async def test_when_the_one_who_asks_is_cancelled_the_others_are_too() -> None:
    flight = SingleFlight()

    async def ask() -> None:
        await asyncio.sleep(60)

    first = asyncio.create_task(flight.ask("a", ask))
    await asyncio.sleep(0)
    second = asyncio.create_task(flight.ask("a", ask))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
