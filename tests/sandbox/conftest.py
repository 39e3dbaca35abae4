from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import NamedTuple

import pytest

from eveobs.esi.routes import ROUTES
from eveobs.sandbox.messages import Asked, Reply
from eveobs.sandbox.people import character_id
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.world import World

ALL_SCOPES = frozenset(route.scope for route in ROUTES if route.scope)
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


class Pass(NamedTuple):
    """Who holds a token, until when."""

    character_id: int
    scopes: frozenset[str]
    until: float = float("inf")


@dataclass
class Passes:
    """Tokens as the sign-in gives them out, without the signatures, which take time."""

    given: dict[str, Pass] = field(default_factory=dict)

    def give(self, number: int, scopes: frozenset[str] = ALL_SCOPES, **more: float) -> str:
        token = token_urlsafe(12)
        self.given[token] = Pass(character_id(number), scopes, **more)
        return token

    def holder(self, bearer: str, now: float) -> Pass | None:
        found = self.given.get(bearer)
        return found if found is not None and now < found.until else None


@pytest.fixture
def passes() -> Passes:
    return Passes()


@pytest.fixture
def sandbox(world: World, clock: Clock, passes: Passes) -> Sandbox:
    """Without a socket: for what the gateway answers."""
    return Sandbox(world, clock=clock, tokens=passes)


Ask = Callable[..., Reply]


@pytest.fixture
def ask(sandbox: Sandbox) -> Ask:
    def reply(target: str, method: str = "GET", body: bytes = b"", **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return sandbox.gateway.reply(Asked(method, target, named, body), sandbox.now())

    return reply


@pytest.fixture
def ask_as(ask: Ask, passes: Passes) -> Ask:
    """Asks with the token of the character of that number, which allows everything."""
    tokens: dict[int, str] = {}

    def reply(number: int, target: str, method: str = "GET", body: bytes = b"") -> Reply:
        token = tokens.setdefault(number, passes.give(number))
        return ask(target, method, body, Authorization=f"Bearer {token}")

    return reply
