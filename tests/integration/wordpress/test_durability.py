"""What is published is what the site holds: faults of a real database in the middle of a publish.

Each ends, after at most one more publish, with a site that equals one to which nothing happened: post
by post, field by field, term by term, row by row of the index.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eveobs.publish import publishing
from tests.integration.wordpress.equality import held
from tests.integration.wordpress.mariadb_site import MariaSite
from tests.integration.wordpress.trials import NUMBERS, WAYS, WITH_PLUGIN, Trial, disturbed

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def engines(way: str) -> tuple[str, ...]:
    """The engines to try `way` on: without the plugin nothing is in a transaction on either."""
    return ("InnoDB", "MyISAM") if way in WITH_PLUGIN else ("InnoDB",)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "FIRST_PAUSE", 0.02)


@pytest.fixture
def trial(hosted: MariaSite, plugin: str, tmp_path: Path) -> Callable[..., Trial[MariaSite]]:
    def make(way: str, *, update: bool) -> Trial[MariaSite]:
        return Trial(hosted, plugin, way, tmp_path, update=update)

    return make


@pytest.fixture
def rival(hosted: MariaSite) -> Iterator[Callable[[str], None]]:
    """Another connection to the database, that does what it is given."""
    session = hosted.session()

    def say(statement: str) -> None:
        assert session.stdin is not None
        session.stdin.write(statement + ";\n")
        session.stdin.flush()

    yield say
    session.kill()
    session.communicate()


def post_of(site: MariaSite, number: int) -> str:
    return site.sql(f"SELECT ID FROM wp_posts WHERE post_name = 'eve-contract-{number}'").strip()  # noqa: S608


@pytest.mark.parametrize("way", WITH_PLUGIN)
def test_a_deadlock(
    trial: Callable[..., Trial[MariaSite]], rival: Callable[[str], None], way: str
) -> None:
    """Two connections, each waiting for a row of the other: InnoDB undoes the publish, and says so to
    one statement only; all that follow run by themselves.
    """
    made = trial(way, update=True)
    site = made.site
    site.sql("CREATE TABLE scratch (n INT PRIMARY KEY) ENGINE=InnoDB")
    first, last = post_of(site, NUMBERS[0]), post_of(site, NUMBERS[11])
    deadlocks = "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'INNODB_DEADLOCKS'"
    before = int(site.sql(deadlocks))
    site.fault("pause", after=4, times=1)

    def cross() -> None:
        # The one that changed more rows goes on: the rival.
        rival("START TRANSACTION")
        rival("INSERT INTO scratch SELECT seq FROM seq_1_to_5000")
        rival(f"UPDATE wp_postmeta SET meta_value = meta_value WHERE post_id = {last}")  # noqa: S608
        rival(f"SELECT 1 FROM wp_postmeta WHERE post_id = {last} FOR UPDATE")  # noqa: S608
        time.sleep(0.5)
        rival(f"UPDATE wp_posts SET menu_order = menu_order WHERE ID = {first}")  # noqa: S608
        rival("COMMIT")
        time.sleep(0.5)

    disturbed(made, cross)
    assert int(site.sql(deadlocks)) > before, "there was one"
    made.ends_well()


@pytest.mark.parametrize("way", WITH_PLUGIN)
def test_waiting_for_a_row_too_long(
    trial: Callable[..., Trial[MariaSite]], rival: Callable[[str], None], way: str
) -> None:
    """A lock wait undoes one statement, and leaves the transaction open."""
    made = trial(way, update=True)
    last = post_of(made.site, NUMBERS[11])
    made.site.sql("SET GLOBAL innodb_lock_wait_timeout = 1")
    made.site.fault("pause", after=4, times=1)
    rival("START TRANSACTION")
    rival(f"SELECT 1 FROM wp_postmeta WHERE post_id = {last} FOR UPDATE")  # noqa: S608
    time.sleep(0.3)
    disturbed(made, lambda: None)
    rival("ROLLBACK")
    made.ends_well()


TRIGGER = """
CREATE TABLE IF NOT EXISTS faults (n INT) ENGINE=MyISAM; DELETE FROM faults; INSERT INTO faults VALUES ({times});
DROP TRIGGER IF EXISTS fail_once;
DELIMITER //
CREATE TRIGGER fail_once BEFORE {what} ON {table} FOR EACH ROW BEGIN
  IF {condition} AND (SELECT n FROM faults) > 0 THEN
    UPDATE faults SET n = n - 1;
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'planted';
  END IF;
