"""No number or date in a header stops eveobs for long, or makes it believe an answer for ever."""

from __future__ import annotations

import json
import sqlite3
import threading
import time as real_time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.errors import EveobsError, LimitError
from eveobs.esi import bounds
from eveobs.esi.bounds import (
    DAY,
    LONG_LIFETIME,
    MAX_PAGES,
    MAX_REMAINING,
    MAX_WAIT,
    bounded_headers,
    http_time,
    max_lifetime,
    number,
    parse_limit,
    seconds_of,
    whole_number,
    within,
)
from eveobs.esi.cache import ResponseCache
from eveobs.esi.freshness import expiry
from eveobs.esi.limits import Bucket, Circuit, Holder, Ledger
from eveobs.esi.paging import page_count
from eveobs.esi.resilience import judge
from eveobs.esi.route import Route
from eveobs.esi.routes import ROUTES
from eveobs.esi.shared_limits import FILE, SharedLimits
from tests.conftest import Eveobs
from tests.esi.fakes import GROUPED, LIST, START, STATUS, Server, Time, Warnings, client, error, ok

pytestmark = pytest.mark.unit

THIRTY_DIGITS = "9" * 30
HOSTILE = (
    "",
    " ",
    "0",
    "-1",
    "-" + THIRTY_DIGITS,
    THIRTY_DIGITS,
    "9" * 5000,
    "999999999",
    "1.5",
    "NaN",
    "inf",
    "1e300",
    "0x7f",
    "1_000",
    "٣٣٣",
    "１２",
    "²",
    "1\x00",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Fri, 31 Dec 99999 23:59:59 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Mon, 01 Jan 0001 00:00:00 GMT",
    "Tue, 01 Dec 2026 15:00:00 -0000",
    "Tue, 01 Dec 2026 15:00:00 +9999999999",
    "600/15m",
    "0/0s",
    f"{THIRTY_DIGITS}/{THIRTY_DIGITS}d",
    "٣/٣m",
)
NAMES = (
    "x-esi-error-limit-remain",
    "x-esi-error-limit-reset",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-used",
    "x-ratelimit-group",
    "x-pages",
    "expires",
    "date",
    "last-modified",
)
said = (
    st.sampled_from(HOSTILE) | st.text(max_size=40) | st.integers().map(str) | st.floats().map(str)
)
heads = st.dictionaries(st.sampled_from(NAMES), said)


# -- the bounds themselves ------------------------------------------------------------------------


@given(heads, st.sampled_from([0, 5, 300, 1800, 86400, 31536000]), st.floats(0, 4e9))
def test_whatever_a_header_says_is_within_its_bound(
    headers: dict[str, str], age: int, now: float
) -> None:
    kept, clamped = bounded_headers(headers, cache_age=age, now=now)
    assert (kept is headers) is (not clamped)
    assert {one.where for one in clamped} <= {*headers}
    for name in ("x-esi-error-limit-remain", "x-ratelimit-remaining", "x-ratelimit-used"):
        assert name not in kept or 0 <= (whole_number(kept[name]) or 0) <= MAX_REMAINING
    for name in ("x-esi-error-limit-reset", "retry-after"):
        if (told := number(kept.get(name))) is not None:
            assert 0 <= told <= MAX_WAIT
    assert (whole_number(kept.get("x-pages")) or 1) in range(1, MAX_PAGES + 2)
    if (limit := kept.get("x-ratelimit-limit")) is not None:
        found = parse_limit(limit)
        assert found is not None
        assert found[0] >= 5
        assert 1 <= found[1] <= 3600
    assert 0 <= expiry(kept, now=now, cache_age=age) - now <= max(max_lifetime(age), age) + 1
    modified = http_time(kept.get("last-modified"))
    assert modified is None or 0 <= modified <= now + bounds.MAX_SKEW + bounds.TOLERANCE
    again, nothing = bounded_headers(kept, cache_age=age, now=now)
    assert dict(again) == dict(kept)
    assert not nothing


