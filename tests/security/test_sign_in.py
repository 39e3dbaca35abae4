"""Signing in, while others knock at the callback, and with tokens and metadata that lie."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import secrets
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import keyring
import pytest
from keyring.backends.fail import Keyring
from multidict import CIMultiDict

from eveobs.archives.download import fetch
from eveobs.cli.callback import MAX_CONNECTIONS, one_callback
from eveobs.errors import EveobsError, SignInError, UnreachableError, UsageError
from eveobs.esi.access_token import identify
from eveobs.esi.downloading import web
from eveobs.esi.sso import Endpoints, Granted, Question, SsoClient, TokenAnswer, foreign_endpoint
from eveobs.sandbox.messages import Reply
from eveobs.sandbox.sso.keys import KEY_ID, SigningKeys
from eveobs.settings import Sso
from eveobs.static_data.download import Export
from tests.conftest import NewEden
from tests.esi.sso_server import CLIENT, METADATA, SsoServer, sso_server
from tests.security.recorder import Recorder, recorder
from tests.signing import free_port, signed_home

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


# -- the callback ----------------------------------------------------------------------------------

STATE = secrets.token_urlsafe(12)


async def got(port: int, target: str, host: str = "127.0.0.1") -> str:
    """The first line of the answer, and the page."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    try:
        return (await asyncio.wait_for(reader.read(), 5)).decode()
    finally:
        writer.close()


@pytest.mark.parametrize(
    "target",
    [
        "/callback?state=x",
        "/callback?code=stolen&state=x",
        "/callback",
        "/callback?error=access_denied",
        "/callback?error=access_denied&state=",
        "/callback?code=x&state=%s&state=other",
        "/callback?code=x&STATE=%s",
        "/callback/?code=x&state=%s",
        "//callback?code=x&state=%s",
        "http://[/callback?state=x",
        "/callback?state=%%ff%%fe%%00",
    ],
)
async def test_a_stranger_does_not_end_a_sign_in(target: str) -> None:
    port = free_port()
    async with one_callback(port, STATE) as waiting:
        asked = asyncio.ensure_future(waiting)
        await got(port, target % STATE if "%s" in target else target.replace("%%", "%"))
        assert not asked.done()
        answer = await got(port, f"/callback?code=mine&state={STATE}")
        assert answer.startswith("HTTP/1.1 200")
        assert (await asyncio.wait_for(asked, 5))["code"] == "mine"


async def test_a_cancelled_sign_in_of_its_own_still_ends() -> None:
    port = free_port()
    async with one_callback(port, STATE) as waiting:
        await got(port, f"/callback?error=access_denied&state={STATE}")
        assert (await asyncio.wait_for(waiting, 5))["error"] == "access_denied"


async def test_idle_and_broken_connections_leave_no_trace(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """More of them than are served: the browser is served all the same."""
    problems: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: problems.append(context))
    port = free_port()
    idle = []
    with caplog.at_level(logging.DEBUG):
        async with one_callback(port, STATE) as waiting:
            for number in range(3 * MAX_CONNECTIONS):
                one = socket.create_connection(("127.0.0.1", port))
                one.settimeout(1)
                if number % 3 == 0:
                    one.send(b"GET /call")
                elif number % 3 == 1:
                    one.send(b"\x16\x03\x01" + b"x" * 20_000)
                idle.append(one)
                await asyncio.sleep(0)
            await got(port, f"/callback?code=mine&state={STATE}")
            assert (await asyncio.wait_for(waiting, 5))["code"] == "mine"
        await asyncio.sleep(0.05)
    for one in idle:
        one.close()
    assert problems == []
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert "Traceback" not in capfd.readouterr().err


