"""What the sandbox answers is what ESI's OpenAPI document says, route by route."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from eveobs.sandbox.answers import Call
from eveobs.sandbox.messages import Reply
from eveobs.sandbox.people import character_id, corporation_id
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.structures import structure_id

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
        ("/meta/status", "/meta/status", 200),
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


def filled(path: str, **values: object) -> str:
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", str(value))
    return path


def shown(sandbox: Sandbox, path: str, owner: int) -> list[dict[str, Any]]:
    call = Call(sandbox.now(), (str(owner),), "", b"")
    found: list[dict[str, Any]] = sandbox.views.by_path[path](call, int(sandbox.now()))
    return found


CHARACTERS = ("", *"/portrait /corporationhistory /roles /skills /skillqueue /wallet".split())
BOTH = "/blueprints /assets /industry/jobs /orders /orders/history /contracts".split()
CORPORATIONS = ("", *"/icons /alliancehistory /members /roles /divisions /wallets".split())


@pytest.mark.parametrize("number", [0, 1, 2, 30])
@pytest.mark.parametrize("part", [*CHARACTERS, *BOTH, "/wallet/journal", "/wallet/transactions"])
def test_routes_of_characters(ask_as: Ask, part: str, number: int) -> None:
    path = "/characters/{character_id}" + part
    reply = ask_as(number, filled(path, character_id=character_id(number)))
    assert reply.status == 200
    check(path, "get", reply)


@pytest.mark.parametrize("part", [*CORPORATIONS, *BOTH])
def test_routes_of_corporations(ask_as: Ask, part: str) -> None:
    path = "/corporations/{corporation_id}" + part
    reply = ask_as(0, filled(path, corporation_id=corporation_id(0)))
    assert reply.status == 200
    check(path, "get", reply)


@pytest.mark.parametrize("book", ["journal", "transactions"])
@pytest.mark.parametrize("division", [1, 7])
def test_wallets_of_corporations(ask_as: Ask, book: str, division: int) -> None:
    path = "/corporations/{corporation_id}/wallets/{division}/" + book
    reply = ask_as(0, filled(path, corporation_id=corporation_id(0), division=division))
    assert check(path, "get", reply)


def test_completed_jobs_and_structures_of_a_corporation(ask_as: Ask) -> None:
    base = "/corporations/{corporation_id}"
    target = filled(base, corporation_id=corporation_id(0))
    jobs = ask_as(0, f"{target}/industry/jobs?include_completed=true")
    assert len(check(f"{base}/industry/jobs", "get", jobs)) > 10
    assert check(f"{base}/structures", "get", ask_as(1, f"{target}/structures"))


@pytest.mark.parametrize(
    ("base", "number", "kind"),
    [
        ("/characters/{character_id}", 0, character_id(0)),
        ("/corporations/{corporation_id}", 0, corporation_id(0)),
    ],
)
def test_items_and_bids_of_own_contracts(
    ask_as: Ask, sandbox: Sandbox, clock: Any, base: str, number: int, kind: int
) -> None:
    seen = set()
    for row in shown(sandbox, f"{base}/contracts", kind):
        clock.time += 3  # not to be called a spammer
        for what in ("items", "bids"):
            path = f"{base}/contracts/{{contract_id}}/{what}"
            target = filled(
                path,
                character_id=kind,
                corporation_id=kind,
                contract_id=row["contract_id"],
            )
            reply = ask_as(number, target)
            rows = check(path, "get", reply)
            seen.add((what, row["type"], reply.status, bool(rows)))
    assert {
        ("items", "item_exchange", 200, True),
        ("items", "courier", 200, False),
        ("bids", "auction", 200, True),
        ("bids", "courier", 404, True),
    } <= seen


def test_planets_and_what_is_built_on_them(ask_as: Ask) -> None:
    path = "/characters/{character_id}/planets"
    target = filled(path, character_id=character_id(0))
    rows = check(path, "get", ask_as(0, target))
    for row in rows:
        layout = check(f"{path}/{{planet_id}}", "get", ask_as(0, f"{target}/{row['planet_id']}"))
        assert len(layout["pins"]) == row["num_pins"]
        where = "/universe/planets/{planet_id}"
        planet = check(where, "get", ask_as(0, filled(where, planet_id=row["planet_id"])))
        assert planet["system_id"] == row["solar_system_id"]
    assert rows
    missing = ask_as(0, f"{target}/1")
    assert missing.status == 404
    check(f"{path}/{{planet_id}}", "get", missing)


@pytest.mark.parametrize("part", ["", "/corporations", "/icons"])
def test_routes_of_alliances(ask: Ask, part: str) -> None:
    path = "/alliances/{alliance_id}" + part
    alliances = check("/alliances", "get", ask("/alliances"))
    for alliance in alliances:
        assert check(path, "get", ask(filled(path, alliance_id=alliance)))
    unknown = ask(filled(path, alliance_id=1))
    assert unknown.status == 404
    check(path, "get", unknown)


@pytest.mark.parametrize(
    ("base", "owner"),
    [
        ("/characters/{character_id}", character_id(0)),
        ("/corporations/{corporation_id}", corporation_id(0)),
    ],
)
@pytest.mark.parametrize("what", ["names", "locations"])
def test_posts_about_assets(
    ask_as: Ask, sandbox: Sandbox, base: str, owner: int, what: str
) -> None:
    path = f"{base}/assets/{what}"
    target = filled(path, character_id=owner, corporation_id=owner)
    ids = [row["item_id"] for row in shown(sandbox, f"{base}/assets", owner)]
    reply = ask_as(0, target, "POST", json.dumps(ids).encode())
    assert reply.status == 200
    assert [row["item_id"] for row in check(path, "post", reply)] == ids
    for body, status in ((b"[5]", 404), (b"[]", 400), (b"x", 400)):
        reply = ask_as(0, target, "POST", body)
        assert reply.status == status
        check(path, "post", reply)


def test_affiliations(ask: Ask) -> None:
    path = "/characters/affiliation"
    ids = [character_id(0), character_id(1)]
    rows = check(path, "post", ask(path, "POST", json.dumps(ids).encode()))
    assert [row["corporation_id"] for row in rows] == [corporation_id(0)] * 2
    unknown = ask(path, "POST", json.dumps([corporation_id(0)]).encode())
    assert unknown.status == 400
    check(path, "post", unknown)


@pytest.mark.parametrize("rule", range(5))
def test_structures(ask_as: Ask, rule: int) -> None:
    path = "/universe/structures/{structure_id}"
    replies = [
        ask_as(number, filled(path, structure_id=structure_id(10000002, rule)))
        for number in (0, 1, 2)
    ]
    for reply in replies:
        check(path, "get", reply)
    expected = {0: [200] * 3, 1: [200, 403, 200], 2: [403, 200, 403], 3: [403] * 3}
    assert [reply.status for reply in replies] == expected.get(rule, [200, 200, 403])


def test_markets(ask: Ask) -> None:
    for region in (*REGIONS, 10000044):
        path = "/markets/{region_id}/"
        check(path + "orders", "get", ask(f"/markets/{region}/orders?order_type=all"))
        check(path + "orders", "get", ask(f"/markets/{region}/orders?order_type=buy&type_id=34"))
        check(path + "history", "get", ask(f"/markets/{region}/history?type_id=34"))
        check(path + "types", "get", ask(f"/markets/{region}/types"))
    check("/markets/prices", "get", ask("/markets/prices"))
    for wrong, status in (
        ("/markets/10000002/orders?order_type=some", 400),
        ("/markets/10000002/orders?order_type=all&page=99", 404),
        ("/markets/10000002/history?type_id=999999", 404),
        ("/markets/10000002/history", 400),
        ("/markets/1/types", 404),
    ):
        assert ask(wrong).status == status, wrong