@given(heads, st.floats(0, 4e9), st.sampled_from([420, 429, 500, 503, 520]), st.binary(max_size=99))
def test_no_failed_answer_asks_to_wait_for_more_than_an_hour(
    headers: dict[str, str], now: float, status: int, body: bytes
) -> None:
    failure = judge(LIST, "/x", status, headers, body, now)
    assert failure.pause is None or 0 < failure.pause <= MAX_WAIT
    assert 0 <= failure.after <= MAX_WAIT


@pytest.mark.parametrize("told", ["1", "9" * 12, "9" * 30, "9" * 290, "٣"])
def test_the_games_own_remaining_time_is_bounded(told: str) -> None:
    body = json.dumps({"error": f'ConStopSpamming, details: {{"remainingTime": {told}}}'}).encode()
    failure = judge(GROUPED, "/x", 520, {}, body, START)
    assert failure.pause is not None
    assert 1 <= failure.pause <= MAX_WAIT
    assert bool(failure.clamped) is (len(told) > 11)


@given(said)
def test_a_number_is_one_or_none(text: str) -> None:
    found = number(text)
    assert found is None or abs(found) <= 1e15
    assert whole_number(text) == (None if found is None else int(found))
    told = seconds_of(text)
    assert told is None or 0 <= told <= MAX_WAIT


@given(st.floats(), st.floats(0, 10), st.floats(10, 20))
def test_what_is_put_within_bounds_is_within(value: float, least: float, most: float) -> None:
    assert least <= within(value, least, most) <= most


@given(said)
def test_a_date_is_one_or_none(text: str) -> None:
    found = http_time(text)
    assert found is None or -1e11 < found < 1e12


def test_lifetimes_are_bounded_by_the_documented_cache_age() -> None:
    assert max_lifetime(30) == 600
    assert max_lifetime(1800) == 7200
    assert max_lifetime(31_536_000) == 31_536_000 + DAY
    # Recorded in January 2026: /characters/{id}, documented with a day, good for 604,450 seconds;
    # and routes without a documented age that expire daily at 11:05.
    assert 604_450 < max_lifetime(86_400) == LONG_LIFETIME
    assert DAY < max_lifetime(0) < 2 * DAY
    assert all(max_lifetime(route.cache_age) > route.cache_age for route in ROUTES)


@pytest.mark.parametrize(("text", "pages"), [("12", 12), ("0", 1), ("-3", 1), ("٣", 1), ("", 1)])
def test_pages_are_counted_in_plain_digits(text: str, pages: int) -> None:
    assert page_count("/x", {"x-pages": text}) == pages


@pytest.mark.parametrize("text", ["10001", THIRTY_DIGITS, "9" * 5000])
def test_more_pages_than_any_list_has_are_an_error(text: str) -> None:
    kept, _ = bounded_headers({"x-pages": text}, cache_age=0, now=START)
    with pytest.raises(EveobsError, match="more than 10,000 pages"):
        page_count("/x", kept)


# -- the client -----------------------------------------------------------------------------------


async def test_an_answer_is_not_good_until_the_year_9999(time: Time) -> None:
    warned = Warnings()
    forever = ok([1], expires="Fri, 31 Dec 9999 23:59:59 GMT")
    server = Server(forever, forever)
    async with client(server, time, progress=warned) as esi:
        for _ in range(2):
            answer = await esi.get(STATUS, shape=list[int])
            assert answer.expires <= time.now + 600
            time.now += 601
    assert len(server.requests) == 2
    assert len([line for line in warned.messages if "expires" in line]) == 1


async def test_a_moment_that_has_not_come_is_not_believed(time: Time) -> None:
    async with client(Server(ok([1], last_modified="Fri, 31 Dec 9999 23:59:59 GMT")), time) as esi:
        assert (await esi.get(STATUS, shape=list[int])).last_modified is None


