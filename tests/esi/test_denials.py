"""What ESI refuses for lasting reasons is asked again after growing times, and at once for a new
sign-in.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from eveobs.errors import AnswerError, SignInError
from eveobs.esi.bounds import DAY
from eveobs.esi.denials import FILE, MAX_DOUBLINGS, Denials
from eveobs.esi.route import Route
from eveobs.esi.routes import BY_PATH
from eveobs.esi.signing import RoleError
from tests.esi.characters import Character
from tests.esi.fakes import BASE, Server, Time, client, error, ok

pytestmark = pytest.mark.unit

CONTRACTS = BY_PATH["GET", "/corporations/{corporation_id}/contracts"]
SHEET = BY_PATH["GET", "/characters/{character_id}"]
ROLE = "Character does not have required role(s)"


async def ask(
    server: Server, time: Time, folder: Path, route: Route, character: Character | None, **ids: int
) -> Any:
    denials = Denials(folder, BASE, clock=time)
    async with client(server, time, denials=denials) as esi:
        return (await esi.get(route, ids, shape=object, access=character)).value


async def refused(
    server: Server, time: Time, folder: Path, who: Character, corporation: int
) -> int:
    """Ask for contracts that are refused; how many requests that took."""
    before = len(server.requests)
    with pytest.raises(SignInError, match="lacks a role"):
        await ask(server, time, folder, CONTRACTS, who, corporation_id=corporation)
    return len(server.requests) - before


@pytest.fixture
def who() -> Character:
    return Character(scopes=frozenset((CONTRACTS.scope,)))


async def test_a_lacking_role_is_asked_about_again_after_growing_times(
    time: Time, tmp_path: Path, who: Character
) -> None:
    server = Server(error(403, ROLE))
    for days in (1, 2, 4, 8, 16, 32, 32):
        assert await refused(server, time, tmp_path, who, 98000001) == 1
        time.now += days * DAY - 60
        assert await refused(server, time, tmp_path, who, 98000001) == 0
        time.now += 61


async def test_a_new_sign_in_or_another_corporation_is_asked_at_once(
    time: Time, tmp_path: Path, who: Character
) -> None:
    server = Server(error(403, ROLE))
    assert await refused(server, time, tmp_path, who, 98000001) == 1
    assert await refused(server, time, tmp_path, who, 98000002) == 1
    assert await refused(server, time, tmp_path, who, 98000001) == 0
    Denials(tmp_path, BASE, clock=time).forget(who.character_id)
    assert await refused(server, time, tmp_path, who, 98000001) == 1


async def test_who_is_let_in_is_refused_for_the_first_time_afterwards(
    time: Time, tmp_path: Path, who: Character
) -> None:
    server = Server(error(403, ROLE), ok([]), error(403, ROLE))
    assert await refused(server, time, tmp_path, who, 98000001) == 1
    time.now += DAY + 1
    assert await ask(server, time, tmp_path, CONTRACTS, who, corporation_id=98000001) == []
    time.now += 3600
    assert await refused(server, time, tmp_path, who, 98000001) == 1
    time.now += DAY + 1
    assert await refused(server, time, tmp_path, who, 98000001) == 1


@pytest.mark.parametrize("words", ["Character has been deleted!", "Character not found"])
async def test_a_character_that_is_gone_is_not_asked_about_again(
    time: Time, tmp_path: Path, words: str
) -> None:
    server = Server(error(404, words))
    for _ in range(3):
        with pytest.raises(AnswerError, match=words) as caught:
            await ask(server, time, tmp_path, SHEET, None, character_id=7)
        assert caught.value.status == 404
        time.now += 3600
    assert len(server.requests) == 1
    with pytest.raises(AnswerError):
        await ask(server, time, tmp_path, SHEET, None, character_id=8)
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 420, 500, 502])
async def test_no_other_refusal_is_remembered(time: Time, tmp_path: Path, status: int) -> None:
    server = Server(error(status, "something else"))
    for _ in range(2):
        with pytest.raises(Exception, match="something else"):
            await ask(server, time, tmp_path, SHEET, None, character_id=7)
        time.now += 4000
    assert len(server.requests) >= 2
    assert not (tmp_path / FILE).exists()


async def test_an_altered_or_damaged_file_shuts_nothing_out(
    time: Time, tmp_path: Path, who: Character
) -> None:
    server = Server(error(403, ROLE))
    assert await refused(server, time, tmp_path, who, 98000001) == 1
    for value in (1e18, float("inf"), "x", -1.0):
        with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
            database.execute("UPDATE denials SET until = ?", (value,))
        assert await refused(server, time, tmp_path, who, 98000001) == 1
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    (tmp_path / FILE).write_bytes(b"no database" * 999)
    assert await refused(server, time, tmp_path, who, 98000001) == 1


def test_the_longest_is_a_month() -> None:
    assert 2**MAX_DOUBLINGS == 32
    assert issubclass(RoleError, SignInError)
