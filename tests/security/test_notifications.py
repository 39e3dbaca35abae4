"""What players typed reaches chats as text: it names nobody, links nowhere and formats nothing."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest

from eveobs.operate.alerts.digest import digest
from eveobs.operate.alerts.neutral import neutral
from eveobs.operate.alerts.sinks import sinks
from eveobs.settings.secret import Secret
from eveobs.store.notices import Notice

pytest.importorskip("apprise")
pytestmark = pytest.mark.integration
NOW = datetime(2026, 9, 23, tzinfo=UTC)
HOSTILE = (
    '<a href="https://evil.example">free ISK</a>',
    "<!channel> <!here|here> <@U0123456> <#C0123> <https://evil.example|click>",
    "&lt;!channel&gt; &lt;@U0123456&gt; &#60;!everyone&#62; &lt!here&gt",
    "@everyone @here @channel @all @room @Somebody <@&123456789012345678> <@!1> <#1> </x:1>",
    "\uff20everyone \ufe6bhere \uff1c!channel\uff1e \uff3bx\uff3d(https://evil.example)",
    "[free](https://evil.example) ![x](https://evil.example/x.png) [a][b] [b]: https://evil.example",
    "https://evil.example http://evil.example tg://resolve?domain=x www.evil.example",
    "evil.example t.me/joinchat/x discord.gg/x sub.evil.example:80/x evil\u3002example x\uff0eevil.example",
    "https\uff1a\uff0f\uff0fevil.example xn--e1awd7f.xn--p1ai",
    "mailto:x@evil.example javascript:alert(1) tg:resolve?domain=x discord://x slack://channel",
    "``` code `x` **bold** __u__ ~~no~~ ||hidden|| \\[x\\](y)",
    "<script>alert(1)</script><img src=x onerror=alert(1)><b>bold</b>",
    "line\nbreak\r\n# heading\n- item\n> quote \x1b[31m \u202e",
)
OBEYED = re.compile(
    r"@|[<>\[\]`\\]|://|\w\.[^\W\d_]{2}|&#?\w+;|(?:mailto|javascript|tg):\S|\*\*|~~|\|\||__|[\r\x00-\x08\x1b]"
)
"""What some chat obeys, in a text as a person reads it."""


@pytest.mark.unit
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_chat_obeys_is_left(text: str) -> None:
    for once in (neutral(text), html.unescape(neutral(text)), unquote_plus(neutral(text))):
        assert not OBEYED.search(once), once
        assert not OBEYED.search(unicodedata.normalize("NFKC", once)), once
        assert "\n" not in once


@pytest.mark.unit
@pytest.mark.parametrize(
    "text",
    [
        "accepted by Anna Vane: 3 × Rifter for 12.5M ISK (contract 222000016)",
        "ends 23 Sep 14:00: Jita IV - Moon 4 - Caldari Navy Assembly Plant & more",
        "extractor on a lava planet in P3X-TN: ends 24 Sep 11:02",
        "contracts of The Forge: not whole since 21 Nov 10:00 (HTTP 502)",
    ],
)
def test_what_is_harmless_stays(text: str) -> None:
    assert neutral(text) == text


class Chat(BaseHTTPRequestHandler):
    """Keeps what is sent, whatever the service."""

    heard: list[str] = []  # noqa: RUF012 - of the class: http.server makes an object a request

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        kind = self.headers["content-type"]
        self.heard.append(json.dumps(parse_qs(body)) if kind.endswith("form-urlencoded") else body)
        self.send_response(200)
        self.end_headers()
        answer: dict[str, Any] = {
            "ok": True,
            "id": "1",
            "access_token": "x",
            "room_id": "!x:y",
            "user_id": "@x:y",
        }
        answer |= {"status": "success", "data": {"authToken": "x", "userId": "y"}}
        slack = self.path.startswith("/TAAAA")
        self.wfile.write(b"ok" if slack else json.dumps(answer).encode())

    do_PUT = do_POST  # noqa: N815 - the name that http.server looks for

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"flows": [{"type": "m.login.password"}], "versions": ["v1.1"]}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    Chat.heard.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr("apprise.URLBase.request_rate_per_sec", 0)
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


OWN_HOST = (
    "json://{}/hook",
    "form://{}/hook",
    "mmost://{}/" + "a" * 26,
    "rocket://user:pass@{}/#general",
    "matrix://user:pass@{}/!room:localhost?mode=off",
    "gotify://{}/" + "a" * 15,
    "ntfy://{}/topic",
    "hassio://{}/" + "a" * 20,
)
"""Services whose host is the user's own."""
FIXED_HOST = (
    (
        "NotifyTelegram",
        "notify_url",
        "tgram://123456789:abcdefghijklmnopqrstuvwxyz0123456789/12345",
        "http://{}/bot",
    ),
    (
        "NotifyTelegram",
        "notify_url",
        "tgram://123456789:abcdefghijklmnopqrstuvwxyz0123456789/12345?format=markdown",
        "http://{}/bot",
    ),
    (
        "NotifySlack",
        "webhook_url",
        "slack://" + "T" + "A" * 8 + "/" + "B" * 9 + "/" + "c" * 24 + "/#general",
        "http://{}",
    ),
    (
        "NotifySlack",
        "webhook_url",
        "slack://" + "T" + "A" * 8 + "/" + "B" * 9 + "/" + "c" * 24 + "/#general?blocks=yes",
        "http://{}",
    ),
    ("NotifyDiscord", "notify_url", "discord://" + "1" * 18 + "/" + "a" * 64, "http://{}"),
    (
        "NotifyDiscord",
        "notify_url",
        "discord://" + "1" * 18 + "/" + "a" * 64 + "?format=markdown",
        "http://{}",
    ),
)
"""Services that have one host, which is pointed at this machine."""


def send(address: str) -> list[str]:
    """What a service is sent: all strings of the request, as it decodes them."""
    (sink,) = sinks(Secret(address))
    notices = [Notice("accepted", str(number), text, NOW) for number, text in enumerate(HOSTILE)]
    before = len(Chat.heard)
    assert sink.send(digest(notices))
    assert sink.send(digest(notices[:1]))
    assert sink.send(digest(notices[1:2]))
    return [one for body in Chat.heard[before:] for one in strings(decoded(body))]


def decoded(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


MARKUP = re.compile(
    r"</?(?:a|img|script)\b|<[!@#]|</\w+:|@(?:everyone|here|channel|all|room)|\]\(|https?://evil"
)


def assert_harmless(texts: list[str]) -> None:
    told = [text for text in texts if "free ISK" in text]
    assert told, texts
    assert any("channel" in text for text in texts)
    for text in texts:
        for once in (text, text.replace("\\", ""), html.unescape(text)):
            found = MARKUP.search(once)
            assert not found, (found, once)


@pytest.mark.parametrize("address", OWN_HOST)
def test_services_with_a_host_of_ones_own(address: str, chat: str) -> None:
    assert_harmless(send(address.format(chat)))


@pytest.mark.parametrize(("plugin", "attribute", "address", "url"), FIXED_HOST)
def test_services_with_one_host(
    plugin: str, attribute: str, address: str, url: str, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apprise.manager_plugins import NotificationManager

    service = NotificationManager()[address.partition(":")[0]]  # type: ignore[no-untyped-call]
    assert service.__name__ == plugin
    monkeypatch.setattr(service, attribute, url.format(chat))
    assert_harmless(send(address))