def test_an_idle_connection_leaves_no_traceback_at_the_end(
    new_eden: NewEden, tmp_path: Path
) -> None:
    """The whole way: they are open when a sign-in ends, and when it is given up."""
    env = {**os.environ, **signed_home(new_eden.url, tmp_path / "home")}
    browser = tmp_path / "browser.py"
    browser.write_text(
        "import os, socket, sys, time\n"
        "from urllib.request import urlopen\n"
        "for stream in (1, 2): os.dup2(os.open(os.devnull, os.O_WRONLY), stream)\n"
        "port = int(os.environ['EVEOBS_SSO__CALLBACK_PORT'])\n"
        "idle = [socket.create_connection(('127.0.0.1', port)) for _ in range(3)]\n"
        "idle[0].send(b'GET /callback?state=x HTTP/1.1\\r\\nHost')\n"
        "if os.environ['CHARACTER']:\n"
        "    urlopen(sys.argv[1] + '&character=' + os.environ['CHARACTER']).read()\n"
        "time.sleep(8)\n"
    )
    env["BROWSER"] = f"{sys.executable} {browser} %s &"
    for character, code in (("2112000000", 0), ("", 4)):
        result = subprocess.run(
            [sys.executable, "-m", "eveobs", "auth", "login", "--timeout", "5"],
            env={**env, "CHARACTER": character},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == code, result.stderr
        for sign in ("Traceback", "Exception in callback", "never retrieved", "destroyed"):
            assert sign not in result.stderr, result.stderr


async def test_what_is_never_sent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eveobs.cli.callback.REQUEST_TIMEOUT", 0.1)
    port = free_port()
    async with one_callback(port, STATE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


# -- tokens ----------------------------------------------------------------------------------------

NOW = 1_790_000_000.0
SIGNING = SigningKeys()
ISSUER = "https://login.eveonline.com"
GOOD: dict[str, Any] = {
    "sub": "CHARACTER:EVE:2112000000",
    "name": "Draus Longward",
    "scp": ["a", "b"],
    "aud": ["mine", "EVE Online"],
    "iss": ISSUER,
    "iat": NOW - 1,
    "nbf": NOW - 1,
    "exp": NOW + 1200,
}


def seen(token: str, keys: Any = None) -> Any:
    listed = SIGNING.listed()["keys"] if keys is None else keys
    return identify(token, listed, issuer=ISSUER, client_id="mine", now=NOW, server=NOW)


def test_a_good_token_is_good() -> None:
    assert seen(SIGNING.sign(GOOD)).scopes == {"a", "b"}
    for name in ("iat", "nbf", "scp", "name"):
        assert seen(SIGNING.sign({key: one for key, one in GOOD.items() if key != name}))
    assert seen(SIGNING.sign({**GOOD, "iat": NOW + 20, "nbf": NOW + 20}))


ODD = [5, -1, 1.5, True, [], {}, [5], [[]], [{}], [None], {"a": 1}, "", "\ud800", "x" * 100_000]


@pytest.mark.parametrize("claim", ["scp", "aud", "sub", "name", "exp", "nbf", "iat", "iss"])
@pytest.mark.parametrize("value", ODD, ids=[repr(one)[:12] for one in ODD])
def test_a_claim_of_another_kind_is_no_traceback(claim: str, value: Any) -> None:
    try:
        found = seen(_signed({**GOOD, claim: value}))
    except SignInError as error:
        assert error.hint
    else:
        found.name.encode()
        assert all(isinstance(scope, str) and scope for scope in found.scopes)
        assert claim in ("scp", "name", "nbf", "iat"), found
        if claim in ("nbf", "iat"):
            assert value in (5, 1.5)
            assert value is not True


@pytest.mark.parametrize("value", [5, True, {"a": 1}, [5], [[]], ["a", None]])
@pytest.mark.parametrize("claim", ["scp", "aud"])
def test_what_is_no_list_of_texts_is_refused(claim: str, value: Any) -> None:
    with pytest.raises(SignInError):
        seen(SIGNING.sign({**GOOD, claim: value}))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("exp", NOW + 10 * 365 * 86_400),
        ("exp", NOW + 2 * 86_400),
        ("exp", 9e99),
        ("exp", 10**400),
        ("exp", float("inf")),
        ("exp", float("nan")),
        ("exp", -1),
        ("exp", "soon"),
        ("exp", True),
        ("nbf", NOW + 3600),
        ("nbf", NOW + 10 * 365 * 86_400),
        ("nbf", 10**400),
        ("nbf", "now"),
        ("iat", NOW + 3600),
        ("iat", NOW + 10 * 365 * 86_400),
        ("iat", float("nan")),
        ("iat", []),
        ("sub", "CHARACTER:EVE:9999999999999999999"),
        ("sub", "CHARACTER:EVE:\u0661\u0662"),
        ("sub", ["CHARACTER:EVE:1"]),
        ("scp", "a b\nc"),
        ("scp", ["\x1b[31m"]),
        ("name", ["x"]),
    ],
)
def test_a_time_far_away_and_other_lies_are_refused(claim: str, value: Any) -> None:
    with pytest.raises(SignInError):
        seen(_signed({**GOOD, claim: value}))


def _signed(claims: dict[str, Any]) -> str:
    """Signed also where a library would rather not write it."""
    text = json.dumps(claims).encode()
    from joserfc import jws

    header = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
    return jws.serialize_compact(header, text, SIGNING._rsa)


@pytest.mark.parametrize(
    "payload",
    [
        *(b"5", b"[]", b"null", b'"x"', b"", b"{", b"\xff", b"[" * 100_000, b'{"exp":NaN}'),
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"exp":' + b"9" * 5000 + b"}",
    ],
    ids=range(11),
)
def test_a_payload_that_is_none_is_refused(payload: bytes) -> None:
    from joserfc import jws

    header = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
    with pytest.raises(SignInError):
        seen(jws.serialize_compact(header, payload, SIGNING._rsa))


