from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from eveobs.sandbox.messages import Asked, Reply
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.world import World

START = 1_790_000_000.0


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    time: float = START

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def world() -> World:
    return World.generate(seed=7, contracts=1200, regions=[10000002, 10000043, 10000044])


@pytest.fixture
def sandbox(world: World, clock: Clock) -> Sandbox:
    """Without a socket: for what the gateway answers."""
    return Sandbox(world, clock=clock)


Ask = Callable[..., Reply]


@pytest.fixture
def ask(sandbox: Sandbox) -> Ask:
    def reply(target: str, method: str = "GET", body: bytes = b"", **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return sandbox.gateway.reply(Asked(method, target, named, body), sandbox.now())

    return reply
