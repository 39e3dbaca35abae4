"""Unknown fields and values are counted by what the document says; known ones never are."""

from __future__ import annotations

import importlib
import json
import pkgutil
import timeit
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eveobs.processors
import eveobs.records
from eveobs.esi.anomalies import Anomalies
from eveobs.esi.drift import DriftRecorder, seen
from eveobs.esi.drift_check import check, documented
from eveobs.esi.route import Route
from eveobs.esi.routes import BY_PATH, COMPATIBILITY_DATE, ROUTES
from eveobs.records.contracts import PublicContract
from eveobs.records.own_contracts import OwnContract
from scripts.generate_documented import generate
from tests.esi.fakes import Server, Time, Warnings, client, ok

pytestmark = pytest.mark.unit

REPOSITORY = Path(__file__).parents[2]
SPEC = REPOSITORY.parent / "shared" / "reference" / f"esi-openapi-{COMPATIBILITY_DATE}.json"
CONTRACTS = BY_PATH["GET", "/contracts/public/{region_id}"]
JOBS = BY_PATH["GET", "/freelance-jobs"]
ROLES = BY_PATH["GET", "/characters/{character_id}/roles"]


def row(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "contract_id": number,
        "type": "courier",
        "issuer_id": 1,
        "issuer_corporation_id": 1,
        "date_issued": "2026-09-01T00:00:00Z",
        "date_expired": "2026-10-01T00:00:00Z",
        **more,
    }


def found(route: Route, value: Any, shape: Any = object) -> list[tuple[str, str | None, int]]:
    class Remembers(DriftRecorder):
        def note(self, route: str, field: str, value: str | None = None, count: int = 1) -> None:
            noted.append((field, value, count))

    noted: list[tuple[str, str | None, int]] = []
    body = json.dumps(value).encode()
    check(route, msgspec.json.decode(body, type=shape), body, Remembers(None))
    return noted


@pytest.mark.parametrize("shape", [object, list[PublicContract]])
def test_a_new_value_is_counted_by_rows(shape: Any) -> None:
    rows = [row(n, type="lease" if n % 2 else "auction") for n in range(10)]
    assert found(CONTRACTS, rows, shape) == [("type", "lease", 5)]


@pytest.mark.parametrize("shape", [object, list[PublicContract]])
def test_a_new_field_is_seen_in_the_first_row(shape: Any) -> None:
    assert found(CONTRACTS, [row(1, rank=3), row(2)], shape) == [("rank", None, 1)]


def test_nested_fields_and_values_are_seen_too() -> None:
    job = {"id": "x", "name": "y", "state": "Frozen", "mood": 1, "reward": {"tip": 3}}
    answer = {"freelance_jobs": [job], "cursor": {"before": "a", "sideways": "b"}}
    assert sorted(found(JOBS, answer), key=str) == [
        ("cursor.sideways", None, 1),
        ("freelance_jobs.mood", None, 1),
        ("freelance_jobs.reward.tip", None, 1),
        ("freelance_jobs.state", "Frozen", 1),
    ]


def test_lists_of_values_are_looked_into() -> None:
    assert found(ROLES, {"roles": ["Director", "Court_Jester"]}) == [("roles", "Court_Jester", 1)]


@pytest.mark.parametrize("value", [None, [], {}, [1, 2], "text", [[]], [None], {"a": None}, [{}]])
def test_odd_answers_are_looked_at_without_trouble(value: Any) -> None:
    for route in (CONTRACTS, JOBS, ROLES):
        found(route, value)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_comes_is_looked_at_without_trouble(value: Any) -> None:
    for route in (CONTRACTS, JOBS, ROLES):
        found(route, value)


def test_a_route_that_is_not_documented_is_not_looked_at() -> None:
    assert found(Route("GET", "/things"), [{"new": 1}]) == []


@pytest.mark.skipif(not SPEC.exists(), reason="no OpenAPI document beside the repository")
def test_what_is_documented_is_what_the_document_says() -> None:
    text = generate(json.loads(SPEC.read_text()))
    assert text == (REPOSITORY / "eveobs" / "esi" / "documented.json").read_text()


def test_every_documented_route_exists() -> None:
    assert {*documented()} <= {f"{route.method} {route.path}" for route in ROUTES}
    assert "courier" in documented()["GET /contracts/public/{region_id}"].values["type"]


async def test_the_client_counts_what_comes_from_the_network_alone(
    time: Time, tmp_path: Path
) -> None:
    warned = Warnings()
    server = Server(ok([row(type="lease"), row(2, type="lease")]))
    anomalies = Anomalies(drift=DriftRecorder(tmp_path, clock=time, warn=warned.warn))
    async with client(server, time, anomalies=anomalies) as esi:
        for _ in range(3):
            listing = await esi.pages(CONTRACTS, {"region_id": 1}, shape=list[PublicContract])
            assert [one.type for one in listing.rows] == ["lease", "lease"]
    (one,) = seen(tmp_path)
    assert (one.field, one.value, one.count, one.first_seen) == ("type", "lease", 2, time.now)
    assert len(warned.messages) == 1


def test_looking_costs_a_small_part_of_decoding() -> None:
    rows = [row(n, title="x" * 30, price=1.5, start_location_id=60003760) for n in range(1000)]
    body = json.dumps(rows).encode()
    decoder = msgspec.json.Decoder(list[PublicContract])
    value = decoder.decode(body)
    recorder = DriftRecorder(None)
    check(CONTRACTS, value, body, recorder)
    decoding = min(timeit.repeat(lambda: decoder.decode(body), number=5, repeat=5))
    looking = min(
        timeit.repeat(lambda: check(CONTRACTS, value, body, recorder), number=5, repeat=5)
    )
    assert looking < decoding / 2


def test_records_take_any_value_of_what_is_enumerated() -> None:
    """Whatever the document enumerates is text in the records, so that no value costs a row."""
    assert isinstance(msgspec.convert(row(type="lease"), PublicContract).type, str)
    own = {
        **row(type="lease"),
        "acceptor_id": 0,
        "assignee_id": 0,
        "availability": "friends",
        "status": "dreaming",
        "for_corporation": False,
    }
    assert msgspec.convert(own, OwnContract).availability == "friends"
    for record in _records(msgspec.Struct):
        if record.__module__.startswith(("eveobs.records", "eveobs.processors")):
            for field in msgspec.structs.fields(record):
                assert "Literal" not in str(field.type), (record, field.name)
                assert "Enum" not in str(field.type), (record, field.name)


def _records(base: type) -> list[Any]:
    for package in (eveobs.records, eveobs.processors):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    return _records_below(base)


def _records_below(base: type) -> list[Any]:
    found: list[Any] = []
    direct: Any
    for direct in base.__subclasses__():
        found += [direct, *_records_below(direct)]
    return found
