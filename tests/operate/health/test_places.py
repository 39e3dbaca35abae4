"""Cache, store and sign-ins: what is wrong with them is found, told, and left as it is."""

from __future__ import annotations

import socket
import sqlite3
import stat
import time as real_time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring

from eveobs.esi.cache import Entry, ResponseCache
from eveobs.esi.decompress import compress
from eveobs.esi.limits import Bucket, Circuit, Ledger
from eveobs.esi.vault import Entry as SignedIn
from eveobs.esi.vault import Tokens, Vault
from eveobs.operate.health import sign_in as sign_in_check
from eveobs.operate.health import store as store_check
from eveobs.operate.health.home import Home
from eveobs.operate.health.limits import circuit, limits
from eveobs.store.store import Store
from eveobs.telemetry.audit import FILE, WITNESS, Audit
from tests.esi.fakes import START, Time
from tests.operate.health.homes import Esi, home_at, look

pytestmark = pytest.mark.unit

DAY = 86_400


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


async def finding(home: Home, name: str) -> tuple[str, str]:
    found = (await look(home, name))[name].finding
    return str(found.state), found.figure


# -- the cache ------------------------------------------------------------------------------------


def fill(home: Home) -> Path:
    folder = home.loaded.places.cache / "esi"
    cache = ResponseCache(folder, clock=Time())
    cache.put("a", Entry("/status", 200, compress(b"{}"), "", None, START, 1, START))
    cache.close()
    return folder


async def test_a_cache_that_works_tells_its_size(home: Home) -> None:
    fill(home)
    state, figure = await finding(home, "cache")
    assert state == "healthy"
    assert figure.endswith(" MB of 536.9 MB")


async def test_a_damaged_cache_is_degraded_and_left(home: Home) -> None:
    folder = fill(home)
    for file in folder.glob("cache.db*"):
        file.write_bytes(b"no database" * 1000)
    state, figure = await finding(home, "cache")
    assert (state, figure) == ("degraded", "its database is damaged")
    assert (folder / "cache.db").read_bytes().startswith(b"no database")
    (folder / "cache.db").unlink()
    (folder / "statistics.db").write_bytes(b"no database" * 1000)
    assert (await finding(home, "cache"))[0] == "degraded"


async def test_a_cache_that_is_switched_off_is_well(tmp_path: Path, esi: Esi, time: Time) -> None:
    home = home_at(tmp_path / "home", esi, time, EVEOBS_CACHE__ENABLED="false")
    assert await finding(home, "cache") == ("healthy", "switched off")


# -- the store ------------------------------------------------------------------------------------


@pytest.fixture
def stored(home: Home) -> Path:
    Store(home.loaded.store_url()).close()
    return home.loaded.places.data / "eveobs.sqlite3"


async def test_a_store_tells_its_version_and_room(home: Home, stored: Path) -> None:
    found = (await look(home, "store"))["store"].finding
    assert str(found.state) == "healthy"
    assert found.values["version"] == found.values["latest"]
    assert found.figure.startswith("schema ")
    assert found.figure.endswith(" free")


async def test_looking_makes_no_store(home: Home) -> None:
    assert (await finding(home, "store"))[1].startswith("none yet, ")
    assert (await finding(home, "static-data"))[0] == "healthy"
    assert not home.loaded.places.data.exists()


@pytest.mark.parametrize(
    ("statement", "lacks"),
    [
        ("DROP TABLE alembic_version", "table alembic_version"),
        ("DELETE FROM alembic_version", "table alembic_version"),
        ("ALTER TABLE contracts DROP COLUMN price", "column contracts.price"),
        ("ALTER TABLE contract_items DROP COLUMN quantity", "column contract_items.quantity"),
        ("ALTER TABLE changes DROP COLUMN owner", "column changes.owner"),
        ("DROP TABLE contracts", "table contracts"),
        ("DROP TABLE observations", "table observations"),
        ("DROP INDEX observations_by_subject", "index observations_by_subject"),
    ],
)
async def test_a_store_that_lacks_something_is_unhealthy(
    statement: str, lacks: str, home: Home, stored: Path
) -> None:
    with closing(sqlite3.connect(stored)) as database, database:
        database.execute(statement)
    found = (await look(home, "store"))["store"].finding
    assert str(found.state) == "unhealthy"
    assert found.figure.startswith("it lacks ")
    missing = found.values["missing"]
    assert isinstance(missing, list)
    assert lacks in missing
    assert found.hint