async def test_clocks_that_differ_are_told_apart_by_the_date(time: Time) -> None:
    """ESI is three hours ahead of this machine."""
    there = START + 3 * 3600
    async with client(Server(ok([1], now=there, age=30)), time) as esi:
        answer = await esi.get(STATUS, shape=list[int])
    assert answer.expires == START + 30
    assert answer.last_modified == there


@pytest.mark.parametrize("told", ["999999999", THIRTY_DIGITS, "9" * 5000])
@pytest.mark.parametrize("name", ["x_esi_error_limit_reset", "retry_after"])
async def test_a_limit_ends_within_an_hour(
    time: Time, tmp_path: Path, name: str, told: str
) -> None:
    """Also for the runs after it, which read the ledger from disk."""
    refused = error(420, "limited", x_esi_error_limit_remain="0", **{name: told})
    limits = SharedLimits(tmp_path, "https://esi.test", clock=time)
    async with client(Server(refused), time, limits=limits) as esi:
        with pytest.raises(LimitError) as caught:
            await esi.get(STATUS, shape=list[int])
    assert caught.value.retry_at <= START + MAX_WAIT + 1
    time.now += MAX_WAIT + 1
    later = SharedLimits(tmp_path, "https://esi.test", clock=time)
    assert later.renew(20, 0).closed == 0
    later.close()


@pytest.mark.parametrize("limit", ["0/15m", "1/15m", f"600/{THIRTY_DIGITS}d", "-1/15m"])
async def test_no_bucket_can_be_told_to_be_closed_for_ever(time: Time, limit: str) -> None:
    answer = ok([1], x_ratelimit_limit=limit, x_ratelimit_remaining="-" + THIRTY_DIGITS)
    async with client(Server(answer), time) as esi:
        await esi.get(GROUPED, {"character_id": 1}, shape=list[int])
        time.now += 3601
        await esi.get(GROUPED, {"character_id": 1}, shape=list[int])
    assert sum(time.slept) <= MAX_WAIT


# -- what lies on disk from before ----------------------------------------------------------------


def test_a_ledger_from_before_is_put_within_bounds(tmp_path: Path, time: Time) -> None:
    end = START + 1e9
    poisoned = Ledger(
        errors=10**15,
        window_ends=end,
        holders={"1": Holder(10**9, end)},
        buckets={"g|": Bucket(0, 1e18, [(end, 10**12), (float("nan"), 3)], last=end)},
        pauses={"": end, "g|": float("inf")},
        circuit=Circuit(end, "x" * 10_000),
    )
    _keep_ledger(tmp_path, poisoned)
    said: list[str] = []
    limits = SharedLimits(
        tmp_path, "esi", clock=time, clamped=lambda _, found: said.extend(c.where for c in found)
    )
    assert limits.renew(20, 0).closed <= MAX_WAIT
    assert limits.reserve(Route("GET", "/x", 0, "", "g", 600, 900)) <= MAX_WAIT
    assert {"end of the error limit", "end of the circuit breaker"} <= {*said}
    time.now += MAX_WAIT + 1
    assert limits.renew(20, 0).closed == 0
    assert limits.look().open_circuit(time.now) is None
    limits.close()


def test_an_answer_kept_for_ever_is_asked_for_again(tmp_path: Path, eveobs: Eveobs) -> None:
    """Kept by a version that believed `Expires`."""
    assert eveobs("api", "/status").exit_code == 0
    home = tmp_path / "home"
    far = 2.5e11
    _alter_cache(home, expires=far)
    requests = _requests_of(eveobs, "api", "/status", "-i")
    assert requests == 0  # it is within the age it can have
    _alter_cache(home, expires=far, stored=real_time.time() - 700)
    assert _requests_of(eveobs, "api", "/status", "-i") == 1


@pytest.mark.parametrize("field", ["expires", "last_modified", "stored"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e300, 1e300, 2.5e11])
def test_altered_times_in_the_cache_end_in_no_traceback(
    tmp_path: Path, eveobs: Eveobs, field: str, value: float
) -> None:
    assert eveobs("api", "/status").exit_code == 0
    _alter_cache(tmp_path / "home", **{field: value})
    for command in (["api", "/status", "-i"], ["cache", "ls"], ["cache", "show", "/status"]):
        result = eveobs(*command)
        assert result.exit_code == 0, (command, result.output)


