"""A request is sent once, its answer taken whole or not at all, and nothing leaves in clear."""

from __future__ import annotations

import gzip
import socket
from contextlib import closing

import pytest

from eveobs.errors import ConfigError, EveobsError, UnreachableError
from eveobs.publish.target import UnknownOutcomeError
from eveobs.publish.targets.wordpress import line as room
from eveobs.publish.targets.wordpress.address import home_of, moved_to, route_of
from eveobs.publish.targets.wordpress.line import Line
from eveobs.settings.secret import Secret
from tests.publish.wordpress.raw_site import OK, answer, raw_site

pytestmark = pytest.mark.unit


def line_to(url: str, timeout: float = 5) -> Line:
    return Line(url, "pilot", Secret("open sesame"), timeout=timeout)


def hang_up(connection: socket.socket) -> None:
    connection.close()


def half_an_answer(connection: socket.socket) -> None:
    connection.sendall(OK[:-1])


def silence(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize("broken", [hang_up, half_an_answer])
def test_a_broken_connection_leaves_a_post_open_and_is_not_sent_again(broken: object) -> None:
    with raw_site(broken, OK) as site, closing(line_to(site.url)) as line:  # type: ignore[arg-type]
        with pytest.raises(UnknownOutcomeError, match="broke before the whole answer"):
            line.send("POST", site.url, {}, b"{}")
        assert len(site.requests) == 1
        assert line.send("POST", site.url, {}, b"{}").body == b"{}"


def test_a_get_that_broke_changed_nothing() -> None:
    with raw_site(hang_up) as site, closing(line_to(site.url)) as line:
        with pytest.raises(UnreachableError) as caught:
            line.send("GET", site.url, {})
        assert not isinstance(caught.value, UnknownOutcomeError)


def test_a_connection_that_the_site_closed_meanwhile_is_no_failure() -> None:
    closing_answer = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)

    def answer_and_close(connection: socket.socket) -> None:
        connection.sendall(closing_answer)

    with raw_site(answer_and_close) as site, closing(line_to(site.url)) as line:
        for _ in range(3):
            assert line.send("POST", site.url, {}, b"{}").status == 200
        assert len(site.requests) == 3


def test_silence_ends_after_the_time_out() -> None:
    with (
        raw_site(silence) as site,
        closing(line_to(site.url, 0.2)) as line,
        pytest.raises(UnknownOutcomeError, match=r"no answer within 0\.2 seconds"),
    ):
        line.send("POST", site.url, {}, b"{}")


def test_nobody_there_means_nothing_was_written() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    with closing(line_to(url)) as line, pytest.raises(UnreachableError) as caught:
        line.send("POST", url, {}, b"{}")
    assert not isinstance(caught.value, UnknownOutcomeError)


@pytest.mark.parametrize(
    "location", ["https://eve.example/blog/xmlrpc.php", "https://eve.example/blog/?rest_route=/x"]
)
def test_a_redirect_is_refused_with_the_address_to_set(location: str) -> None:
    with raw_site(answer(301, Location=location)) as site, closing(line_to(site.url)) as line:
        with pytest.raises(ConfigError) as caught:
            line.send("POST", f"{site.url}/xmlrpc.php", {}, b"<x/>")
        assert len(site.requests) == 1
    assert "wordpress.url https://eve.example/blog`" in str(caught.value.hint)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_BYTES", 1_000_000)
    bomb = gzip.compress(bytes(50_000_000))
    with (
        raw_site(answer(200, bomb, Content_Encoding="gzip")) as site,
        closing(line_to(site.url)) as line,
        pytest.raises(EveobsError, match="larger than"),
    ):
        line.send("POST", site.url, {}, b"{}")


def test_the_password_is_in_no_message_and_no_repr() -> None:
    with (
        raw_site(hang_up) as site,
        closing(line_to(site.url)) as line,
        pytest.raises(EveobsError) as caught,
    ):
        line.send("POST", site.url, {"authorization": line.basic}, b"{}")
    assert "sesame" not in f"{caught.value.message} {caught.value.hint} {line!r} {vars(line)}"


@pytest.mark.parametrize(
    ("typed", "home"),
    [
        ("https://eve.example", "https://eve.example/"),
        ("https://eve.example/blog/", "https://eve.example/blog/"),
        ("https://eve.example/blog/xmlrpc.php", "https://eve.example/blog/"),
        ("https://eve.example/wp-json/", "https://eve.example/"),
        ("https://eve.example/wp-admin", "https://eve.example/"),
    ],
)
def test_the_address_of_a_site(typed: str, home: str) -> None:
    assert home_of(typed) == home
    assert route_of(home, "/wp/v2/posts") == f"{home}?rest_route=/wp/v2/posts"


def test_where_a_redirect_leads() -> None:
    assert (
        moved_to("/blog/?rest_route=/x", "https://eve.example/?rest_route=/x")
        == "https://eve.example/blog"
    )
    with pytest.raises(ConfigError, match=r"wordpress\.url is empty"):
        home_of("")