@pytest.mark.parametrize("gone", ["all", "file", "head", "replaced", "cut"])
async def test_an_audit_that_is_gone_is_unhealthy(gone: str, home: Home) -> None:
    places = home.loaded.places
    path, witness = places.state / FILE, places.data / WITNESS
    assert await finding(home, "audit") == ("healthy", "none yet")
    audit = Audit(path, user="eve", witness=witness)
    for number in range(3):
        audit.note("config.set", str(number))
    assert await finding(home, "audit") == ("healthy", "3 lines")
    assert stat.S_IMODE(witness.stat().st_mode) == 0o600
    lines = path.read_bytes().splitlines(keepends=True)
    if gone in {"all", "file"}:
        path.unlink()
    if gone in {"all", "head"}:
        path.with_suffix(".head").unlink()
    if gone == "cut":
        path.write_bytes(b"".join(lines[:1]))
    if gone == "replaced":
        path.unlink()
        path.with_suffix(".head").unlink()
        audit.note("config.set", "later")
    state, figure = await finding(home, "audit")
    assert state == "unhealthy"
    assert "audit" in figure


async def test_a_store_of_a_newer_eveobs_is_unhealthy(home: Home, stored: Path) -> None:
    with closing(sqlite3.connect(stored)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    state, figure = await finding(home, "store")
    assert (state, figure) == ("unhealthy", "a newer eveobs wrote it (schema 9999)")


async def test_an_older_store_is_well_and_not_upgraded(home: Home, stored: Path) -> None:
    with closing(sqlite3.connect(stored)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    found = (await look(home, "store"))["store"].finding
    assert str(found.state) == "healthy"
    assert "upgrades" in found.hint
    assert found.values["version"] == "0001"


async def test_a_store_that_is_being_written_is_told_soon(home: Home, stored: Path) -> None:
    with closing(sqlite3.connect(stored, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        started = real_time.monotonic()
        assert await finding(home, "store") == ("degraded", "another process is writing")
        assert real_time.monotonic() - started < 5


async def test_a_store_that_is_none_is_unhealthy_and_left(home: Home, stored: Path) -> None:
    for file in stored.parent.glob("eveobs.sqlite3*"):
        file.write_bytes(b"mine" * 1000)
    found = await look(home, "store", "static-data")
    assert str(found["store"].finding.state) == "unhealthy"
    assert "not a database" in found["store"].finding.figure
    assert found["store"].finding.hint
    assert str(found["static-data"].finding.state) == "degraded"
    with stored.open("rb") as kept:
        assert kept.read() == b"mine" * 1000


@pytest.mark.parametrize(
    ("short", "nearly_none", "state"),
    [(0, 0, "healthy"), (1 << 60, 0, "degraded"), (1 << 60, 1 << 60, "unhealthy")],
)
async def test_a_disk_with_little_room_is_told_before_it_is_full(
    home: Home,
    stored: Path,
    monkeypatch: pytest.MonkeyPatch,
    short: int,
    nearly_none: int,
    state: str,
) -> None:
    monkeypatch.setattr(store_check, "SHORT", short)
    monkeypatch.setattr(store_check, "NEARLY_NONE", nearly_none)
    found, figure = await finding(home, "store")
    assert found == state
    assert figure.endswith(" free")


@pytest.mark.parametrize(("days", "state"), [(0, "healthy"), (60, "healthy"), (61, "degraded")])
async def test_static_data_grows_old(home: Home, time: Time, days: int, state: str) -> None:
    about = {"build": 7, "released": "", "language": "en", "etag": ""}
    with Store(home.loaded.store_url()) as store:
        loaded_at = datetime.fromtimestamp(time.now, UTC)
        store.replace_static_data({}, {**about, "loaded_at": loaded_at}, lambda: None)
    time.now += days * DAY + 1
    assert await finding(home, "static-data") == (state, f"build 7, {days} days old")


# -- sign-ins -------------------------------------------------------------------------------------


def sign_in(home: Home, name: str, number: int, *, used: float, dead: bool = False) -> None:
    sso = home.loaded.settings.sso.base_url
    vault = Vault(home.loaded.places.data, sso)
    facts = {"sso": sso, "name": name, "scopes": ("a", "b"), "client_id": "x"}
    entry = SignedIn(character_id=number, used=used, dead=dead, **facts)  # type: ignore[arg-type]
    vault.keep(entry, Tokens(refresh=f"token of {number}"))


async def test_each_character_is_told_of(home: Home, time: Time) -> None:
    sign_in(home, "Ada", 1, used=START - DAY)
    sign_in(home, "Bram", 2, used=START - 25 * DAY)
    sign_in(home, "Cleo", 3, used=START - 31 * DAY)
    sign_in(home, "Dirk", 4, used=START, dead=True)
    from eveobs.operate.health.sign_in import sign_ins

    found = {one.subject: (str(one.state), one.figure) for one in sign_ins(home)}
    assert found == {
        "Ada": ("healthy", "29 days left, 2 scopes"),
        "Bram": ("degraded", "5 days left, 2 scopes"),
        "Cleo": ("degraded", "not signed in any more"),
        "Dirk": ("degraded", "not signed in any more"),
    }


async def test_a_sign_in_that_cannot_be_opened_is_unhealthy(home: Home) -> None:
    sign_in(home, "Ada", 1, used=START)
    (home.loaded.places.data / "sign-ins.key").write_bytes(b"another key, or none")
    state, figure = await finding(home, "sign-in")
    assert state == "unhealthy"
    assert "token of" not in figure
    (home.loaded.places.data / "sign-ins.json").write_bytes(b"{damaged")
    state, figure = await finding(home, "sign-in")
    assert (state, "is damaged" in figure) == ("unhealthy", True)


# -- limits ---------------------------------------------------------------------------------------


def test_limits_that_run_out_are_degraded() -> None:
    assert limits(Ledger(), 5.0).figure == "100 of 100 errors left"
    few = limits(Ledger(errors=80, window_ends=10.0), 5.0)
    assert (str(few.state), few.values["errors_left"]) == ("degraded", 20)
    assert str(limits(Ledger(errors=80, window_ends=4.0), 5.0).state) == "healthy"
    spent = Bucket(600, 900.0, [(1.0, 590)])
    found = limits(Ledger(buckets={"char-contract|90": spent, "status|": Bucket(600, 9.0)}), 5.0)
    assert str(found.state) == "healthy", "a run that waits for tokens is no fault"
    assert "char-contract 10 of 600 tokens" in found.figure
    waits = Ledger(buckets={"a|": Bucket(600, 900.0)}, pauses={"a|": 65.0})
    assert str(limits(waits, 5.0).state) == "healthy"
    assert (
        str(limits(Ledger(buckets=waits.buckets, pauses={"a|": 9999.0}), 5.0).state) == "degraded"
    )
    assert "paused" in limits(Ledger(pauses={"": 65.0}), 5.0).figure


def test_a_circuit_that_another_process_has_opened_is_told_until_it_is_over() -> None:
    ledger = Ledger(circuit=Circuit(100.0, "no answer"))
    assert str(circuit(ledger, 50.0).state) == "degraded"
    assert "no answer" in circuit(ledger, 50.0).figure
    assert circuit(ledger, 101.0).figure == "closed"
    assert circuit(Ledger(), 1.0).figure == "closed"


# -- the SSO --------------------------------------------------------------------------------------


@pytest.fixture
def silent() -> Iterator[str]:
    """An address where connections are taken and nothing is ever said."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.integration
async def test_a_sign_in_that_says_nothing_matters_to_who_is_signed_in(
    tmp_path: Path, esi: Esi, time: Time, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_check, "LONGEST", 0.2)
    home = home_at(tmp_path / "home", esi, time, EVEOBS_SSO__BASE_URL=silent)
    assert await finding(home, "sso") == ("healthy", "not in use")
    sign_in(home, "Ada", 1, used=START)
    assert await finding(home, "sso") == ("unhealthy", "no answer within 0.2 seconds")
    monkeypatch.undo()
    more = {"EVEOBS_SSO__BASE_URL": "http://127.0.0.1:9", "EVEOBS_SSO__CLIENT_ID": "mine"}
    state, figure = await finding(home_at(tmp_path / "home", esi, time, **more), "sso")
    assert state == "degraded"
    assert "cannot be reached: " in figure