END//
"""
STATEMENTS = {
    "field": ("INSERT", "wp_postmeta", "NEW.meta_key = 'eve_volume'"),
    "changed field": ("UPDATE", "wp_postmeta", "NEW.meta_key = 'eve_price'"),
    "relation": ("INSERT", "wp_term_relationships", "TRUE"),
    "post": ("INSERT", "wp_posts", "NEW.post_content LIKE '%eveobs:contract/3005%'"),
    "changed post": ("UPDATE", "wp_posts", "NEW.post_content LIKE '%eveobs:contract/3005%'"),
    "index": ("INSERT", "wp_eveobs_documents", "NEW.kind = 'contract'"),
    "term": ("INSERT", "wp_term_taxonomy", "TRUE"),
}
MET = [
    *((what, way, False) for what in ("relation", "post", "term") for way in WAYS),
    *((what, way, False) for what in ("field",) for way in WAYS if way != "plain-rest"),
    *((what, way, True) for what in ("changed field",) for way in WAYS if way != "plain-rest"),
    *((what, way, True) for what in ("changed post",) for way in WAYS),
    *(("index", way, update) for way in WITH_PLUGIN for update in (False, True)),
]


@pytest.mark.parametrize(
    ("hosted", "what", "way", "update"),
    [(engine, *one) for one in MET for engine in engines(one[1])],
    indirect=["hosted"],
)
def test_one_statement_fails(
    trial: Callable[..., Trial[MariaSite]], what: str, way: str, update: bool, hosted: MariaSite
) -> None:
    """WordPress hides it: the post is told as created, and lacks a field for ever."""
    made = trial(way, update=update)
    kind, table, condition = STATEMENTS[what]
    hosted.sql(TRIGGER.format(what=kind, table=table, condition=condition, times=1))
    made.publish()
    assert hosted.sql("SELECT n FROM faults").strip() == "0", "it was met"
    hosted.sql("DROP TRIGGER fail_once")
    made.ends_well(strays=made.engine() == "InnoDB")


@pytest.mark.parametrize("update", [False, True])
@pytest.mark.parametrize(
    ("hosted", "way"),
    [(engine, way) for way in WAYS for engine in engines(way)],
    indirect=["hosted"],
)
@pytest.mark.parametrize("fault", ["lost_connection", "killed"])
def test_a_connection_or_a_worker_that_is_killed(
    trial: Callable[..., Trial[MariaSite]], way: str, update: bool, fault: str
) -> None:
    made = trial(way, update=update)
    made.site.fault(fault, after=7, times=1)
    made.publish()
    made.ends_well(strays=made.engine() == "InnoDB")


@pytest.mark.parametrize("update", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_the_database_is_killed_and_comes_back(
    trial: Callable[..., Trial[MariaSite]], way: str, update: bool
) -> None:
    made = trial(way, update=update)
    made.site.fault("pause", after=7, times=1)
    back = threading.Timer(0.5, made.site.start_database)

    def die() -> None:
        made.site.kill_database()
        back.start()

    disturbed(made, die)
    back.join()  # which says, too, that it was met
    made.ends_well()


@pytest.mark.parametrize("way", WAYS)
def test_a_database_that_only_reads(trial: Callable[..., Trial[MariaSite]], way: str) -> None:
    made = trial(way, update=True)
    before = held(made.site)
    made.site.sql("SET GLOBAL read_only = 1")
    failed = made.publish()
    assert failed.exit_code in (5, 7), failed.output
    made.site.sql("SET GLOBAL read_only = 0")
    assert held(made.site) == before
    made.ends_well()


@pytest.mark.parametrize("way", WITH_PLUGIN)
def test_a_packet_that_is_too_large(trial: Callable[..., Trial[MariaSite]], way: str) -> None:
    """The server closes the connection on a statement that is longer than it takes."""
    made = trial(way, update=False)
    size = len(max((post[4] for post in made.wanted["posts"]), key=len))
    made.site.sql(
        f"SET GLOBAL net_buffer_length = 1024; SET GLOBAL max_allowed_packet = {max(1024, size // 2048 * 1024)}"
    )
    failed = made.publish()
    assert failed.exit_code in (5, 7), failed.output
    made.site.sql("SET GLOBAL net_buffer_length = 16384; SET GLOBAL max_allowed_packet = 16777216")
    made.ends_well()