ODD_ALGORITHMS: list[Any] = ["none", "HS256", "RS512", "", 5, None, [], {}]
ODD_KEY_IDS: list[Any] = [5, None, [], {}, "x", "../../etc/passwd"]


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "header",
    [
        *({"alg": odd} for odd in ODD_ALGORITHMS),
        *({"alg": "RS256", "kid": odd} for odd in ODD_KEY_IDS),
        {"alg": "RS256", "jwk": SIGNING.listed()["keys"][0]},
        {"alg": "RS256", "jku": "https://evil.example/keys"},
        {"alg": "RS256", "crit": ["x"], "x": 1},
        {"alg": "RS256", "b64": False, "crit": ["b64"]},
        {"alg": "RS256", "zip": "DEF"},
        *(5, [], None, "x"),
    ],
    ids=range(23),
)
def test_a_header_that_lies_is_refused(header: Any) -> None:
    body = SIGNING.sign(GOOD).split(".")[1]
    signature = SIGNING.sign(GOOD).split(".")[2]
    for end in ("", signature, "AAAA"):
        with pytest.raises(SignInError):
            seen(f"{_part(header)}.{body}.{end}")


def test_the_public_key_is_no_shared_secret() -> None:
    """HS256 with the bytes of the RSA key that everybody knows."""
    import hmac

    public = SIGNING._rsa.as_pem(private=False)
    head, body = _part({"alg": "HS256", "kid": KEY_ID}), SIGNING.sign(GOOD).split(".")[1]
    mac = hmac.digest(public, f"{head}.{body}".encode(), "sha256")
    end = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    with pytest.raises(SignInError):
        seen(f"{head}.{body}.{end}")


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [{}],
        [{"kty": 5}],
        [{"kty": "RSA"}],
        [{"kty": "RSA", "n": 5, "e": []}],
        [{"kty": "RSA", "n": "", "e": ""}],
        [{"kty": "RSA", "n": "AQ", "e": "AQ", "kid": KEY_ID}],
        [{"kty": "EC", "crv": "P-0", "x": "AQ", "y": "AQ"}],
        [{"kty": "oct", "k": "AQ", "kid": KEY_ID}],
        [{"kty": "RSA", "kid": []}],
    ],
    ids=range(10),
)
def test_keys_that_are_none_are_no_traceback(keys: list[dict[str, Any]]) -> None:
    with pytest.raises(SignInError):
        seen(SIGNING.sign(GOOD), keys)


# -- metadata --------------------------------------------------------------------------------------

REAL = "https://login.eveonline.com"
NAMES = ("authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint")


def endpoints(base: str = REAL, **more: str) -> Endpoints:
    given = {name: f"{base}/{name}" for name in NAMES}
    return Endpoints(**{"issuer": base, **given, **more})


def test_metadata_of_its_own_host_is_taken() -> None:
    assert foreign_endpoint(REAL, endpoints()) == ""
    assert foreign_endpoint(REAL, endpoints(issuer="login.eveonline.com")) == ""
    assert foreign_endpoint(REAL, endpoints(revocation_endpoint="")) == ""
    local = "http://127.0.0.1:8787"
    assert foreign_endpoint(local, endpoints(local)) == ""


@pytest.mark.parametrize("name", [*NAMES, "issuer"])
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/token",
        "http://login.eveonline.com/token",
        "http://127.0.0.1:1/token",
        "https://login.eveonline.com:444/token",
        "https://login.eveonline.com.evil.example/token",
        "https://login.eveonline.com@evil.example/token",
        "https://evil.example\\@login.eveonline.com/token",
        "https://evil.example/@login.eveonline.com",
        "//evil.example/token",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
    ],
)
def test_metadata_that_leads_elsewhere_is_refused(name: str, address: str) -> None:
    assert foreign_endpoint(REAL, endpoints(**{name: address})) == name


@pytest.mark.parametrize("more", ["?x=", "#", "/a b", "/\n", "/\u00e9"])
@pytest.mark.parametrize("name", NAMES)
def test_an_address_with_more_than_a_path_is_refused(name: str, more: str) -> None:
    assert foreign_endpoint(REAL, endpoints(**{name: REAL + more})) == name


def test_an_https_sso_names_no_loopback_and_a_sandbox_no_other_port() -> None:
    local = "http://127.0.0.1:8787"
    assert foreign_endpoint(REAL, endpoints(token_endpoint=f"{local}/t")) == "token_endpoint"
    other = "http://127.0.0.1:8788/t"
    assert foreign_endpoint(local, endpoints(local, token_endpoint=other)) == "token_endpoint"


