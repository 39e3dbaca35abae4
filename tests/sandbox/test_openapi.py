"""What the sandbox answers is what ESI's OpenAPI document says, route by route."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from eveobs.sandbox.messages import Reply
from eveobs.sandbox.server import Sandbox

pytestmark = pytest.mark.unit

Ask = Callable[..., Reply]
DOCUMENT = Path(__file__).parents[2].parent / "shared" / "reference" / "esi-openapi-2026-08-18.json"
REGIONS = (10000002, 10000043, 10000044)


@cache
def document() -> dict[str, Any]:
    if not DOCUMENT.exists():
        pytest.skip("no OpenAPI document beside the repository")
    found: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return found


def closed(schema: Any) -> Any:
    """The same, but fields that the document does not know are errors."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inside = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False} | inside if "properties" in schema else inside


def check(path: str, method: str, reply: Reply) -> Any:
    """The reply's body, which has the documented shape and status."""
    responses = document()["paths"][path][method]["responses"]
    response = responses.get(str(reply.status)) or responses.get("default")
    if response is None:
        schema = {"$ref": "#/components/schemas/Error"}
    else:
        schema = response["content"]["application/json"]["schema"]
        documented = {name.lower() for name in response.get("headers", {})}
        sent = {name.lower() for name in reply.headers}
        not_sent_by_esi = {"etag", "last-modified", "cache-control"} - sent
        assert documented - not_sent_by_esi <= sent
    if reply.status == 204:
        assert reply.body is None
        return None
    body = json.loads(reply.body or b"")
    whole = closed({"components": document()["components"]}) | closed(schema)
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(body)
    return body


def test_contracts_their_items_and_bids(ask: Ask) -> None:
    statuses = set()
    for region in REGIONS:
        listed = check("/contracts/public/{region_id}", "get", ask(f"/contracts/public/{region}"))
        for row in listed[::7] + listed[-40:]:
            auction = row["type"] == "auction" or ("bids", 404) not in statuses
            for what in ("items", "bids") if auction else ("items",):
                path = f"/contracts/public/{what}"
                reply = ask(f"{path}/{row['contract_id']}")
                check(path + "/{contract_id}", "get", reply)
                statuses.add((what, reply.status))
    assert {("items", 200), ("items", 204), ("bids", 200), ("bids", 404)} <= statuses


def test_rows_that_esi_refuses_to_show(ask: Ask, sandbox: Sandbox) -> None:
    seen = set()
    for row in sandbox.world.market.contracts(REGIONS[0], sandbox.calendar, 0):
        reply = ask(f"/contracts/public/items/{row.contract_id}")
        if reply.status >= 400:
            body = check("/contracts/public/items/{contract_id}", "get", reply)
            seen.add((reply.status, body["error"]))
    assert seen >= {
        (403, "Contract not public"),
        (403, "Contract accepted by player, requires authorization"),
        (404, "Contract not found!"),
    }


@pytest.mark.parametrize(
    ("path", "target", "status"),
    [
        ("/contracts/public/{region_id}", "/contracts/public/10000002?page=7", 404),
        ("/contracts/public/{region_id}", "/contracts/public/1", 404),
        ("/contracts/public/{region_id}", "/contracts/public/x", 400),
        ("/status", "/status", 200),
        ("/meta/compatibility-dates", "/meta/compatibility-dates", 200),
        ("/universe/regions", "/universe/regions", 200),
        ("/universe/regions/{region_id}", "/universe/regions/10000043", 200),
        ("/universe/regions/{region_id}", "/universe/regions/1", 404),
        ("/universe/types/{type_id}", "/universe/types/691", 200),
        ("/universe/types/{type_id}", "/universe/types/1", 404),
    ],
)
def test_other_routes(ask: Ask, path: str, target: str, status: int) -> None:
    reply = ask(target)
    assert reply.status == status
    check(path, "get", reply)


@pytest.mark.parametrize(
    ("path", "posted", "status"),
    [
        ("/universe/names", b"[10000002, 34, 60003760, 20000020, 2112000017, 98500013]", 200),
        ("/universe/names", b"[7]", 404),
        ("/universe/names", b"[]", 400),
        ("/universe/ids", b'["Domain", "Jita", "Rifter"]', 200),
        ("/universe/ids", b'["no such thing"]', 200),
        ("/universe/ids", b"{", 400),
    ],
)
def test_posts(ask: Ask, path: str, posted: bytes, status: int) -> None:
    reply = ask(path, "POST", posted)
    assert reply.status == status
    check(path, "post", reply)


@pytest.mark.parametrize("wrong", [{"players": "many"}, {"error": 3}, {"surprise": 1}, []])
def test_the_check_can_fail(ask: Ask, wrong: object) -> None:
    right = ask("/status")
    check("/status", "get", right)
    with pytest.raises(ValidationError):
        check("/status", "get", right._replace(body=json.dumps(wrong).encode()))
    with pytest.raises(ValidationError):
        check("/status", "get", right._replace(status=500, body=json.dumps(wrong).encode()))
