"""A glance without SQLAlchemy says what the store says, and "don't know" when in doubt."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from eveobs.records.contracts import CONTRACTS
from eveobs.records.schema import SubjectKind
from eveobs.records.universe import Name
from eveobs.store import glance
from eveobs.store.glance import Fresh
from eveobs.store.store import Store
from tests.store.drafts import CYCLE, DOMAIN, FORGE, START, contract, done, reading, text

pytestmark = pytest.mark.unit

UNTIL = START + CYCLE
BOTH = ("items", "bids")


def fresh(
    url: str,
    *,
    now: Any = START,
    kind: Any = SubjectKind.REGION,
    subject: int = FORGE,
    details: Any = BOTH,
) -> Fresh | None:
    return glance.fresh(url, CONTRACTS, kind, subject, details, text(now))


def test_the_last_whole_observation_until_it_expires(url: str, store: Store) -> None:
    store.apply(reading([contract(1), contract(2)], fresh_until=UNTIL))
    assert fresh(url) == Fresh(
        rows=2, expires=text(UNTIL), cached=1, list_expires=text(START + CYCLE)
    )
    assert fresh(url, now=UNTIL - timedelta(seconds=1)) is not None
    assert fresh(url, now=UNTIL) is None
    assert fresh(url, subject=DOMAIN) is None
    assert fresh(url, kind=SubjectKind.CHARACTER) is None
    assert fresh(url, details=("items",)) is not None
    assert fresh(url, details=()) is not None


def test_the_last_one_counts_whatever_was_before(url: str, store: Store) -> None:
    store.apply(reading([contract(1)], fresh_until=UNTIL))
    store.apply(reading([], whole=False, error="gone away", fresh_until=UNTIL))
    assert fresh(url) is None
    store.apply(reading([contract(1)], fresh_until=None))
    assert fresh(url) is None
    store.apply(reading([contract(1)], fresh_until=UNTIL, details=("items",)))
    assert fresh(url) is None, "the bids were left out"
    assert fresh(url, details=("items",)) is not None
    store.apply(reading([contract(1)], fresh_until=UNTIL))
    assert fresh(url) is not None


def test_a_whole_list_without_all_details_is_not_fresh(url: str, store: Store) -> None:
    store.apply(reading([contract(1)], error="items of 1", fresh_until=UNTIL))
    assert fresh(url) is None


def test_names_both_ways_as_the_store_says(url: str, store: Store) -> None:
    names = [Name(category="region", id=FORGE, name="The Forge")]
    names += [Name(category="station", id=5, name="The Forge Annex")]
    store.keep_names(names, [6], START)
    for word in ("The Forge", "the forge", "THE FORGE"):
        assert glance.name_to_id(url, "region", word) == FORGE
        assert [name.id for name in store.named("region", [word])] == [FORGE]
    for word in ("Forge", "The Forge ", "The_Forge", "%", "The Forge Annex", "' OR 1=1 --"):
        assert glance.name_to_id(url, "region", word) is None
        assert store.named("region", [word]) == []
    assert glance.id_to_name(url, FORGE, "region") == "The Forge"
    assert glance.id_to_name(url, 6, "station") is None, "known to have no name"
    assert glance.id_to_name(url, 7, "region") is None
    assert glance.id_to_name(url, FORGE, "station") is None
    assert glance.id_to_name(url, 2**70, "region") is None


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///{0}/missing.sqlite3",
        "sqlite:///{0}",
        "sqlite:///{0}/letter",
        "sqlite:///{0}/empty",
        "sqlite:///:memory:",
        "sqlite://",
        "postgresql+psycopg://eve@127.0.0.1/eve",
        "nonsense",
    ],
)
def test_whatever_is_in_the_way_is_dont_know(tmp_path: Path, url: str) -> None:
    (tmp_path / "letter").write_text("no database " * 99)
    (tmp_path / "empty").touch()
    assert fresh(url.format(tmp_path)) is None
    assert glance.id_to_name(url.format(tmp_path), 1, "region") is None
    assert not (tmp_path / "missing.sqlite3").exists()


def test_an_older_schema_is_dont_know(url: str) -> None:
    done(url, "DROP TABLE observations")
    assert fresh(url) is None


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////abs/e.db", "/abs/e.db"),
        ("sqlite+pysqlite:////abs/e.db", "/abs/e.db"),
        ("sqlite:///e.db", "e.db"),
        ("sqlite:////abs/e.db?mode=ro", None),
        ("sqlite:///", None),
        ("postgresql:////abs", None),
    ],
)
def test_which_urls_are_a_file(url: str, path: str | None) -> None:
    assert glance.sqlite_path(url) == (None if path is None else Path(path))


def test_a_path_with_odd_characters(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/50% #1 & ä.sqlite3"
    with Store(url) as store:
        store.apply(reading([contract(1)], fresh_until=UNTIL))
    assert fresh(url) is not None


def test_a_glance_loads_neither_sqlalchemy_nor_the_network() -> None:
    code = """
import sys
import eveobs.observation.warm
sys.exit(bool({"sqlalchemy", "alembic", "httpx", "aiohttp", "asyncio"} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
