"""A store belongs to one ESI: data of another is refused, whichever way it would come in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from eveobs.errors import ConfigError, StoreError
from eveobs.records.static import KINDS
from eveobs.records.universe import Name
from eveobs.store import glance
from eveobs.store.source import OFFICIAL, EsiSource, source_of
from eveobs.store.store import Store
from tests.store.drafts import contract, reading

pytestmark = pytest.mark.unit

SANDBOX = source_of("http://127.0.0.1:8787", "tranquility")
NOW = datetime(2026, 12, 1, tzinfo=UTC)
ABOUT = {"build": 1, "released": "", "language": "en", "etag": "", "loaded_at": NOW}


@pytest.mark.parametrize(
    "spelling",
    [
        "https://esi.evetech.net",
        "https://esi.evetech.net/",
        "https://ESI.evetech.net:443",
        "HTTPS://esi.evetech.net:443/",
    ],
)
def test_spellings_of_one_address_are_one_source(spelling: str) -> None:
    assert source_of(spelling, "Tranquility").key == OFFICIAL.key


@pytest.mark.parametrize(
    ("base_url", "tenant"),
    [
        ("http://esi.evetech.net", "tranquility"),
        ("https://esi.evetech.net:8443", "tranquility"),
        ("https://esi.evetech.net/proxy", "tranquility"),
        ("https://esi.evetech.net.example", "tranquility"),
        ("https://esi.evetech.net", "singularity"),
        ("http://[::1]:443", "tranquility"),
    ],
)
def test_other_addresses_and_tenants_are_others(base_url: str, tenant: str) -> None:
    assert source_of(base_url, tenant).key != OFFICIAL.key


WRITES: dict[str, Callable[[Store], object]] = {
    "observation": lambda store: store.apply(reading([contract(1)])),
    "names": lambda store: store.keep_names(
        [Name(category="character", id=5, name="Somebody")], (), NOW
    ),
    "refusal": lambda store: store.note_refusal(5, 6, NOW),
    "static data": lambda store: store.replace_static_data({kind: [] for kind in KINDS}, ABOUT),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_another_esi_is_refused_and_nothing_is_written(
    url: str, write: Callable[[Store], object]
) -> None:
    with Store(url, OFFICIAL) as store:
        store.apply(reading([contract(1), contract(2)]))
    before = dump(url)
    with Store(url, SANDBOX) as store, pytest.raises(ConfigError) as caught:
        write(store)
    assert caught.value.exit_code == 3
    assert "belongs to https://esi.evetech.net (tranquility)" in caught.value.message
    assert "http://127.0.0.1:8787" in caught.value.message
    assert "EVEOBS_HOME" in (caught.value.hint or "")
    assert "store.esi_url to https://esi.evetech.net" in (caught.value.hint or "")
    assert dump(url) == before
    with Store(url, OFFICIAL) as store:
        write(store)


def test_the_first_write_names_the_source(url: str) -> None:
    with Store(url, SANDBOX) as store:
        assert glance.source(url) is None
        store.apply(reading([contract(1)]))
    assert glance.source(url) == SANDBOX.key
    with Store(url, OFFICIAL) as store, pytest.raises(ConfigError, match=r"127\.0\.0\.1"):
        store.apply(reading([contract(1)]))


def test_a_write_that_fails_names_nothing(url: str) -> None:
    with Store(url, SANDBOX) as store, pytest.raises(StoreError):
        store.keep_names([Name(category="character", id=2**70, name="No")], (), NOW)
    assert glance.source(url) is None


def test_a_store_of_before_the_mark_that_holds_data_is_taken_for_the_official_esi(
    url: str,
) -> None:
    with Store(url) as store:
        store.apply(reading([contract(1), contract(2)]))
    with Store(url, SANDBOX) as store, pytest.raises(ConfigError) as caught:
        store.apply(reading([]))
    assert "presumably of https://esi.evetech.net" in caught.value.message
    assert "store.esi_url to http://127.0.0.1:8787" in (caught.value.hint or "")
    assert glance.source(url) is None
    with Store(url, OFFICIAL) as store:
        store.apply(reading([contract(1)]))
    assert glance.source(url) == OFFICIAL.key


def test_it_can_be_declared_to_be_of_another(url: str) -> None:
    with Store(url) as store:
        store.apply(reading([contract(1)]))
    with Store(url, SANDBOX._replace(declared=True)) as store:
        store.apply(reading([contract(1), contract(2)]))
    assert glance.source(url) == SANDBOX.key
    declared = EsiSource(*OFFICIAL.key, declared=True)
    with Store(url, declared) as store, pytest.raises(ConfigError, match="belongs to"):
        store.apply(reading([contract(1)]))


def test_reading_is_allowed_whatever_the_settings_say(url: str) -> None:
    with Store(url, OFFICIAL) as store:
        store.apply(reading([contract(1)]))
    with Store(url, SANDBOX) as store:
        assert len(store.standings()) == 1


def test_of_two_first_writers_at_once_only_one_names_the_source(url: str) -> None:
    ready = threading.Barrier(2)
    errors: list[ConfigError] = []

    def write(source: EsiSource) -> None:
        with Store(url, source) as store:
            ready.wait(10)
            try:
                store.apply(reading([contract(1)]))
            except ConfigError as error:
                errors.append(error)

    both = [threading.Thread(target=write, args=(one,)) for one in (OFFICIAL, SANDBOX)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(errors) == 1
    assert glance.source(url) in {OFFICIAL.key, SANDBOX.key}


def dump(url: str) -> dict[str, list[object]]:
    """All rows of all tables."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ).scalars()
        found = {
            name: [tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608
            for name in names
        }
    engine.dispose()
    return {name: rows for name, rows in found.items() if rows}  # type: ignore[misc]
