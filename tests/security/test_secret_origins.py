"""A secret goes to the site that it was given for, and to no other."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from keyring.backends.fail import Keyring

from eveobs.errors import ConfigError, EveobsError, ExitCode, SignInError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.esi.route import Route
from eveobs.esi.sign_ins import SignIns
from eveobs.esi.vault import Entry, Tokens, Vault
from eveobs.settings import Esi, Loaded, Sso, load
from eveobs.settings.checks import web_origin
from tests.conftest import Eveobs, NewEden, new_eden_of
from tests.security.recorder import Recorder, recorder
from tests.signing import Person, signed_home

pytestmark = pytest.mark.integration

REAL_SSO, REAL_ESI = "https://login.eveonline.com", "https://esi.evetech.net"
SCOPE = "esi-skills.read_skills.v1"
SKILLS = Route("GET", "/characters/1/skills", scope=SCOPE)


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.fixture
def evil() -> Iterator[Recorder]:
    with recorder() as started:
        yield started


def entry(**more: Any) -> Entry:
    fields = {"sso": REAL_SSO, "character_id": 1, "name": "Kara", "scopes": (SCOPE,)}
    return Entry(**{**fields, "client_id": "x", "used": 5.0, **more})


def kept(folder: Path, one: Entry) -> str:
    """An access token of `one` in a vault, good for a long time."""
    token = secrets.token_urlsafe(12)
    tokens = Tokens(refresh=secrets.token_urlsafe(12), access=token, expires=9e9)
    Vault(folder, one.sso).keep(one, tokens)
    return token


def opened(folder: Path, sso: str = REAL_SSO, esi: str = REAL_ESI) -> SignIns:
    return SignIns(Sso(base_url=sso, client_id="x"), folder, None, esi=esi)


# -- the access token ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://esi.evetech.net/x", "https://esi.evetech.net"),
        ("HTTPS://ESI.evetech.net:443", "https://esi.evetech.net"),
        ("http://127.0.0.1:8080/a?b", "http://127.0.0.1:8080"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://esi.evetech.net@example.org/", "https://example.org"),
        ("https://esi.evetech.net.example.org", "https://esi.evetech.net.example.org"),
        ("https://esi.evetech.net:444", "https://esi.evetech.net:444"),
    ],
)
def test_what_an_origin_is(address: str, origin: str) -> None:
    assert web_origin(address) == origin


@pytest.mark.parametrize(
    "address", ["", "ftp://x", "https://", "//x", "https://a\\@b", "https://a b", "https://a:x"]
)
def test_what_has_no_origin(address: str) -> None:
    with pytest.raises(ValueError, match=r"address|port|Port"):
        web_origin(address)


@pytest.mark.parametrize(
    ("one", "good"),
    [
        (entry(esi=REAL_ESI), REAL_ESI),
        (entry(esi="https://proxy.example:8443"), "https://proxy.example:8443"),
        (entry(), REAL_ESI),
        (entry(sso="http://127.0.0.1:8787"), "http://127.0.0.1:8787"),
        (entry(sso="https://sso.example/v2"), "https://sso.example"),
    ],
    ids=["written down", "a proxy", "of before", "a sandbox of before", "another SSO of before"],
)
async def test_a_token_is_given_out_for_one_origin(tmp_path: Path, one: Entry, good: str) -> None:
    token = kept(tmp_path, one)
    access = opened(tmp_path, one.sso).find("Kara")
    assert await access.token(good) == token
    others = {REAL_ESI, "https://evil.example", "http://127.0.0.1:8787", f"{good}:1"} - {good}
    others |= {good.replace("https:", "http:")} - {good}
    for other in others:
        with pytest.raises(SignInError, match="is signed in for") as caught:
            await access.token(other)
        assert "esi.base_url" in (caught.value.hint or "")
        assert token not in f"{caught.value.message}{caught.value.hint}"


async def test_a_sign_in_of_before_can_still_be_opened(tmp_path: Path) -> None:
    """Its seal covers the fields of then; made here as it was made then."""
    one = entry()
    folder = tmp_path / "data"
    kept(folder, one)
    file = folder / "sign-ins.json"
    vault = json.loads(file.read_text())
    key = base64.urlsafe_b64decode((folder / "sign-ins.key").read_bytes())
    old = {name: getattr(one, name) for name in Entry.__struct_fields__ if name != "esi"}
    clear = b"eveobs sign-in 1 " + msgspec.json.encode(old)
    nonce = secrets.token_bytes(12)
    tokens = Tokens(refresh="r", access=secrets.token_urlsafe(12), expires=9e9)
    sealed = AESGCM(key).encrypt(nonce, msgspec.json.encode(tokens), clear)
    vault["characters"] = [
        {
            "entry": json.loads(msgspec.json.encode(old)),
            "nonce": base64.b64encode(nonce).decode(),
            "sealed": base64.b64encode(sealed).decode(),
        }
    ]
    file.write_text(json.dumps(vault))
    assert await opened(folder).find("Kara").token(REAL_ESI) == tokens.access


def test_the_origin_cannot_be_changed_in_the_file(tmp_path: Path) -> None:
    kept(tmp_path, entry(esi=REAL_ESI))
    file = tmp_path / "sign-ins.json"
    for esi in ("https://evil.example", ""):
        vault = json.loads(file.read_text())
        vault["characters"][0]["entry"]["esi"] = esi
        file.write_text(json.dumps(vault))
        with pytest.raises(ConfigError, match="was changed"):
            Vault(tmp_path, REAL_SSO).tokens(1)


def client(base: str) -> EsiClient:
    return EsiClient(Esi(base_url=base, max_retries=0), ResponseCache(None))


async def test_another_esi_never_hears_a_token(tmp_path: Path, evil: Recorder) -> None:
    """The client asks for the token of where it really sends, whatever it was told."""
    kept(tmp_path, entry(esi=REAL_ESI))
    access = opened(tmp_path).find("Kara")
    async with client(evil.url) as esi:
        with pytest.raises(SignInError, match="this request goes to http://127"):
            await esi.get(SKILLS, shape=object, access=access)
    assert evil.requests == []


async def test_a_path_that_names_another_host_gets_no_token(tmp_path: Path, evil: Recorder) -> None:
    with recorder() as good:
        kept(tmp_path, entry(esi=good.url))
        access = opened(tmp_path).find("Kara")
        route = Route("GET", f"@{evil.url.removeprefix('http://')}/skills", scope=SCOPE)
        async with client(good.url) as esi:
            with pytest.raises(SignInError, match="this request goes to"):
                await esi.get(route, shape=object, access=access)
        assert evil.requests == good.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_with_a_token(
    tmp_path: Path, evil: Recorder, status: int
) -> None:
    def away(path: str) -> tuple[int, dict[str, str], bytes]:
        return status, {"Location": f"{evil.url}{path}"}, b""

    with recorder(away) as good:
        token = kept(tmp_path, entry(esi=good.url))
        access = opened(tmp_path).find("Kara")
        async with client(good.url) as esi:
            with pytest.raises(EveobsError):
                await esi.get(SKILLS, shape=object, access=access)
        assert good.secrets == [f"Bearer {token}"]
    assert evil.requests == []


@pytest.fixture
def sandbox() -> Iterator[NewEden]:
    with new_eden_of("--contracts", "5", "--regions", "The Forge") as started:
        yield started


def test_a_cloned_folder_never_gets_a_token(
    sandbox: NewEden, evil: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: a character signs in, then the same commands run in a stranger's folder."""
    home = tmp_path / "home"
    env = signed_home(sandbox.url, home)
    own = home / "config" / "eveobs.toml"
    own.parent.mkdir(parents=True)
    own.write_text(f"[esi]\nbase_url = {env.pop('EVEOBS_ESI__BASE_URL')!r}\n")
    eveobs = Eveobs(env)
    Person(monkeypatch).sign_in(eveobs, _first_character(sandbox), "--scopes", SCOPE)
    number = eveobs.json("auth", "list")[0]["character_id"]
    asking = ("api", f"/characters/{number}/skills")
    assert eveobs(*asking).exit_code == 0

    work = tmp_path / "clone"
    work.mkdir()
    (work / "eveobs.toml").write_text(f"[esi]\nbase_url = {evil.url!r}\n[cache]\nenabled = false\n")
    monkeypatch.chdir(work)
    result = eveobs(*asking)
    assert result.exit_code == 0, result.output
    assert evil.requests == []

    assert eveobs("config", "trust", "--yes").exit_code == 0
    result = eveobs(*asking)
    assert result.exit_code == ExitCode.SIGN_IN, result.output
    assert f"is signed in for {sandbox.url}, and this request goes to {evil.url}" in result.stderr
    assert evil.secrets == []
    for command in (("fetch", "characters"), ("fetch", "all"), ("auth", "refresh", "--all")):
        eveobs(*command)
    assert evil.secrets == []


