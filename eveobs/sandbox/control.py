"""The sandbox's own routes, under `/_sandbox/`: what it saw, what is true, another time, faults.

They are not ESI's: no limit holds for them and they are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs

import msgspec

from eveobs.esi.routes import BY_PATH
from eveobs.records.schema import Record
from eveobs.sandbox.calendar import Calendar, moment
from eveobs.sandbox.capsuleers.truth import Truth
from eveobs.sandbox.capsuleers.views import Views
from eveobs.sandbox.contract_routes import BIDS
from eveobs.sandbox.faults import spec
from eveobs.sandbox.faults.active import Faults
from eveobs.sandbox.market import Refusal
from eveobs.sandbox.tally import Tally
from eveobs.sandbox.world import World

PREFIX = "/_sandbox/"
_TRUTH = "truth/"


class Controlled(Protocol):
    """What they need of a sandbox."""

    @property
    def world(self) -> World:
        """What it shows."""

    @property
    def calendar(self) -> Calendar:
        """Its cycles."""

    @property
    def views(self) -> Views:
        """Who lives there, and what is theirs."""

    @property
    def requests(self) -> Tally:
        """What it was asked."""

    @property
    def faults(self) -> Faults:
        """What goes wrong."""

    def now(self) -> float:
        """Its time, in seconds since the epoch."""

    def advance(self, seconds: float) -> None:
        """Moves its time forward."""

    def rotate_keys(self) -> None:
        """Another key signs access tokens from now on."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /_sandbox/advance`."""

    seconds: float


class Told(NamedTuple):
    """A status and a JSON body."""

    status: int
    body: bytes


def control(sandbox: Controlled, method: str, target: str, body: bytes) -> Told:
    """Answers one of these routes."""
    path, _, query = target.partition("?")
    routes: dict[tuple[str, str], Callable[[], Any]] = {
        ("GET", "requests"): sandbox.requests.as_json,
        ("POST", "reset-counters"): lambda: _reset(sandbox),
        ("GET", "truth"): lambda: _truth_asked_for(sandbox, query),
        ("GET", "people"): Truth(sandbox.views).people,
        ("POST", "advance"): lambda: _advance(sandbox, body),
        ("POST", "rotate-keys"): lambda: _rotate_keys(sandbox),
        ("GET", "faults"): sandbox.faults.as_json,
        ("POST", "faults"): lambda: _go_wrong(sandbox, spec.read(body)),
        ("DELETE", "faults"): lambda: _go_wrong(sandbox, []),
    }
    name = path.removeprefix(PREFIX)
    if method == "GET" and name.startswith(_TRUTH):
        routes["GET", name] = lambda: _truth_of_an_owner(sandbox, name.removeprefix(_TRUTH), query)
    route = routes.get((method, name))
    if route is None:
        return _error(404, "Not found")
    try:
        return Told(200, msgspec.json.encode(route(), order="sorted"))
    except spec.SpecError as problem:
        return _error(400, f"{problem} ({problem.hint})")
    except (ValueError, KeyError) as problem:
        return _error(400, f"Bad request: {problem}")


def truth(sandbox: Controlled, region_id: int, cycle: int | None = None) -> dict[str, Any]:
    """What is in a region now, or what is when another cycle starts, in one object.

    `items` and `bids` are by contract; a contract that ESI would not show is in `refused` instead.
    """
    now, market, calendar = sandbox.now(), sandbox.world.market, sandbox.calendar
    current = calendar.number(now)
    cycle = current if cycle is None else cycle
    ttl = calendar.ttl(BY_PATH["GET", BIDS].cache_age)
    until = calendar.tick(now, ttl) if cycle == current else calendar.start(cycle)
    rows = market.contracts(region_id, calendar, cycle)
    items = {row.contract_id: market.items(row.contract_id, calendar, cycle) for row in rows}
    bids = {
        row.contract_id: market.bids(row.contract_id, calendar, cycle, until)
        for row in rows
        if row.type == "auction"
    }
    return {
        "region_id": region_id,
        "cycle": cycle,
        "now": now,
        "last_modified": moment(calendar.start(cycle)),
        "expires": moment(calendar.start(cycle + 1)),
        "contracts": rows,
        "items": _shown(items),
        "bids": _shown(bids),
        "refused": {
            str(number): {"status": answer.status, "error": answer.error}
            for number, answer in items.items()
            if isinstance(answer, Refusal)
        },
    }


def _shown(answers: dict[int, Sequence[Record] | Refusal] | dict[int, Any]) -> dict[str, Any]:
    return {str(number): rows for number, rows in answers.items() if not isinstance(rows, Refusal)}


def _truth_asked_for(sandbox: Controlled, query: str) -> dict[str, Any]:
    asked = parse_qs(query)
    cycle = asked.get("cycle")
    return truth(sandbox, int(asked["region_id"][-1]), int(cycle[-1]) if cycle else None)


def _truth_of_an_owner(sandbox: Controlled, processor: str, query: str) -> dict[str, Any]:
    owner_id = int(parse_qs(query)["owner"][-1])
    return Truth(sandbox.views).of(processor, owner_id, sandbox.now())


def _advance(sandbox: Controlled, body: bytes) -> dict[str, Any]:
    sandbox.advance(msgspec.json.decode(body, type=Step).seconds)
    return {"now": sandbox.now(), "cycle": sandbox.calendar.number(sandbox.now())}


def _rotate_keys(sandbox: Controlled) -> dict[str, Any]:
    sandbox.rotate_keys()
    return {}


def _reset(sandbox: Controlled) -> dict[str, Any]:
    sandbox.requests.reset()
    return sandbox.requests.as_json()


def _go_wrong(sandbox: Controlled, faults: list[spec.Fault]) -> list[dict[str, Any]]:
    sandbox.faults.replace(faults)
    return sandbox.faults.as_json()


def _error(status: int, message: str) -> Told:
    return Told(status, msgspec.json.encode({"error": message}))
