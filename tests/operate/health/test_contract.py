"""What ESI announces and documents otherwise than eveobs knows it is named, and costs no more than
three requests, only when they are wanted.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from eveobs.esi.drift import DriftRecorder
from eveobs.esi.openapi_facts import differences, extract, reviewed
from eveobs.esi.used_routes import USED
from eveobs.operate.health.finding import Finding
from eveobs.operate.health.home import Home
from eveobs.sandbox.openapi_document import changelog, document
from tests.operate.health.homes import Esi, look

pytestmark = pytest.mark.unit

PINNED = "2026-08-18"
CONTRACTS = "/contracts/public/{region_id}"
Change = Callable[[dict[str, Any]], object]


def contract_row(spec: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = spec["components"]["schemas"]["ContractsPublicRegionIdGet"]["items"]
    return row


def entry(path: str, date: str, kind: str = "breaking", method: str = "GET") -> dict[str, str]:
    return {
        "method": method,
        "path": path,
        "compatibility_date": date,
        "type": kind,
        "description": "Updated response schema.",
    }


def serve(
    esi: Esi,
    *entries: dict[str, str],
    change: Change = lambda _: None,
    dates: tuple[str, ...] = (PINNED, "2020-01-01"),
) -> None:
    """Have `esi` answer with these entries of the changelog and a changed document."""
    spec = copy.deepcopy(document(reviewed()))
    change(spec)
    log: dict[str, list[dict[str, str]]] = {}
    for one in entries:
        log.setdefault(one["compatibility_date"], []).append(one)
    esi.answers |= {
        "/meta/changelog": lambda: esi.ok({"changelog": log}),
        "/meta/compatibility-dates": lambda: esi.ok({"compatibility_dates": dates}),
        "/meta/openapi.json": lambda: esi.ok(spec),
    }


async def found(home: Home) -> Finding:
    return (await look(home, "contract"))["contract"].finding


async def test_an_esi_that_did_not_change_is_healthy(home: Home, esi: Esi) -> None:
    serve(esi, entry(CONTRACTS, "2020-01-01"), entry("/fleets/{fleet_id}", "2026-09-01"))
    finding = await found(home)
    assert (str(finding.state), finding.hint) == ("healthy", "")
    assert finding.figure == f"compatibility date {PINNED}, newest {PINNED}"
    assert sorted(esi.requests) == [
        "/meta/changelog",
        "/meta/compatibility-dates",
        "/meta/openapi.json",
    ]


async def test_changes_after_the_pinned_date_of_used_routes_are_named(home: Home, esi: Esi) -> None:
    serve(
        esi,
        entry(CONTRACTS, "2026-10-06"),
        entry("/universe/names", "2026-09-01", "removed", "POST"),
        entry("/universe/names", PINNED, "changed", "POST"),
        dates=("2026-10-06", PINNED),
    )
    finding = await found(home)
    assert str(finding.state) == "degraded"
    assert "2 routes change after it" in finding.figure
    assert "newest 2026-10-06" in finding.figure
    assert f"GET {CONTRACTS} breaking on 2026-10-06" in finding.hint
    assert [one["path"] for one in finding.values["changes"]] == ["/universe/names", CONTRACTS]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "state", "text"),
    [
        (
            lambda spec: contract_row(spec)["properties"].update(lease={"type": "boolean"}),
            "healthy",
            "lease of GET /contracts/public/{region_id} appeared (boolean)",
        ),
        (
            lambda spec: contract_row(spec)["properties"].pop("volume"),
            "degraded",
            "volume of GET /contracts/public/{region_id} vanished",
        ),
        (
            lambda spec: contract_row(spec)["properties"]["price"].update(type="string"),
            "degraded",
            "price of GET /contracts/public/{region_id} changed (type: number, now string",
        ),
        (
            lambda spec: contract_row(spec)["properties"]["type"]["enum"].append("lease"),
            "degraded",
            "type of GET /contracts/public/{region_id} changed (new value lease)",
        ),
        (
            lambda spec: contract_row(spec)["required"].remove("contract_id"),
            "degraded",
            "contract_id of GET /contracts/public/{region_id} changed (now optional)",
        ),
        (
            lambda spec: spec["components"]["schemas"]["CorporationsDetailTaxrates"]["properties"][
                "isk"
            ].update(description="A float from 0 to 1"),
            "degraded",
            "of GET /corporations/{corporation_id} changed (unit: percent, now share)",
        ),
        (
            lambda spec: spec["paths"].pop(CONTRACTS),
            "degraded",
            "the route of GET /contracts/public/{region_id} vanished",
        ),
    ],
    ids="appeared vanished retyped value optional unit route".split(),
)
async def test_a_changed_document_is_named(
    home: Home, esi: Esi, change: Change, state: str, text: str
) -> None:
    serve(esi, change=change)
    finding = await found(home)
    assert str(finding.state) == state
    assert text in finding.hint


async def test_unknown_values_in_responses_are_named_with_their_count(home: Home, esi: Esi) -> None:
    serve(esi)
    recorder = DriftRecorder(home.loaded.places.state)
    recorder.note(f"GET {CONTRACTS}", "type", "lease", 3)
    recorder.flush()
    finding = await found(home)
    assert str(finding.state) == "degraded"
    assert "value lease of type" in finding.hint
    assert finding.values["unknown"] == [
        {"what": f"value lease of type of GET {CONTRACTS}", "count": 3}
    ]


async def test_it_runs_only_when_it_is_named(home: Home, esi: Esi) -> None:
    from eveobs.operate.health.roster import chosen

    serve(esi)
    assert "contract" not in chosen(())
    await look(home, *chosen(()))
    assert not {"/meta/changelog", "/meta/openapi.json"} & {*esi.requests}


@pytest.mark.parametrize(
    "body",
    [{}, {"paths": []}, {"info": {}, "paths": {"/status": {"get": []}}}, {"paths": {"/status": 3}}],
)
async def test_what_is_no_document_is_a_finding(home: Home, esi: Esi, body: object) -> None:
    serve(esi)
    esi.answers["/meta/openapi.json"] = lambda: esi.ok(body)
    finding = await found(home)
    assert str(finding.state) == "degraded"
    assert "not in its usual form" in finding.figure


def test_a_document_that_refers_to_itself_ends() -> None:
    spec = copy.deepcopy(document(reviewed()))
    schemas = spec["components"]["schemas"]
    schemas["Ring"] = {
        "type": "object",
        "properties": {"ring": {"$ref": "#/components/schemas/Ring"}},
    }
    contract_row(spec)["properties"]["ring"] = {"$ref": "#/components/schemas/Ring"}
    contract_row(spec)["properties"]["loop"] = {"$ref": "#/components/schemas/Loop"}
    schemas["Loop"] = {"$ref": "#/components/schemas/Loop"}
    differences(reviewed(), extract(spec, USED))


def test_the_document_of_the_sandbox_has_the_reviewed_facts() -> None:
    assert differences(reviewed(), extract(document(reviewed()), USED)) == []
    entries = [one for some in changelog(reviewed()).values() for one in some]
    assert {one["compatibility_date"] for one in entries} <= {
        fact["since"] for fact in reviewed()["routes"].values()
    }