def test_an_observation_that_is_fresh_for_ever_is_made_again(
    tmp_path: Path, eveobs: Eveobs
) -> None:
    fetch = ("fetch", "contracts", "--region", "The Forge", "--no-items", "--no-bids")
    assert eveobs(*fetch).exit_code == 0
    with closing(sqlite3.connect(tmp_path / "home" / "data" / "eveobs.sqlite3")) as store, store:
        store.execute("UPDATE observations SET fresh_until = '9999-12-31T23:59:59Z'")
        store.execute("UPDATE observations SET expires = '9999-12-31T23:59:59Z'")
    assert eveobs.json(*fetch)[0]["status"] is not None
    with closing(sqlite3.connect(tmp_path / "home" / "data" / "eveobs.sqlite3")) as store:
        (count,) = store.execute("SELECT count(*) FROM observations").fetchone()
    assert count == 2


# -- the command line -----------------------------------------------------------------------------


def test_a_hostile_limit_is_said_once_audited_and_can_be_reset(
    tmp_path: Path, eveobs: Eveobs
) -> None:
    headers = {"X-ESI-Error-Limit-Remain": "0", "X-ESI-Error-Limit-Reset": "999999999"}
    with _refusing(headers) as url:
        there = ("--set", f"esi.base_url={url}")
        first = eveobs(*there, "api", "/status")
    assert first.exit_code == 6
    assert first.stderr.count("out of bounds") == 1
    until = json.loads(eveobs(*there, "limits", "--json").stdout)[0]
    assert 0 < max(until["anew_in"], until["paused"]) <= MAX_WAIT
    assert eveobs(*there, "limits", "reset").exit_code == 2  # nobody is there to confirm it
    done = eveobs(*there, "limits", "reset", "--yes")
    assert done.exit_code == 0
    assert "banned" in done.stderr
    after = json.loads(eveobs(*there, "limits", "--json").stdout)[0]
    assert (after["left"], after["paused"]) == (100, 0)
    actions = [
        json.loads(line)["action"]
        for line in (tmp_path / "home" / "state" / "audit.jsonl").read_text().splitlines()
    ]
    assert actions == ["esi.clamp", "limits.reset"]


def test_a_reset_also_removes_a_ledger_that_is_damaged(tmp_path: Path, eveobs: Eveobs) -> None:
    file = tmp_path / "home" / "state" / FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database" * 500)
    assert eveobs("limits", "reset", "--yes").exit_code == 0
    assert "damaged" not in eveobs("limits").stderr
    assert "cannot be shared" not in eveobs("limits").stderr


def _keep_ledger(folder: Path, ledger: Ledger) -> None:
    SharedLimits(folder, "esi").look()
    with closing(sqlite3.connect(folder / FILE)) as database, database:
        row = ("esi", msgspec.msgpack.encode(ledger))
        database.execute("INSERT OR REPLACE INTO ledgers VALUES (?, ?)", row)


def _alter_cache(home: Path, **values: float) -> None:
    """Change the entry of /status on disk, as a version that believed all would have kept it."""
    cache = ResponseCache(home / "cache" / "esi")
    with closing(sqlite3.connect(home / "cache" / "esi" / "cache.db")) as database:
        (key,) = database.execute("SELECT key FROM Cache").fetchone()
    entry = cache.get(key)
    assert entry is not None
    cache.put(key, msgspec.structs.replace(entry, **values))
    cache.close()


def _requests_of(eveobs: Eveobs, *command: str) -> int:
    result = eveobs("-vv", *command)
    assert result.exit_code == 0, result.output
    return result.stderr.count("asked")


@contextmanager
def _refusing(headers: Mapping[str, str]) -> Iterator[str]:
    """A server that answers 420 to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"error":"limited"}'
            self.send_response(420)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