def _first_character(sandbox: NewEden) -> str:
    """Any one that the sandbox lets sign in, as its page offers them."""
    import re
    from urllib.request import urlopen

    query = (
        "response_type=code&client_id=x&redirect_uri=http://localhost:1/callback&state=s"
        "&code_challenge=c&code_challenge_method=S256"
    )
    with urlopen(f"{sandbox.url}/v2/oauth/authorize?{query}", timeout=10) as answer:  # noqa: S310
        page = answer.read().decode()
    found = re.search(r"character=(\d+)", page)
    assert found
    return found[1]


# -- the application password ----------------------------------------------------------------------

SITE, OTHER = "https://site.example", "https://other.example"
PASSWORD = "wordpress.app_password"


def settings(tmp_path: Path, flags: dict[str, object] | None = None, **layers: str) -> Loaded:
    """`system`, `user`, `folder`, `trusted` and `config` are texts of files; the rest variables."""
    places = {
        "system": tmp_path / "etc/eveobs/eveobs.toml",
        "user": tmp_path / "home/config/eveobs.toml",
        "folder": tmp_path / "work/eveobs.toml",
        "trusted": tmp_path / "work/eveobs.toml",
        "config": tmp_path / "other.toml",
    }
    (tmp_path / "work").mkdir(exist_ok=True)
    for name in places.keys() & layers.keys():
        places[name].parent.mkdir(parents=True, exist_ok=True)
        places[name].write_text("[wordpress]\n" + layers[name])
    if "trusted" in layers:
        from eveobs.settings.document import Document, read_document
        from eveobs.settings.trust import TrustStore

        document = read_document(places["trusted"])
        assert isinstance(document, Document)
        TrustStore(tmp_path / "home/state").add(places["trusted"], document.digest)
    environ = {"EVEOBS_HOME": str(tmp_path / "home"), "XDG_CONFIG_DIRS": str(tmp_path / "etc")}
    environ |= {name: text for name, text in layers.items() if name not in places}
    config = places["config"] if "config" in layers else None
    return load(environ=environ, cwd=tmp_path / "work", config=config, flags=flags)


