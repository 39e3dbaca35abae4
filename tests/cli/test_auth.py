"""Characters sign in and out, and whatever goes wrong on the way is told and does no harm."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import termios
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest

from tests.conftest import Eveobs, NewEden, new_eden_of
from tests.signing import Person, signed_home

pytestmark = pytest.mark.integration

DIRECTOR, MEMBER = 2112000000, 2112000017


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person(monkeypatch)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def eveobs(new_eden: NewEden, home: Path) -> Eveobs:
    return Eveobs(signed_home(new_eden.url, home))


def vault(home: Path) -> Path:
    return home / "data" / "sign-ins.json"


def test_two_characters_sign_in_and_one_out(eveobs: Eveobs, person: Person, home: Path) -> None:
    said = person.sign_in(eveobs, DIRECTOR).stderr
    assert "eveobs goes on in the terminal" in person.page
    assert "is signed in, for" in said
    assert "in a file that only you can read" in said
    person.sign_in(eveobs, MEMBER, "--for", "blueprints,wallet")
    director, member = sorted(eveobs.json("auth", "list"), key=lambda row: row["character_id"])
    assert (director["character_id"], member["character_id"]) == (DIRECTOR, MEMBER)
    assert (director["state"], director["missing"]) == ("signed in", "")
    assert director["days_left"] in (29, 30)
    assert "esi-assets.read_assets.v1" in member["missing"]
    assert set(member["scopes"]) == {
        "esi-characters.read_blueprints.v1",
        "esi-characters.read_corporation_roles.v1",
        "esi-corporations.read_blueprints.v1",
        "esi-universe.read_structures.v1",
        "esi-wallet.read_character_wallet.v1",
        "esi-wallet.read_corporation_wallets.v1",
    }
    for file in (vault(home), vault(home).with_suffix(".key")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    out = eveobs("auth", "logout", str(MEMBER))
    assert (out.exit_code, out.stdout) == (0, "")
    assert [row["character_id"] for row in eveobs.json("auth", "list")] == [DIRECTOR]


def test_exactly_the_scopes_that_are_named(eveobs: Eveobs, person: Person) -> None:
    scopes = "esi-wallet.read_character_wallet.v1, esi-skills.read_skills.v1"
    person.sign_in(eveobs, DIRECTOR, "--scopes", scopes)
    assert eveobs.json("auth", "list")[0]["scopes"] == sorted(scopes.split(", "))
    both = eveobs("auth", "login", "--scopes", scopes, "--for", "assets")
    assert both.exit_code == 2
    unknown = eveobs("auth", "login", "--for", "blueprint")
    assert unknown.exit_code == 2
    assert "Did you mean 'blueprints'?" in unknown.stderr


def test_cancelling_is_exit_4_and_keeps_nobody(eveobs: Eveobs, person: Person, home: Path) -> None:
    person.choice = "error=access_denied"
    result = eveobs("auth", "login")
    assert result.exit_code == 4
    assert "the sign-in was cancelled" in result.stderr
    assert "Not signed in" in person.page
    assert not vault(home).exists()


def test_without_a_browser_the_address_is_pasted_back(
    eveobs: Eveobs, new_eden: NewEden, monkeypatch: pytest.MonkeyPatch
) -> None:
    pasted: list[str] = []

    told: list[str] = []
    real_print = print

    def note(text: str, **extras: object) -> None:
        told.append(text)
        address = re.search(r"http\S+authorize\S+", text)
        if address:
            query = parse_qs(urlsplit(address[0]).query)
            code = _code(f"{address[0]}&character={DIRECTOR}")
            pasted.append(f"{query['redirect_uri'][0]}?code={code}&state={query['state'][0]}\n")
        real_print(text, **extras)  # type: ignore[call-overload]

    monkeypatch.setattr("builtins.print", note)
    from eveobs.cli import signing_in

    monkeypatch.setattr(signing_in, "_line", lambda: pasted[0])
    result = eveobs("auth", "login", "--no-browser")
    assert result.exit_code == 0, result.output
    assert any("Paste its address here" in text for text in told)


@pytest.mark.parametrize(
    ("number", "ended"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
@pytest.mark.parametrize("prompt", ["Paste its address here: ", "Client id: "])
def test_one_signal_ends_a_sign_in_that_waits_for_a_person(
    prompt: str, number: int, ended: int, eveobs: Eveobs
) -> None:
    env = {**os.environ, **eveobs.env}
    if prompt == "Client id: ":
        del env["EVEOBS_SSO__CLIENT_ID"]
    ours, theirs = pty.openpty()
    with (
        open(ours, "r+b", buffering=0) as terminal,  # noqa: PTH123 - of a descriptor
        subprocess.Popen(
            [sys.executable, "-m", "eveobs", "auth", "login", "--no-browser"],
            env=env,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            # The terminal that Ctrl-C is typed at is the one that controls the process.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        ) as running,
    ):
        os.close(theirs)
        seen = b""
        while prompt.encode() not in seen:
            assert select.select([terminal], [], [], 30)[0], seen
            seen += terminal.read(4096)
        time.sleep(0.5)  # until it reads: what came before would be heard in any case
        if number == signal.SIGINT:
            terminal.write(b"\x03")
        else:
            running.send_signal(number)
        try:
            assert running.wait(timeout=10) == ended, seen
        finally:
            running.kill()


def _code(address: str) -> str:
    """The code in the redirect, which is not followed."""
    import http.client

    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    location = connection.getresponse().getheader("Location") or ""
    connection.close()
    return parse_qs(urlsplit(location).query)["code"][0]


@pytest.mark.parametrize(
    ("pasted", "code", "words"),
    [
        ("\n", 2, "that is not the address"),
        ("http://localhost:1/callback?code=abc&state=other\n", 4, "belongs to another sign-in"),
    ],
)
def test_a_wrong_address_is_refused(
    pasted: str, code: int, words: str, eveobs: Eveobs, home: Path
) -> None:
    result = eveobs("auth", "login", "--no-browser", stdin=pasted)
    assert result.exit_code == code
    assert words in result.stderr
    assert not vault(home).exists()


def test_without_a_client_id_three_steps_are_told(eveobs: Eveobs) -> None:
    del eveobs.env["EVEOBS_SSO__CLIENT_ID"]
    result = eveobs("auth", "login")
    assert result.exit_code == 3
    for word in ("1.", "2.", "3.", "developers.eveonline.com", "/callback"):
        assert word in result.stderr


def test_a_port_in_use_and_an_sso_that_is_away(eveobs: Eveobs, new_eden: NewEden) -> None:
    port = new_eden.url.rpartition(":")[2]
    result = Eveobs({**eveobs.env, "EVEOBS_SSO__CALLBACK_PORT": port})("auth", "login")
    assert result.exit_code == 3
    assert f"port {port}" in result.stderr
    away = Eveobs({**eveobs.env, "EVEOBS_SSO__BASE_URL": "http://127.0.0.1:1"})("auth", "login")
    assert away.exit_code == 5
    assert "the sign-in of EVE Online cannot be reached" in away.stderr


def test_nobody_signed_in_is_exit_4(eveobs: Eveobs) -> None:
    assert eveobs.json("auth", "list") == []
    assert eveobs("auth", "refresh", "--all").exit_code == 4
    assert eveobs("auth", "refresh").exit_code == 2
    assert eveobs("auth", "logout", "Somebody").exit_code == 4


def test_a_name_that_is_not_signed_in(eveobs: Eveobs, person: Person) -> None:
    person.sign_in(eveobs, DIRECTOR)
    name = eveobs.json("auth", "list")[0]["character"]
    result = eveobs("auth", "refresh", name[:-1])
    assert result.exit_code == 2
    assert f"Did you mean {name!r}?" in result.stderr
    assert eveobs("auth", "refresh", name.upper()).exit_code == 0
    assert eveobs("auth", "logout", name).exit_code == 0


def test_a_revoked_token_is_exit_4_once_and_the_others_go_on(
    eveobs: Eveobs, person: Person, home: Path, tmp_path: Path
) -> None:
    person.sign_in(eveobs, DIRECTOR)
    kept = vault(home).read_bytes()
    person.sign_in(eveobs, MEMBER)
    assert eveobs("auth", "refresh", str(DIRECTOR)).exit_code == 0  # the kept one is used up now
    newer = json.loads(vault(home).read_bytes())
    older = json.loads(kept)["characters"][0]
    newer["characters"] = [
        older if one["entry"]["character_id"] == DIRECTOR else one for one in newer["characters"]
    ]
    vault(home).write_text(json.dumps(newer))
    result = eveobs("auth", "refresh", "--all")
    assert result.exit_code == 4
    assert "is not signed in any more" in result.stderr
    assert "`eveobs auth login` signs the character in again" in result.stderr
    assert "is signed in for another month" in result.stderr
    states = {row["character_id"]: row["state"] for row in eveobs.json("auth", "list")}
    assert states == {DIRECTOR: "sign in again", MEMBER: "signed in"}
    person.sign_in(eveobs, DIRECTOR)
    assert eveobs("auth", "refresh", "--all").exit_code == 0


def test_logging_out_forgets_also_where_nobody_can_be_told(person: Person, home: Path) -> None:
    with new_eden_of("--contracts", "1", "--regions", "The Forge") as gone:
        eveobs = Eveobs(signed_home(gone.url, home))
        person.sign_in(eveobs, DIRECTOR)
    result = eveobs("auth", "logout", str(DIRECTOR))
    assert result.exit_code == 5
    assert "could not be revoked" in result.stderr
    assert eveobs.json("auth", "list") == []


def test_another_sso_sees_nobody_and_is_sent_nothing(
    eveobs: Eveobs, person: Person, home: Path
) -> None:
    person.sign_in(eveobs, DIRECTOR)
    before = vault(home).read_bytes()
    with new_eden_of("--contracts", "1", "--regions", "The Forge") as other:
        elsewhere = Eveobs({**eveobs.env, **signed_home(other.url, home)})
        assert elsewhere.json("auth", "list") == []
        assert elsewhere("auth", "refresh", "--all").exit_code == 4
        assert elsewhere("fetch", "blueprints").exit_code == 4
    assert vault(home).read_bytes() == before
    assert eveobs("auth", "refresh", "--all").exit_code == 0


def test_an_answer_to_another_sign_in_does_not_end_this_one(
    eveobs: Eveobs, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = eveobs.env["EVEOBS_SSO__CALLBACK_PORT"]
    pages: list[str] = []

    def forged(_: str) -> bool:
        address = f"http://localhost:{port}/callback?code=stolen&state=guessed"
        with pytest.raises(HTTPError) as refused:
            urlopen(address, timeout=10)
        pages.append(refused.value.read().decode())
        return True

    monkeypatch.setattr("webbrowser.open", forged)
    result = eveobs("auth", "login", "--timeout", "1")
    assert result.exit_code == 4
    assert "sign-in timed out after 1s" in result.stderr
    assert "belongs to another sign-in" in pages[0]
    assert not vault(home).exists()


def test_with_quiet_and_no_browser_the_address_is_told_all_the_same(
    eveobs: Eveobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    result = eveobs("--quiet", "auth", "login", "--timeout", "1")
    assert result.exit_code == 4
    assert "/v2/oauth/authorize?" in result.stderr


def test_a_vault_that_cannot_be_opened_is_told_before_the_browser_is(
    eveobs: Eveobs, person: Person, home: Path
) -> None:
    person.sign_in(eveobs, DIRECTOR)
    vault(home).with_suffix(".key").unlink()
    person.page = ""
    result = eveobs("auth", "login")
    assert (result.exit_code, person.page) == (3, "")
    assert "cannot be opened" in result.stderr


def test_a_client_id_typed_at_the_prompt_is_used_at_once_and_kept(
    new_eden: NewEden, home: Path, tmp_path: Path
) -> None:
    env = {**os.environ, **signed_home(new_eden.url, home), "TERM": "dumb"}
    del env["EVEOBS_SSO__CLIENT_ID"]
    browser = tmp_path / "browser.py"
    browser.write_text(
        f"#!{sys.executable}\nimport sys, urllib.request as r\n"
        f"r.urlopen(sys.argv[1] + '&character={DIRECTOR}', timeout=10).read()\n"
    )
    browser.chmod(0o755)
    ours, theirs = pty.openpty()
    login = [sys.executable, "-m", "eveobs", "auth", "login", "--for", "assets"]
    with subprocess.Popen(
        login, env={**env, "BROWSER": str(browser)}, stdin=theirs, stderr=subprocess.PIPE, text=True
    ) as running:
        os.write(ours, b"eveobs-sandbox\n")
        said = running.communicate(timeout=60)[1]
    os.close(ours)
    os.close(theirs)
    assert running.returncode == 0, said
    assert "is signed in" in said
    assert 'client_id = "eveobs-sandbox"' in (home / "config" / "eveobs.toml").read_text()


def test_the_list_in_every_format(eveobs: Eveobs, person: Person) -> None:
    person.sign_in(eveobs, DIRECTOR)
    csv = eveobs("auth", "list", "--csv", "--fields", "character_id,state")
    assert csv.stdout.splitlines() == ["character_id,state", f"{DIRECTOR},signed in"]
    line = eveobs("auth", "list", "--ndjson", "--fields", "character_id")
    assert json.loads(line.stdout) == {"character_id": DIRECTOR}
    assert eveobs("auth", "list", "--csv", "--json").exit_code == 2


def test_nothing_secret_is_written_or_said(
    eveobs: Eveobs, person: Person, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eveobs.esi import sso

    secrets: set[str] = set()
    real = sso.SsoClient._tokens

    async def listening(self: sso.SsoClient, values: dict[str, str]) -> sso.Granted:
        granted = await real(self, values)
        secrets.update((granted.answer.access_token, granted.answer.refresh_token))
        secrets.update(values.get(name, "") for name in ("code", "code_verifier"))
        return granted

    monkeypatch.setattr(sso.SsoClient, "_tokens", listening)
    log = tmp_path / "eveobs.log"
    noisy = Eveobs({**eveobs.env, "EVEOBS_LOG__FILE": str(log), "EVEOBS_LOG__LEVEL": "debug"})
    said = person.sign_in(noisy, DIRECTOR).output
    for command in (
        ("-vv", "auth", "refresh", "--all"),
        ("-vv", "fetch", "blueprints"),
        ("auth", "list", "--json"),
        ("api", f"/characters/{DIRECTOR}/wallet"),
        ("config", "show"),
    ):
        said += noisy(*command).output
    secrets.discard("")
    assert len(secrets) >= 5
    assert log.exists()
    everything = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    everything.append(said.encode())
    for secret in secrets:
        assert not any(secret.encode() in one for one in everything)


def test_the_sandbox_lets_a_person_choose(new_eden: NewEden) -> None:
    query = (
        "response_type=code&client_id=x&redirect_uri=http://localhost:1/callback&state=s"
        "&code_challenge=c&code_challenge_method=S256"
    )
    with urlopen(f"{new_eden.url}/v2/oauth/authorize?{query}", timeout=10) as page:  # noqa: S310
        text = page.read().decode()
    assert "Who signs in?" in text
    assert f"&amp;character={DIRECTOR}" in text
