"""Structures are asked for by who may know them, and one that refuses is left alone for a while."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest

from eveobs.errors import EveobsError, LimitError, SignInError, UnreachableError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.observation.names import FIRST_STRUCTURE
from eveobs.observation.structures import REFUSALS, ROUTE, remember_structures
from eveobs.settings import Esi
from eveobs.store.store import Store
from tests.esi.characters import Character
from tests.esi.fakes import Time, Warnings, error, ok
from tests.store.drafts import START

pytestmark = pytest.mark.unit

KEEP, TOWER, GONE = FIRST_STRUCTURE, FIRST_STRUCTURE + 1, FIRST_STRUCTURE + 2
SCOPES = frozenset({ROUTE.scope})
KARA = Character(90_000_001, "Kara Ovessa", SCOPES)
TAL = Character(90_000_002, "Tal Irsen", SCOPES)


@dataclass
class Docks:
    """Lets in whom it is told, by structure; there are no other structures."""

    open_to: dict[int, list[Character]]
    failing: httpx.Response | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)
    progress: Warnings = field(default_factory=Warnings)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        who = next(one for one in (KARA, TAL) if bearer in one.tokens)
        number = int(request.url.path.rpartition("/")[2])
        self.asked.append((who.name, number))
        if self.failing is not None:
            return self.failing
        if number not in self.open_to:
            return error(404, "Structure not found")
        if who not in self.open_to[number]:
            return error(403, "Forbidden")
        return ok({"name": f"Structure {number}", "owner_id": 1, "solar_system_id": 2})

    async def remember(
        self,
        ids: Iterable[int],
        store: Store,
        accesses: Sequence[Any] = (KARA, TAL),
        now: Any = START,
    ) -> EveobsError | None:
        self.asked.clear()
        time = Time()
        client = EsiClient(
            Esi(base_url="http://127.0.0.1", max_retries=0),
            ResponseCache(None),
            transport=httpx.MockTransport(self),
            clock=time,
            sleep=time.sleep,
            patient=False,
        )
        async with client:
            return await remember_structures(
                ids, accesses=accesses, client=client, store=store, now=now, progress=self.progress
            )


def names(store: Store) -> dict[int, str]:
    return {name.id: name.name for name in store.named("structure")}


async def test_the_first_who_is_let_in_learns_the_name(store: Store) -> None:
    docks = Docks({KEEP: [KARA, TAL], TOWER: [TAL]})
    assert await docks.remember([KEEP, TOWER, TOWER, 60003760], store) is None
    assert names(store) == {KEEP: f"Structure {KEEP}", TOWER: f"Structure {TOWER}"}
    assert sorted(docks.asked) == [(KARA.name, KEEP), (KARA.name, TOWER), (TAL.name, TOWER)]
    assert docks.progress.done == docks.progress.expected == {"structures": 2}


async def test_a_name_is_asked_for_again_when_it_may_have_changed(store: Store) -> None:
    docks = Docks({KEEP: [KARA], TOWER: [TAL]})
    await docks.remember([KEEP, TOWER], store)
    assert await docks.remember([KEEP, TOWER], store, now=START + timedelta(days=1)) is None
    assert not docks.asked
    await docks.remember([KEEP, TOWER], store, now=START + timedelta(days=8))
    assert docks.asked


async def test_a_refusal_is_not_risked_again_before_its_time(store: Store) -> None:
    docks = Docks({KEEP: []})
    assert await docks.remember([KEEP], store) is None
    assert docks.asked == [(KARA.name, KEEP), (TAL.name, KEEP)]
    await docks.remember([KEEP], store, now=START + timedelta(hours=23))
    assert not docks.asked
    await docks.remember([KEEP], store, now=START + timedelta(hours=25))
    assert len(docks.asked) == 2
    await docks.remember([KEEP], store, now=START + timedelta(hours=60))
    assert not docks.asked
    assert names(store) == {}


async def test_who_was_let_in_is_refused_for_the_first_time_again(store: Store) -> None:
    docks = Docks({KEEP: []})
    for day in (0.0, 2.0):
        await docks.remember([KEEP], store, [KARA], now=START + timedelta(days=day))
    docks.open_to[KEEP] = [KARA]
    await docks.remember([KEEP], store, [KARA], now=START + timedelta(days=5))
    docks.open_to[KEEP] = []
    for day in (13.0, 14.5):
        await docks.remember([KEEP], store, [KARA], now=START + timedelta(days=day))
        assert docks.asked == [(KARA.name, KEEP)]


async def test_another_character_who_signs_in_later_is_tried(store: Store) -> None:
    docks = Docks({KEEP: [TAL]})
    await docks.remember([KEEP], store, [KARA])
    await docks.remember([KEEP], store)
    assert docks.asked == [(TAL.name, KEEP)]
    assert names(store) == {KEEP: f"Structure {KEEP}"}


async def test_who_did_not_allow_it_is_not_asked_as(store: Store) -> None:
    docks = Docks({KEEP: [KARA]})
    without = Character(90_000_003, "Ona Vael", frozenset({"esi-other.v1"}))
    assert await docks.remember([KEEP], store, [without]) is None
    assert await docks.remember([KEEP], store, []) is None
    assert not docks.asked


async def test_a_structure_that_is_none_is_remembered_as_one(store: Store) -> None:
    docks = Docks({})
    await docks.remember([GONE], store)
    assert docks.asked == [(KARA.name, GONE)]
    await docks.remember([GONE], store)
    assert not docks.asked


async def test_a_run_risks_only_so_many_refusals(store: Store) -> None:
    docks = Docks({FIRST_STRUCTURE + n: [] for n in range(200)})
    await docks.remember(docks.open_to, store)
    assert REFUSALS <= len(docks.asked) < REFUSALS + 25
    seen = {*docks.asked}
    await docks.remember(docks.open_to, store)
    assert docks.asked
    assert not seen & {*docks.asked}


async def test_who_must_sign_in_again_keeps_nobody_from_asking(store: Store) -> None:
    dead = Character(90_000_001, "Kara Ovessa", SCOPES, dead=True)
    docks = Docks({KEEP: [TAL], TOWER: []})
    assert await docks.remember([KEEP], store, [dead, TAL]) is None
    problem = await docks.remember([TOWER], store, [dead, TAL])
    assert isinstance(problem, SignInError)
    assert names(store) == {KEEP: f"Structure {KEEP}"}


@pytest.mark.parametrize(
    ("failing", "kind"),
    [
        (error(429, "Too many", retry_after="1000"), LimitError),
        (error(502, "bad"), UnreachableError),
    ],
)
async def test_what_fails_is_told_and_asked_again_next_time(
    store: Store, failing: httpx.Response, kind: type[EveobsError]
) -> None:
    docks = Docks({KEEP: [KARA]}, failing)
    assert isinstance(await docks.remember([KEEP], store), kind)
    assert docks.asked == [(KARA.name, KEEP)]
    docks.failing = None
    assert await docks.remember([KEEP], store) is None
    assert names(store) == {KEEP: f"Structure {KEEP}"}


async def test_after_a_limit_nothing_more_is_asked(store: Store) -> None:
    docks = Docks({}, error(429, "Too many", retry_after="1000"))
    many = range(FIRST_STRUCTURE, FIRST_STRUCTURE + 500)
    assert isinstance(await docks.remember(many, store), LimitError)
    assert len(docks.asked) <= 20