BOTH = f"url = '{SITE}'\napp_password = 'structural'\n"
ELSEWHERE = f"url = '{OTHER}'\n"


@pytest.mark.parametrize(
    "layers",
    [
        {"user": BOTH, "EVEOBS_WORDPRESS__URL": OTHER},
        {"user": BOTH, "WORDPRESS_URL": OTHER},
        {"user": BOTH, "config": ELSEWHERE},
        {"user": BOTH, "trusted": ELSEWHERE},
        {"user": BOTH, "flags": {"wordpress.url": OTHER}},
        {"system": BOTH, "user": ELSEWHERE},
        {"config": BOTH, "EVEOBS_WORDPRESS__URL": OTHER},
        {"user": BOTH, "EVEOBS_WORDPRESS__URL": "https://site.example:444"},
        {"user": BOTH, "EVEOBS_WORDPRESS__URL": "https://site.example.evil.example"},
        {
            "EVEOBS_WORDPRESS__APP_PASSWORD": "structural",
            "EVEOBS_WORDPRESS__URL": SITE,
            "flags": {"wordpress.url": OTHER},
        },
    ],
)
def test_a_password_with_an_address_is_for_that_address(
    tmp_path: Path, layers: dict[str, Any]
) -> None:
    found = settings(tmp_path, **layers)
    password = found.settings.wordpress.app_password
    assert password
    assert str(password) == "***"
    with pytest.raises(ConfigError, match=f"{PASSWORD} is for {SITE}") as caught:
        password.reveal()
    assert caught.value.exit_code is ExitCode.CONFIGURATION
    assert caught.value.hint
    assert "structural" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "layers",
    [
        {"user": ELSEWHERE, "EVEOBS_WORDPRESS__APP_PASSWORD": "structural"},
        {"system": ELSEWHERE, "EVEOBS_WORDPRESS__APP_PASSWORD": "structural"},
        {"config": ELSEWHERE, "EVEOBS_WORDPRESS__APP_PASSWORD": "structural"},
        {"trusted": ELSEWHERE, "EVEOBS_WORDPRESS__APP_PASSWORD": "structural"},
        {"user": BOTH},
        {"user": "app_password = 'structural'", "EVEOBS_WORDPRESS__URL": OTHER},
        {"user": "app_password = 'structural'", "flags": {"wordpress.url": OTHER}},
        {"user": BOTH, "EVEOBS_WORDPRESS__URL": f"{SITE}:443/blog"},
        {"system": BOTH, "user": ELSEWHERE, "EVEOBS_WORDPRESS__APP_PASSWORD": "structural"},
        {"system": ELSEWHERE, "user": BOTH},
    ],
)
def test_a_password_alone_or_for_the_same_site_is_used(
    tmp_path: Path, layers: dict[str, Any]
) -> None:
    assert settings(tmp_path, **layers).settings.wordpress.app_password.reveal() == "structural"


