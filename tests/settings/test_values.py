"""What someone wrote becomes the value that was meant, or is refused in words that help."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.settings import Secret
from eveobs.settings.checks import Standing
from eveobs.settings.dump import plain
from eveobs.settings.keys import keys
from eveobs.settings.values import UnfitError, fit, from_text

pytestmark = pytest.mark.unit

HERE = Standing(Path("/conf"), Path("/home/me"))


def fits(dotted: str, raw: object) -> object:
    value = fit(keys()[dotted], raw, HERE)
    return value.reveal() if isinstance(value, Secret) else value


def typed(dotted: str, text: str) -> object:
    return fits(dotted, from_text(keys()[dotted], text))


@pytest.mark.parametrize(
    ("dotted", "text", "value"),
    [
        ("cache.enabled", "false", False),
        ("cache.enabled", " Yes ", True),
        ("cache.enabled", "0", False),
        ("cache.enabled", "ON", True),
        ("esi.concurrency", "7", 7),
        ("cache.size_mb", "1_000", 1000),
        ("esi.total_timeout", "7", 7.0),
        ("esi.total_timeout", "0.5", 0.5),
        ("observe.regions", "The Forge, Domain,,10000002", ("The Forge", "Domain", "10000002")),
        ("observe.regions", '["The Forge", 10000043]', ("The Forge", "10000043")),
        ("log.level", "INFO", "info"),
        ("log.level", "WARN", "warning"),
        ("log.level", "Critical", "error"),
        ("esi.language", "DE", "de"),
        ("esi.base_url", "https://esi.evetech.net/", "https://esi.evetech.net"),
        ("esi.base_url", "https://esi.evetech.net/latest/", "https://esi.evetech.net"),
        ("esi.base_url", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("esi.base_url", "http://[::1]:8080", "http://[::1]:8080"),
        ("esi.base_url", "http://esi.localhost/x", "http://esi.localhost/x"),
        ("esi.contact", "me+eve@example.org", "me+eve@example.org"),
        ("cache.dir", "~/c", "/home/me/c"),
        ("cache.dir", "~", "/home/me"),
        ("cache.dir", "../c", "/c"),
        ("cache.dir", "/abs/./c", "/abs/c"),
        ("store.url", "sqlite:///e.db", "sqlite:////conf/e.db"),
        ("store.url", "sqlite:////abs/e.db?mode=ro", "sqlite:////abs/e.db?mode=ro"),
        ("store.url", "sqlite:///:memory:", "sqlite:///:memory:"),
        ("store.url", "postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("store.url", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("store.url", "postgresql+psycopg:///d", "postgresql+psycopg:///d"),
        ("wordpress.app_password", "ab cd", "ab cd"),
        ("wordpress.url", "https://wordpress:8080/blog/", "https://wordpress:8080/blog"),
    ],
)
def test_a_text_means_what_people_mean(dotted: str, text: str, value: object) -> None:
    assert typed(dotted, text) == value


@pytest.mark.parametrize(
    ("dotted", "raw", "value"),
    [
        ("esi.total_timeout", 5, 5.0),
        ("esi.compatibility_date", dt.date(2026, 8, 18), "2026-08-18"),
        ("observe.regions", ["Domain", 10000002], ("Domain", "10000002")),
        ("esi.contact", "", ""),
        ("store.url", "", ""),
    ],
)
def test_what_toml_says(dotted: str, raw: object, value: object) -> None:
    assert fits(dotted, raw) == value


@pytest.mark.parametrize(
    ("dotted", "raw", "message"),
    [
        ("esi.concurrency", 0, "esi.concurrency: expected a whole number from 1 to 1000, got 0"),
        ("esi.concurrency", True, "from 1 to 1000, got true"),
        ("esi.concurrency", 2.0, "got 2.0"),
        ("esi.concurrency", "7", "got '7'"),
        ("esi.concurrency", 10**400, "got a huge number"),
        ("esi.concurrency", {}, "got a table"),
        ("esi.concurrency", [], "got an empty list"),
        ("esi.total_timeout", float("nan"), "got nan"),
        ("esi.total_timeout", float("inf"), "got inf"),
        ("esi.total_timeout", 10**400, "got a huge number"),
        ("cache.enabled", 1, "expected true or false, got 1"),
        ("cache.enabled", "true", "got 'true'"),
        ("log.level", "loud", "expected one of debug, info, warning, error, got 'loud'"),
        ("log.level", 1, "got 1"),
        ("observe.regions", [], 'expected a list of texts such as ["The Forge", "Domain"]'),
        ("observe.regions", "The Forge", "got 'The Forge'"),
        ("observe.regions", [""], "got a list that does not fit"),
        ("observe.regions", [True], "got a list that does not fit"),
        ("esi.contact", "a\r\nX-Evil: 1@b", "without control characters"),
        ("esi.contact", "nobody", "expected an e-mail address, or nothing"),
        ("esi.contact", "ä@example.org", "an e-mail address"),
        ("esi.contact", 3, "an e-mail address"),
        ("wordpress.username", dt.date(2026, 8, 18), "a text, got a date"),
        ("esi.compatibility_date", "2026-02-30", "expected a date such as 2026-08-18"),
        ("esi.compatibility_date", "20260818", "a date"),
        ("esi.compatibility_date", "", "a date"),
        ("esi.compatibility_date", dt.datetime(2026, 8, 18, tzinfo=dt.UTC), "a date"),
        ("esi.tenant", "", "letters"),
        ("esi.tenant", "a b", "letters"),
        ("cache.dir", "a\0b", "control"),
        ("cache.dir", "\udcff", "control"),
    ],
)
def test_what_does_not_fit_is_told(dotted: str, raw: object, message: str) -> None:
    with pytest.raises(UnfitError) as caught:
        fits(dotted, raw)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{dotted}: expected ")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "esi.evetech.net",
        "ftp://esi.evetech.net",
        "http://esi.evetech.net",
        "http://127.0.0.1.example.org",
        "http://10.0.0.1",
        "https://",
        "https://host:99999",
        "https://host:0",
        "https://host:x",
        "https://[::1",
        "https://user:hunter2@host",
        "https://host/?a=b",
        "https://host/#f",
        "https://a b",
    ],
)
def test_an_address_of_esi_is_https_or_here(address: str) -> None:
    with pytest.raises(UnfitError, match=r"esi\.base_url: expected an https address") as caught:
        fits("esi.base_url", address)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://user:hunter2@host/db",
        "postgresql+asyncpg://user:hunter2@host/db",
        "sqlite+aiosqlite:///hunter2",
        "sqlite://hunter2",
        "sqlite:///",
        "sqlite://",
        "hunter2",
        "postgresql://user:hunter2\n@host/db",
    ],
)
def test_a_store_is_sqlite_or_postgresql_and_never_told(url: str) -> None:
    with pytest.raises(UnfitError, match=r"expected sqlite:///PATH or postgres") as caught:
        fits("store.url", url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("raw", [1234567, ["1234567"], "1234567\n8", {"a": 1234567}])
def test_a_secret_that_does_not_fit_is_not_told(raw: object) -> None:
    with pytest.raises(UnfitError) as caught:
        fits("wordpress.app_password", raw)
    assert "1234567" not in str(caught.value)


@given(
    st.sampled_from(sorted(keys())),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    ),
)
def test_anything_fits_or_is_told_in_one_harmless_line(dotted: str, raw: object) -> None:
    key = keys()[dotted]
    value = message = None
    try:
        value = fit(key, raw, HERE)
    except UnfitError as error:
        message = str(error)
    if message is None:
        assert fit(key, plain(value, reveal=True), HERE) == value
    else:
        assert message.isprintable()
        assert len(message) < 300


@given(st.sampled_from(sorted(keys())), st.text())
def test_any_text_of_a_variable_fits_or_is_told(dotted: str, text: str) -> None:
    with suppress(UnfitError):
        assert plain(fit(keys()[dotted], from_text(keys()[dotted], text), HERE)) is not None
