"""A corporation's worth of contracts in a bucket that is too small: what fits is stored, the rest is
not even tried, and the next runs go on without asking anything twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest

from eveobs.errors import ExitCode, LimitError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.esi.routes import BY_PATH
from eveobs.esi.shared_limits import SharedLimits
from eveobs.observation.observe import observe
from eveobs.observation.unit import Report, Unit
from eveobs.processors.own_contracts import PROCESSOR
from eveobs.records.schema import SubjectKind
from eveobs.settings import Esi
from eveobs.store.store import Store
from tests.esi.characters import Character
from tests.esi.fakes import Time, Warnings, error, ok

pytestmark = pytest.mark.unit

LIST = BY_PATH["GET", "/characters/{character_id}/contracts"]
KARA = Character(90_000_001, "Kara Ovessa", frozenset({LIST.scope}))
CONTRACTS, BUCKET, WINDOW = 150, 120, 900
URL = "https://esi.test"


@dataclass
class SmallBucket:
    """ESI with a bucket of BUCKET tokens, floating; 429 is a client that did not count."""

    time: Time
    spent: list[tuple[float, int]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    most: int = 1_000_000
    refused: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/universe/names":
            return ok([])
        if self.asked.total() > self.most:
            self.refused += 1
            return error(429, "Too many", retry_after="1000")
        used = sum(n for when, n in self.spent if when > self.time.now - WINDOW)
        if used + 2 > BUCKET:
            pytest.fail("the bucket was overdrawn")
        self.asked[request.url.path] += 1
        self.spent.append((self.time.now, 2))
        if request.url.path.endswith("/contracts"):
            rows = [contract(number) for number in range(1, CONTRACTS + 1)]
        else:
            rows = [item(int(request.url.path.split("/")[-2]))]
        left = str(BUCKET - used - 2)
        limit = f"{BUCKET}/15m"
        return ok(rows, now=self.time.now, x_ratelimit_limit=limit, x_ratelimit_remaining=left)


def contract(number: int) -> dict[str, object]:
    return {
        "contract_id": number,
        "type": "item_exchange",
        "status": "finished",
        "availability": "public",
        "issuer_id": KARA.character_id,
        "issuer_corporation_id": 98_000_001,
        "assignee_id": 0,
        "acceptor_id": 0,
        "date_issued": "2026-09-01T00:00:00Z",
        "date_expired": "2026-09-15T00:00:00Z",
        "for_corporation": False,
    }


def item(number: int) -> dict[str, object]:
    one = {"record_id": number, "type_id": 34, "quantity": 1}
    return {**one, "is_included": True, "is_singleton": False}


@dataclass
class Home:
    """What lasts from run to run: store, cache, limits and the clock."""

    store: Store
    time: Time
    esi: SmallBucket
    cache: ResponseCache
    limits: SharedLimits
    seen: Warnings = field(default_factory=Warnings)

    async def run(self, *, patient: bool) -> Report:
        unit = Unit(
            processor="own-contracts",
            subject_id=KARA.character_id,
            subject_name=KARA.name,
            subject_kind=SubjectKind.CHARACTER,
            details=("items",),
        )
        client = EsiClient(
            Esi(base_url=URL),
            self.cache,
            transport=httpx.MockTransport(self.esi),
            clock=self.time,
            sleep=self.time.sleep,
            progress=self.seen,
            limits=self.limits,
            patient=patient,
        )
        async with client:
            return await observe(
                unit,
                PROCESSOR,
                client=client,
                store=self.store,
                progress=self.seen,
                access=KARA,
                now=lambda: datetime.fromtimestamp(self.time.now, UTC),
            )

    def known(self) -> int:
        schema = PROCESSOR.schema
        return len(self.store.answered(schema, "items", range(1, CONTRACTS + 1)))


@pytest.fixture
def home(store: Store, time: Time) -> Home:
    limits = SharedLimits(None, URL, clock=time)
    limits.look().bucket(LIST, str(KARA.character_id)).limit = BUCKET  # learnt by an earlier run
    return Home(store, time, SmallBucket(time), ResponseCache(None, clock=time), limits)


@pytest.fixture
def time() -> Time:
    return Time()


async def test_without_patience_what_fits_is_stored_and_the_time_is_told(home: Home) -> None:
    report = await home.run(patient=False)
    assert report.exit_code is ExitCode.LIMITED
    assert isinstance(report.error, LimitError)
    assert home.time.now < report.error.retry_at <= home.time.now + WINDOW
    assert "char-contract" in report.error.message
    assert KARA.name in report.error.message
    items = home.esi.asked.total() - 1
    assert items == home.known()
    assert items >= 0.85 * BUCKET / 2  # the bucket is used, not shied away from
    assert report.outcome.rows == CONTRACTS
    assert report.outcome.requests - items <= 2


async def test_the_next_runs_go_on_and_ask_nothing_twice(home: Home) -> None:
    for _ in range(9):
        report = await home.run(patient=False)
        if report.error is None:
            break
        assert isinstance(report.error, LimitError)
        home.time.now = report.error.retry_at
    assert report.exit_code is ExitCode.DONE
    assert home.known() == CONTRACTS
    items = {path: times for path, times in home.esi.asked.items() if path.endswith("/items")}
    assert len(items) == CONTRACTS
    assert set(items.values()) == {1}
    assert home.time.now - home.esi.spent[0][0] <= 4 * WINDOW


async def test_with_patience_the_windows_are_waited_for(home: Home) -> None:
    report = await home.run(patient=True)
    assert report.exit_code is ExitCode.DONE
    assert home.known() == CONTRACTS
    assert home.esi.asked.total() == CONTRACTS + 1
    assert any(KARA.name in reason for _, reason in home.seen.waits)
    assert 1 * WINDOW <= home.time.now - home.esi.spent[0][0] <= 4 * WINDOW


async def test_what_was_answered_before_a_429_is_kept(home: Home) -> None:
    home.esi.most = 25
    report = await home.run(patient=True)  # it is told to come back later than anybody waits
    assert isinstance(report.error, LimitError)
    assert report.error.retry_at == home.time.now + 1000
    assert home.known() == 25
    assert home.esi.refused <= 20  # those that were under way