@pytest.fixture
def sso() -> Iterator[SsoServer]:
    with sso_server() as started:
        yield started


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_goes_where_false_metadata_points(
    sso: SsoServer, name: str, tmp_path: Path
) -> None:
    with recorder() as evil:
        told = {"issuer": sso.url, **{one: f"{sso.url}/{one}" for one in NAMES}}
        body = json.dumps({**told, name: f"{evil.url}/x"}).encode()
        sso.instead[METADATA] = Reply(200, CIMultiDict(), body)
        client = SsoClient(Sso(client_id=CLIENT, base_url=sso.url), tmp_path, clock=sso.clock)
        question = Question("http://localhost:1/callback", ())
        granted = Granted(TokenAnswer("a", "b"), sso.clock())
        for attempt in (
            client.address(question),
            client.redeem("code", question),
            client.renew("token", CLIENT),
            client.revoke("token", CLIENT),
            client.identity(granted, CLIENT),
            client.look(),
        ):
            with pytest.raises(UnreachableError, match=name) as caught:
                await attempt
            assert "sso.base_url" in (caught.value.hint or "")
        assert evil.requests == []
    assert not (tmp_path / "sso.json").exists()


async def test_a_planted_memory_of_metadata_is_not_believed(sso: SsoServer, tmp_path: Path) -> None:
    """The cache folder has what the SSO said yesterday; others may have written there."""
    with recorder() as evil:
        settings = Sso(client_id=CLIENT, base_url=sso.url)
        await SsoClient(settings, tmp_path, clock=sso.clock).address(
            Question("http://localhost:1/callback", ())
        )
        file = tmp_path / "sso.json"
        known = json.loads(file.read_text())
        known["endpoints"]["token_endpoint"] = f"{evil.url}/token"
        file.write_text(json.dumps(known))
        client = SsoClient(settings, tmp_path, clock=sso.clock)
        with pytest.raises(SignInError):
            await client.renew("nonsense", CLIENT)
        known["endpoints"]["token_endpoint"] = f"{sso.url}/v2/oauth/token"
        known["until"] = sso.clock() + 10 * 365 * 86_400
        file.write_text(json.dumps(known))
        sso.asked.clear()
        with pytest.raises(SignInError):
            await SsoClient(settings, tmp_path, clock=sso.clock).renew("nonsense", CLIENT)
        assert METADATA in sso.asked
        assert evil.requests == []


# -- redirects -------------------------------------------------------------------------------------


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1, with its key."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(pem))
    return file


@contextmanager
def https_that_sends_on(folder: Path, location: str) -> Iterator[str]:
    """An https server, trusted inside, that answers everything with a redirect."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(302)
            self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Not on the test's stderr."""

    file = certificate(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        trusting = ssl.create_default_context(cafile=str(file))
        patch.setattr("eveobs.esi.downloading.verified", lambda: trusting)
        try:
            yield f"https://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture
def plain() -> Iterator[Recorder]:
    with recorder() as started:
        yield started


def test_https_is_never_sent_on_to_http(tmp_path: Path, plain: Recorder) -> None:
    """Not even to this machine, where plain http is otherwise allowed."""
    with https_that_sends_on(tmp_path, f"{plain.url}/there") as url:
        with pytest.raises(UnreachableError, match="from https to http"):
            fetch(f"{url}/archive", tmp_path / "archive", lambda *_: None)
        with pytest.raises(UnreachableError, match="from https to http"):
            Export(url).latest()
        with pytest.raises(UnreachableError, match="from https to http"):
            Export(url).download(1, tmp_path / "export.zip")
        with web() as http, pytest.raises(UnreachableError):
            http.get(url)
    assert plain.requests == []


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/x", "file:///etc/passwd", "http:///x"])
def test_https_is_not_sent_on_to_anything_else(tmp_path: Path, location: str) -> None:
    with https_that_sends_on(tmp_path, location) as url, pytest.raises(EveobsError):
        fetch(f"{url}/archive", tmp_path / "archive", lambda *_: None)


def test_https_may_be_sent_on_to_https(tmp_path: Path) -> None:
    sending = https_that_sends_on(tmp_path, "/again")
    with sending as url, web() as http, pytest.raises(httpx.TooManyRedirects):
        http.get(url)


def test_http_of_this_machine_may_be_sent_on_within_it(tmp_path: Path, plain: Recorder) -> None:
    def on(path: str) -> tuple[int, dict[str, str], bytes]:
        return 302, {"Location": f"{plain.url}/there"}, b""

    with recorder(on) as first:
        fetch(f"{first.url}/archive", tmp_path / "archive", lambda *_: None)
    assert [path for _, path, _ in plain.requests] == ["/there"]
    with pytest.raises(UsageError):
        fetch("http://example.org/archive", tmp_path / "archive", lambda *_: None)
