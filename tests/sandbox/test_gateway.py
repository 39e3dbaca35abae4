"""Every route answers with ESI's statuses, words and headers, and keeps ESI's limits."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.sandbox.messages import Asked, Reply
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.world import World

pytestmark = pytest.mark.unit

Ask = Callable[..., Reply]
RECORDED = Path(__file__).parents[2].parent / "shared" / "recorded" / "interactions.jsonl"
LIST = "/contracts/public/10000002"
NAMES = "/universe/names"


def body(reply: Reply) -> Any:
    assert reply.body is not None
    return json.loads(reply.body)


def first(sandbox: Sandbox, kind: str) -> int:
    rows = sandbox.world.market.contracts(10000002, sandbox.calendar, 0)
    return next(row.contract_id for row in rows[200:] if row.type == kind)


@pytest.mark.parametrize(
    ("url", "recorded"),
    [
        (LIST, "/contracts/public/items/235554525?page=1"),
        ("/contracts/public/items/{item_exchange}?page=1", "/items/235554525?page=1"),
        ("/contracts/public/bids/{auction}", "/contracts/public/bids/236027965?page=1"),
        ("/status", "/status"),
        ("/universe/regions/10000002", "/universe/regions/10000001"),
        ("/meta/compatibility-dates", "/meta/compatibility-dates"),
        (NAMES, NAMES),
    ],
)
def test_headers_are_those_of_recorded_answers(
    ask: Ask, sandbox: Sandbox, url: str, recorded: str
) -> None:
    if not RECORDED.exists():
        pytest.skip("no recorded answers beside the repository")
    exchanges = map(json.loads, RECORDED.read_text().splitlines())
    real = next(row for row in exchanges if row["url"].endswith(recorded))
    ids = {kind: first(sandbox, kind) for kind in ("item_exchange", "auction")}
    posted = {"method": "POST", "body": b"[34]"} if url == NAMES else {}
    reply = ask(url.format(**ids), **posted)
    of_the_connection = {"content-length", "connection"}
    not_on_loopback = {"strict-transport-security", "access-control-allow-credentials"}
    wanted = {name.lower() for name in real["response_headers"]}
    ours = {name.lower() for name in reply.headers}
    assert reply.status == real["status"]
    extra = {"x-esi-cache-status", "x-esi-request-id"} if "meta" in url else set()
    assert ours - {"server"} - extra == wanted - of_the_connection - not_on_loopback
    for name in ("Cache-Control", "X-Compatibility-Date", "X-Ratelimit-Limit", "Content-Language"):
        assert reply.headers.get(name) == real["response_headers"].get(name)
    assert len(reply.headers.get("Etag", "")) == len(real["response_headers"].get("Etag", ""))


@pytest.mark.parametrize(
    ("target", "status", "message"),
    [
        ("/contracts/public/10000001", 404, "Region not found!"),
        ("/contracts/public/10000002?page=99", 404, "Requested page does not exist!"),
        ("/contracts/public/10000002?page=0", 400, "page"),
        ("/contracts/public/10000002?page=-1", 400, "page"),
        ("/contracts/public/10000002?page=x", 400, "page"),
        ("/contracts/public/10000002?page=", 400, "page"),
        ("/contracts/public/10000002?page=2147483648", 400, "page"),
        ("/contracts/public/The%20Forge", 400, "id"),
        ("/contracts/public/", 400, "id"),
        ("/contracts/public/-1", 400, "id"),
        ("/contracts/public/¹", 400, "id"),
        ("/contracts/public/" + "9" * 5000, 400, "id"),
        ("/contracts/public/items/1", 404, "Contract not found!"),
        ("/contracts/public/bids/999999999999", 404, "Contract not found!"),
        ("/universe/regions/1", 404, "Region not found!"),
        ("/universe/types/1", 404, "Type not found!"),
        ("/nothing/here", 404, "Not found"),
        ("", 404, "Not found"),
        ("/status/", 404, "Not found"),
    ],
)
def test_errors_are_said_in_esis_form(ask: Ask, target: str, status: int, message: str) -> None:
    reply = ask(target)
    assert reply.status == status
    assert message in body(reply)["error"]
    assert "Expires" not in reply.headers
    assert "Etag" not in reply.headers


def test_a_wrong_method_is_an_error(ask: Ask) -> None:
    assert ask(LIST, "POST").status == 405
    assert ask(NAMES).status == 405


def test_bids_are_for_auctions_only(ask: Ask, sandbox: Sandbox) -> None:
    number = first(sandbox, "item_exchange")
    assert ask(f"/contracts/public/bids/{number}").status == 404


def test_a_region_without_contracts_is_one_empty_page(ask: Ask) -> None:
    reply = ask("/contracts/public/10000044")
    assert (reply.status, body(reply), reply.headers["X-Pages"]) == (200, [], "1")
    assert ask("/contracts/public/10000044?page=2").status == 404


def test_204_says_when_to_ask_again_and_has_no_body(ask: Ask, sandbox: Sandbox) -> None:
    market, calendar = sandbox.world.market, sandbox.calendar
    for row in market.contracts(10000002, calendar, 0):
        reply = ask(f"/contracts/public/items/{row.contract_id}")
        if reply.status == 204:
            break
    assert (reply.status, reply.body) == (204, None)
    assert {"Expires", "Last-Modified", "Cache-Control"} <= set(reply.headers)
    assert not {"Etag", "X-Pages", "Content-Type"} & set(reply.headers)


def test_all_pages_of_a_cycle_are_of_one_moment(ask: Ask, sandbox: Sandbox) -> None:
    early = ask(LIST)
    sandbox.advance(1799)
    late = ask(f"{LIST}?page=1&language=en")
    assert early.headers["X-Esi-Cache-Status"] == "MISS"
    assert late.headers["X-Esi-Cache-Status"] == "HIT"
    for name in ("Last-Modified", "Expires", "Etag", "X-Pages"):
        assert early.headers[name] == late.headers[name]
    sandbox.advance(1)
    after = ask(LIST)
    assert after.headers["Last-Modified"] == early.headers["Expires"] == after.headers["Date"]
    assert after.headers["Etag"] != early.headers["Etag"]


@pytest.mark.parametrize("cycle", [1800, 6, 1])
def test_bids_expire_within_the_cycle(world: World, cycle: int) -> None:
    sandbox = Sandbox(world, clock=lambda: 1_790_000_000.9, cycle=cycle)
    target = f"/contracts/public/bids/{first(sandbox, 'auction')}"
    before = sandbox.gateway.reply(Asked("GET", target, {}), sandbox.now())
    sandbox.advance(max(1, cycle // 6) - 0.9)
    after = sandbox.gateway.reply(Asked("GET", target, {}), sandbox.now())
    assert before.headers["Expires"] == after.headers["Date"] == after.headers["Last-Modified"]


def test_new_bids_come_with_time(ask: Ask, sandbox: Sandbox) -> None:
    rows = sandbox.world.market.contracts(10000002, sandbox.calendar, 0)
    target = f"/contracts/public/bids/{max(r.contract_id for r in rows if r.type == 'auction')}"
    counts = []
    for _ in range(30):
        counts.append(len(body(ask(target))))
        sandbox.advance(300)
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_unmodified_is_304_with_the_headers_of_200(ask: Ask) -> None:
    full = ask(LIST)
    etag = full.headers["Etag"]
    same = ask(LIST, If_None_Match=etag)
    assert (same.status, same.body) == (304, None)
    for name in ("Etag", "Expires", "Last-Modified", "X-Pages", "Cache-Control"):
        assert same.headers[name] == full.headers[name]
    assert "Content-Type" not in same.headers
    assert ask(LIST, If_None_Match='"other"').status == 200


def test_static_data_is_weakly_tagged_and_expires_at_11_05(ask: Ask) -> None:
    reply = ask("/universe/types/587")
    assert reply.headers["Etag"].startswith('W/"')
    assert reply.headers["Expires"].endswith("11:05:00 GMT")
    assert ask("/universe/types/587", If_None_Match=reply.headers["Etag"][2:]).status == 304


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("gzip;q=0", False), ("br", False)],
)
def test_large_bodies_are_compressed_where_that_is_accepted(
    ask: Ask, accepted: str, *, packed: bool
) -> None:
    plain, reply = ask(LIST), ask(LIST, Accept_Encoding=accepted)
    assert reply.headers.get("Content-Encoding") == ("gzip" if packed else None)
    assert reply.body
    assert (gzip.decompress(reply.body) if packed else reply.body) == plain.body
    assert reply.headers["Etag"] == plain.headers["Etag"]
    assert "Content-Encoding" not in ask("/status", Accept_Encoding="gzip").headers


@pytest.mark.parametrize(
    ("date", "status"),
    [
        ("2020-01-01", 200),
        ("2026-08-18", 200),
        ("2026-09-21", 200),
        ("2026-09-22", 400),
        ("2099-01-01", 400),
        ("20260818", 400),
        ("latest", 400),
        ("", 400),
    ],
)
def test_compatibility_dates_turn_at_11_utc(ask: Ask, date: str, status: int) -> None:
    assert ask("/status", X_Compatibility_Date=date).status == status


def test_the_day_after_is_no_longer_the_future(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.advance(86400)
    assert ask("/status", X_Compatibility_Date="2026-09-22").status == 200


@pytest.mark.parametrize(
    ("posted", "status"),
    [
        (b"[34, 30000142, 10000002, 60003760]", 200),
        (b"[34, 1]", 404),
        (b"[1020000000001]", 404),
        (b"[34, 34]", 400),
        (b"[]", 400),
        (b"", 400),
        (b"{}", 400),
        (b'["34"]', 400),
        (b"[99999999999999999999]", 404),
        (json.dumps(list(range(1001))).encode(), 400),
    ],
)
def test_names(ask: Ask, posted: bytes, status: int) -> None:
    reply = ask(NAMES, "POST", posted)
    assert reply.status == status
    if status == 200:
        assert [row["id"] for row in body(reply)] == json.loads(posted)
        assert {row["category"] for row in body(reply)} == {
            "inventory_type",
            "solar_system",
            "region",
            "station",
        }
    elif status == 404:
        assert body(reply) == {"error": "Ensure all IDs are valid before resolving."}


def test_ids(ask: Ask) -> None:
    reply = ask("/universe/ids", "POST", b'["the forge", "Jita", "nobody at all", "PLEX"]')
    assert body(reply) == {
        "regions": [{"id": 10000002, "name": "The Forge"}],
        "systems": [{"id": 30000142, "name": "Jita"}],
        "inventory_types": [{"id": 44992, "name": "PLEX"}],
    }
    assert ask("/universe/ids", "POST", json.dumps(["x"] * 501).encode()).status == 400


def test_the_error_limit_stops_every_route_until_the_minute_is_over(
    ask: Ask, sandbox: Sandbox
) -> None:
    for errors in range(100):
        assert ask(LIST).headers["X-Esi-Error-Limit-Remain"] == str(100 - errors)
        assert ask("/contracts/public/items/1").status == 404
        sandbox.advance(0.25)
    for target in (LIST, "/status", "/nothing"):
        reply = ask(target)
        assert reply.status == 420
        assert "exceeded the error limit" in body(reply)["error"]
        assert reply.headers["X-Esi-Error-Limit-Remain"] == "0"
    seconds = int(reply.headers["X-Esi-Error-Limit-Reset"])
    sandbox.advance(seconds - 1)
    assert ask(LIST).status == 420
    sandbox.advance(1)
    assert ask(LIST).headers["X-Esi-Error-Limit-Remain"] == "100"


def test_routes_of_a_group_have_tokens_instead(ask: Ask, sandbox: Sandbox) -> None:
    reply = ask("/status")
    assert "X-Esi-Error-Limit-Remain" not in reply.headers
    assert reply.headers["X-Ratelimit-Remaining"] == "598"
    again = ask("/status", If_None_Match=reply.headers["Etag"])
    assert (again.headers["X-Ratelimit-Used"], again.headers["X-Ratelimit-Remaining"]) == (
        "1",
        "597",
    )
    while ask("/status").status == 200:
        pass
    refused = ask("/status")
    assert (refused.status, refused.headers["X-Ratelimit-Remaining"]) == (429, "0")
    assert ask(LIST).status == 200
    assert ask(LIST).headers["X-Esi-Error-Limit-Remain"] == "100"
    sandbox.advance(int(refused.headers["Retry-After"]))
    assert ask("/status").status == 200


def test_requests_are_counted_by_method_route_and_status(ask: Ask, sandbox: Sandbox) -> None:
    reply = ask(LIST)
    ask(LIST, "HEAD")
    ask(LIST, If_None_Match=reply.headers["Etag"])
    ask("/nothing/here")
    tally, route = sandbox.requests, "/contracts/public/{region_id}"
    assert tally.total == 4
    assert tally.count(route=route) == 3
    assert tally.count(method="GET", route=route, status=304) == 1
    assert tally.count(route="", status=404) == 1
    assert tally.bytes == len(reply.body or b"") + len(b'{"error":"Not found"}')
    tally.reset()
    assert (tally.total, tally.bytes, tally.as_json()["routes"]) == (0, 0, [])


@given(ids=st.lists(st.integers(1, 10**9), unique=True, max_size=2600))
def test_pages_together_are_the_rows_by_ascending_id(ids: list[int]) -> None:
    row = {"type": "courier", "issuer_id": 1, "issuer_corporation_id": 2}
    dates = {"date_issued": "2026-09-01T00:00:00Z", "date_expired": "2026-09-08T00:00:00Z"}
    world = World.of(contracts={5: [row | dates | {"contract_id": number} for number in ids]})
    gateway, pages = Sandbox(world).gateway, 1
    found: list[int] = []
    while pages:
        reply = gateway.reply(Asked("GET", f"/contracts/public/5?page={pages}", {}), 1e9)
        if reply.status == 404:
            break
        assert reply.headers["X-Pages"] == str(max(1, -(-len(ids) // 1000)))
        rows = body(reply)
        assert len(rows) == 1000 or reply.headers["X-Pages"] == str(pages)
        found += [row["contract_id"] for row in rows]
        pages += 1
    assert found == sorted(ids)
    assert pages - 1 == max(1, -(-len(ids) // 1000))
