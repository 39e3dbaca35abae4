"""Faults at random moments, over every way, on InnoDB, MyISAM and SQLite: whatever happened, after at
most one more publish the site equals one to which nothing happened.

EVEOBS_FAULTS says how many (20 without it); each is its own test, named by the number of its seed.
"""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path

import pytest

from eveobs.publish import publishing
from tests.integration.wordpress.mariadb_site import MariaSite
from tests.integration.wordpress.site import Site
from tests.integration.wordpress.trials import WAYS, Trial, disturbed

pytestmark = [pytest.mark.integration, pytest.mark.slow]
COUNT = int(os.environ.get("EVEOBS_FAULTS") or 20)
ENGINES = ("InnoDB", "MyISAM", "SQLite")
IN_PHP = ("killed", "fatal", "exit", "memory")
IN_MARIADB = ("lost_connection", "statement", "statement", "database")
TABLES = ("wp_postmeta", "wp_posts", "wp_term_relationships", "wp_term_taxonomy")
TRIGGERS = """
CREATE TABLE IF NOT EXISTS faults (n INT) ENGINE=MyISAM; DELETE FROM faults; INSERT INTO faults VALUES ({number});
DELIMITER //
{triggers}
"""
TRIGGER = """
CREATE TRIGGER fail_{table}_{what} BEFORE {what} ON {table} FOR EACH ROW BEGIN
  UPDATE faults SET n = n - 1;
  IF (SELECT n FROM faults) = 0 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'planted'; END IF;
END//
"""


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "FIRST_PAUSE", 0.02)


def fail_a_statement(site: MariaSite, number: int) -> None:
    """Of all that is written from now on, the statement `number` fails, whichever it is."""
    triggers = "".join(
        TRIGGER.format(table=table, what=what) for table in TABLES for what in ("INSERT", "UPDATE")
    )
    site.sql(TRIGGERS.format(number=number, triggers=triggers))


def mend_statements(site: MariaSite) -> None:
    for table in TABLES:
        for what in ("INSERT", "UPDATE"):
            site.sql(f"DROP TRIGGER fail_{table}_{what}")


def meet(made: Trial[Site], fault: str, chance: random.Random) -> None:
    """One publish that meets `fault` at some moment, or none where it ends before."""
    after = chance.randrange(0, 26)
    if fault == "statement":
        assert isinstance(made.site, MariaSite)
        fail_a_statement(made.site, chance.randrange(1, 400))
        made.publish()
        mend_statements(made.site)
    elif fault == "database":
        site = made.site
        assert isinstance(site, MariaSite)
        site.fault("pause", after=min(after, 20), times=1)
        back = threading.Timer(chance.uniform(0.1, 1.0), site.start_database)

        def die() -> None:
            site.kill_database()
            back.start()

        disturbed(made, die)
        if back.ident is not None:
            back.join()
    else:
        made.site.fault(fault, after=after, times=chance.choice((1, 1, 2)))
        made.publish()


@pytest.mark.parametrize("seed", range(COUNT))
def test_a_fault_at_a_random_moment(
    seed: int, request: pytest.FixtureRequest, plugin: str, tmp_path: Path
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    engine, way = ENGINES[seed % 3], WAYS[seed // 3 % 4]
    site: Site
    if engine == "SQLite":
        site = request.getfixturevalue("modern")
    else:
        site = request.getfixturevalue("_hosted")
        site.reset(engine)  # type: ignore[call-arg]
    faults: tuple[str, ...] = IN_PHP if engine == "SQLite" else IN_PHP + IN_MARIADB
    made = Trial(site, plugin, way, tmp_path, update=chance.random() < 0.5)
    for _ in range(chance.choice((1, 1, 2))):
        meet(made, chance.choice(faults), chance)
    made.ends_well(strays=engine == "InnoDB" and way.startswith("plugin"))
