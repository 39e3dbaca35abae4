"""Characters that signed in stay signed in, whatever else runs, fails or is interrupted."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import keyring
import pytest
from keyring.backends.fail import Keyring
from multidict import CIMultiDict

from eveobs.errors import ConfigError, SignInError, UnreachableError, UsageError
from eveobs.esi import sign_ins as module
from eveobs.esi.sign_ins import SignIns, days_left
from eveobs.esi.sso import Question
from eveobs.sandbox.messages import Reply
from eveobs.settings import Sso
from eveobs.telemetry.audit import Audit
from tests.esi.sso_server import (
    ASTRA,
    BRAM,
    CLIENT,
    KEYS,
    TOKEN,
    Clock,
    SsoServer,
    code_of,
    sso_server,
)

pytestmark = pytest.mark.integration

DAY = 86_400
ESI = "https://esi.example"


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.fixture
def sso() -> Iterator[SsoServer]:
    with sso_server() as started:
        yield started


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "data"


def opened(sso: SsoServer, home: Path, client_id: str = CLIENT) -> SignIns:
    """As another process would open them."""
    settings = Sso(client_id=client_id, base_url=sso.url)
    audit = Audit(home / "audit.jsonl", user="someone")
    return SignIns(settings, home, home, esi=ESI, clock=sso.clock, audit=audit)


async def signed_in(sso: SsoServer, home: Path, *people: int) -> SignIns:
    here = opened(sso, home)
    for person in people:
        question = Question("http://localhost:1/callback", ("esi-skills.read_skills.v1",))
        code = code_of(await here.sso.address(question), f"character={person}")["code"]
        await here.add(await here.sso.redeem(code, question))
    return here


async def test_who_signed_in_is_found_without_asking(sso: SsoServer, home: Path) -> None:
    with pytest.raises(SignInError, match="nobody is signed in"):
        opened(sso, home).find("Astra Vane")
    await signed_in(sso, home, BRAM, ASTRA)
    sso.asked.clear()
    here = opened(sso, home)
    assert [one.name for one in here.accesses()] == ["Astra Vane", "Bram Oster"]
    assert here.find(" astra VANE ").character_id == ASTRA
    assert here.find(str(BRAM)).scopes == {"esi-skills.read_skills.v1"}
    with pytest.raises(UsageError) as near:
        here.find("ASTRA VAN")
    assert near.value.hint == "Did you mean 'Astra Vane'?"
    with pytest.raises(UsageError) as far:
        here.find("Zzz")
    assert far.value.hint == "Signed in are: Astra Vane, Bram Oster."
    assert sso.asked == []


async def test_a_token_is_used_until_a_minute_before_its_end(sso: SsoServer, home: Path) -> None:
    await signed_in(sso, home, ASTRA)
    access = opened(sso, home).find("Astra Vane")
    first = await access.token(ESI)
    assert sso.asked.count(TOKEN) == 1  # it was kept from the sign-in
    sso.clock.time += 1139
    assert await access.token(ESI) == first
    sso.clock.time += 2
    second = await access.token(ESI)
    assert second != first
    assert sso.routes.tokens.holder(second, sso.clock()) is not None
    assert await opened(sso, home).find("Astra Vane").token(ESI) == second
    assert sso.asked.count(TOKEN) == 2
    assert await access.token(ESI, refused=second) != second
    assert sso.asked.count(TOKEN) == 3


async def test_many_that_need_a_token_at_once_ask_once(sso: SsoServer, home: Path) -> None:
    await signed_in(sso, home, ASTRA)
    sso.clock.time += DAY
    sso.asked.clear()
    others = [opened(sso, home).find("Astra Vane") for _ in range(10)]
    tokens = await asyncio.gather(*(one.token(ESI) for one in others for _ in range(3)))
    assert len(set(tokens)) == 1
    assert sso.asked.count(TOKEN) == 1


async def test_the_next_token_is_on_disk_before_the_access_token_is_looked_at(
    sso: SsoServer, home: Path
) -> None:
    await signed_in(sso, home, ASTRA)
    (home / "sso.json").unlink()
    sso.clock.time += DAY
    sso.instead[KEYS] = Reply(503, CIMultiDict(), b"")
    with pytest.raises(UnreachableError, match="503"):
        await opened(sso, home).find("Astra Vane").token(ESI)
    sso.instead.clear()
    assert await opened(sso, home).find("Astra Vane").token(ESI)


async def test_an_interruption_does_not_lose_the_next_token(sso: SsoServer, home: Path) -> None:
    await signed_in(sso, home, ASTRA)
    sso.clock.time += DAY
    sso.hold = Event()
    asking = asyncio.create_task(opened(sso, home).find("Astra Vane").token(ESI))
    await asyncio.to_thread(sso.reached.wait, 10)  # the SSO has used the old one up
    asking.cancel()
    await asyncio.sleep(0.05)
    sso.hold.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    sso.hold = None
    assert await opened(sso, home).find("Astra Vane").token(ESI)


async def test_an_sso_that_errs_does_not_end_a_sign_in(sso: SsoServer, home: Path) -> None:
    await signed_in(sso, home, ASTRA)
    sso.clock.time += DAY
    for status, body in ((503, b""), (429, b""), (401, b'{"error": "invalid_client"}')):
        sso.instead[TOKEN] = Reply(status, CIMultiDict(), body)
        with pytest.raises((UnreachableError, SignInError)):
            await opened(sso, home).find("Astra Vane").token(ESI)
    sso.instead.clear()
    assert await opened(sso, home).find("Astra Vane").token(ESI)


async def test_the_dead_are_remembered_come_last_and_are_not_asked_again(
    sso: SsoServer, home: Path
) -> None:
    here = await signed_in(sso, home, ASTRA, BRAM)
    kept = here.vault.tokens(ASTRA)
    assert kept is not None
    sso.routes.tokens.revoke(kept[1].refresh)
    sso.clock.time += DAY
    astra = opened(sso, home).find("Astra Vane")
    with pytest.raises(SignInError, match="Astra Vane is not signed in any more") as caught:
        await astra.token(ESI)
    assert "`eveobs auth login`" in (caught.value.hint or "")
    asked = sso.asked.count(TOKEN)
    later = opened(sso, home)
    assert [one.name for one in later.accesses()] == ["Bram Oster", "Astra Vane"]
    with pytest.raises(SignInError, match="not signed in any more"):
        await later.find("Astra Vane").token(ESI)
    assert sso.asked.count(TOKEN) == asked
    assert await later.find("Bram Oster").token(ESI)
    assert [days_left(one, sso.clock()) for one in later.vault.entries()] == [0, 30]
    await later.remove(later.entry("Astra Vane"))  # nothing is left to revoke
    assert [one.name for one in later.accesses()] == ["Bram Oster"]
    await signed_in(sso, home, ASTRA)
    assert await opened(sso, home).find("Astra Vane").token(ESI)


async def test_another_sso_or_application_does_no_harm(sso: SsoServer, home: Path) -> None:
    await signed_in(sso, home, ASTRA)
    sso.clock.time += DAY
    with sso_server(Clock(sso.clock())) as other:
        elsewhere = opened(other, home)
        assert elsewhere.accesses() == []
        await signed_in(other, home, ASTRA)
        await elsewhere.remove(elsewhere.entry("Astra Vane"))
    assert await opened(sso, home, "changed").find("Astra Vane").token(ESI)
    sso.clock.time += DAY
    assert await opened(sso, home).find("Astra Vane").token(ESI)


async def test_signing_out_without_the_key_forgets_all_the_same(sso: SsoServer, home: Path) -> None:
    here = await signed_in(sso, home, ASTRA)
    (home / "sign-ins.key").unlink()
    with pytest.raises(ConfigError, match="is gone"):
        await opened(sso, home).remove(here.entry("Astra Vane"))
    assert opened(sso, home).accesses() == []


async def test_days_left_count_from_the_last_use(sso: SsoServer, home: Path) -> None:
    here = await signed_in(sso, home, ASTRA)
    entry = here.entry("Astra Vane")
    assert days_left(entry, sso.clock()) == 30
    assert days_left(entry, sso.clock() + 12.5 * DAY) == 17
    assert days_left(entry, sso.clock() + 40 * DAY) == 0
    sso.clock.time += 10 * DAY
    await here.renewed(entry)
    assert days_left(here.entry("Astra Vane"), sso.clock()) == 30


async def test_a_lock_that_is_never_let_go_and_one_that_cannot_be_had(
    sso: SsoServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    here = await signed_in(sso, home, ASTRA)
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    with here.vault.lock_file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(SignInError, match="another eveobs"):
            await here.renewed(here.entry("Astra Vane"))
    here.vault.lock_file.unlink()
    here.vault.lock_file.mkdir()
    with pytest.raises(ConfigError, match="cannot be written"):
        await here.renewed(here.entry("Astra Vane"))


async def test_nothing_secret_is_in_what_is_printed(sso: SsoServer, home: Path) -> None:
    here = await signed_in(sso, home, ASTRA)
    access = here.find("Astra Vane")
    token = await access.token(ESI)
    assert secrets.compare_digest(token, (await here.renewed(here.entry("Astra Vane"))).access)
    assert token not in repr(vars(access))


def audited(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "audit.jsonl").read_text().splitlines()]


async def test_the_audit_has_each_sign_in_renewal_and_sign_out(sso: SsoServer, home: Path) -> None:
    here = await signed_in(sso, home, ASTRA)
    sso.clock.time += DAY
    await here.find("Astra Vane").token(ESI)
    await here.remove(here.entry("Astra Vane"))
    lines = audited(home)
    assert [(one["action"], one["result"]) for one in lines] == [
        ("auth.login", "done"),
        ("auth.refresh", "done"),
        ("auth.logout", "done"),
    ]
    assert {(one["character"], one["subject"]) for one in lines} == {("Astra Vane", here.sso.base)}


async def test_the_audit_has_which_scopes_came_and_went(sso: SsoServer, home: Path) -> None:
    here = await signed_in(sso, home, ASTRA)
    wallet = ("esi-wallet.read_character_wallet.v1",)
    question = Question("http://localhost:1/callback", wallet)
    code = code_of(await here.sso.address(question), f"character={ASTRA}")["code"]
    await here.add(await here.sso.redeem(code, question))
    change = audited(home)[-1]
    assert change["action"] == "auth.scopes"
    assert change["facts"] == {
        "id": ASTRA,
        "added": "esi-wallet.read_character_wallet.v1",
        "removed": "esi-skills.read_skills.v1",
    }


async def test_the_audit_has_a_refused_renewal_and_no_token(sso: SsoServer, home: Path) -> None:
    here = await signed_in(sso, home, ASTRA)
    tokens = here.vault.tokens(ASTRA)
    assert tokens is not None
    await here.sso.revoke(tokens[1].refresh, CLIENT)
    sso.clock.time += DAY
    with pytest.raises(SignInError):
        await here.find("Astra Vane").token(ESI)
    assert [(one["action"], one["result"]) for one in audited(home)][1:] == [
        ("auth.refresh", "refused")
    ]
    written = (home / "audit.jsonl").read_text()
    assert tokens[1].refresh not in written
    assert tokens[1].access not in written