def test_a_folder_that_is_not_trusted_gives_neither(tmp_path: Path) -> None:
    found = settings(tmp_path, user=BOTH, folder=ELSEWHERE).settings.wordpress
    assert (found.url, found.app_password.reveal()) == (SITE, "structural")
    found = settings(
        tmp_path, user="", folder=ELSEWHERE, EVEOBS_WORDPRESS__APP_PASSWORD="structural"
    ).settings.wordpress
    assert found.url == ""


@pytest.mark.parametrize(
    "command",
    [
        ("publish", "--target", "wordpress", "--from", "contracts", "--limit", "1"),
        ("publish", "check"),
        ("health", "--check", "wordpress"),
        ("config", "get", PASSWORD, "--reveal"),
    ],
)
def test_another_site_never_hears_the_password(
    command: tuple[str, ...], filled: Eveobs, evil: Recorder, tmp_path: Path
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        f"[wordpress]\nusername = 'someone'\nurl = '{SITE}'\napp_password = 'structural'\n"
    )
    eveobs = Eveobs({**filled.env, "EVEOBS_WORDPRESS__URL": evil.url})
    result = eveobs("--config", str(file), *command)
    assert result.exit_code != 0, result.output
    assert evil.requests == []
    if command[0] != "health":
        assert result.exit_code == ExitCode.CONFIGURATION, result.output
        assert f"is for {SITE}" in result.stderr
    else:
        assert f"is for {SITE}" in result.output
    assert "structural" not in result.output


def test_every_secret_of_the_settings_is_accounted_for() -> None:
    """A secret either holds the place that it is for, or is bound to a setting that does."""
    from eveobs.settings.keys import keys
    from eveobs.settings.secret import SecretUrl

    holds_its_place = {"alerts.to"} | {
        name for name, key in keys().items() if key.shape is SecretUrl
    }
    found = {name for name, key in keys().items() if key.is_secret}
    assert {name for name in found - holds_its_place if not keys()[name].address} == set()
    assert all(keys()[keys()[name].address] for name in found - holds_its_place)
