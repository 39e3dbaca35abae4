"""What is published is what the site holds: faults of a real database in the middle of a publish.

Each ends, after at most one more publish, with a site that equals one to which nothing happened: post
by post, field by field, term by term, row by row of the index.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eveobs.publish import publishing
from tests.integration.wordpress.equality import assert_same, held
from tests.integration.wordpress.homes import PUBLISH, Home
from tests.integration.wordpress.mariadb_site import MariaSite

pytestmark = [pytest.mark.integration, pytest.mark.slow]
NUMBERS = range(3001, 3025)
WAYS = ("plugin-rest", "plugin-xmlrpc", "plain-rest", "plain-xmlrpc")
WITH_PLUGIN = WAYS[:2]
ENGINES = pytest.mark.parametrize("hosted", ["InnoDB", "MyISAM"], indirect=True)
_UNDISTURBED: dict[tuple[str, bool], Any] = {}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "FIRST_PAUSE", 0.02)


class Trial:
    """A site and a home for one way; `update` has everything published once already."""

    def __init__(
        self, site: MariaSite, plugin: str, way: str, folder: Path, *, update: bool
    ) -> None:
        self.site, self.way, self.folder, self.update = site, way, folder, update
        self.plugin = plugin
        self.wanted = self._undisturbed()
        self.home = self._home(folder / "disturbed")
        self._begin(self.home)

    def _home(self, folder: Path) -> Home:
        return Home(folder, self.site, self.way.partition("-")[2])

    def _begin(self, home: Home) -> None:
        """The site as it is before the fault, and what is to be published next."""
        if self.way.startswith("plugin"):
            self.site.install_plugin(self.plugin, batch=12)
            self.site.php("")  # a request of anybody installs it
        home.see(NUMBERS, volume=5.0)
        if self.update:
            home.publish()
            home.see(NUMBERS, at=1, price=7.5, volume=6.0)
        self.site.mend()

    def _undisturbed(self) -> Any:
        key = ("plugin" if self.way in WITH_PLUGIN else self.way, self.update)
        if key not in _UNDISTURBED:
            home = self._home(self.folder / "undisturbed")
            self._begin(home)
            home.publish()
            _UNDISTURBED[key] = held(self.site)
            self.site.reset(self.engine())
        return _UNDISTURBED[key]

    def engine(self) -> str:
        return self.site.sql(
            "SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_NAME = 'wp_posts'"
        ).strip()

    def publish(self) -> Any:
        return self.home(*PUBLISH, "contract")

    def ends_well(self, *, strays: bool = True) -> None:
        """At most one more publish, and the site is as it should be; then there is nothing to do."""
        self.site.mend()
        again = self.publish()
        assert again.exit_code == 0, again.output
        assert_same(held(self.site), self.wanted, strays=strays)
        assert self.home.publish() == {"unchanged": len(NUMBERS)}


@pytest.fixture
def trial(hosted: MariaSite, plugin: str, tmp_path: Path) -> Callable[..., Trial]:
    def make(way: str, *, update: bool) -> Trial:
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


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def disturbed(trial: Trial, meanwhile: Callable[[], None]) -> Any:
    """A publish that is halted in the middle until `meanwhile` is done."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(trial.publish()))
    thread.start()
    until((trial.site.rig / "paused").exists)
    meanwhile()
    (trial.site.rig / "go").write_text("")
    thread.join()
    return results[0]


def post_of(site: MariaSite, number: int) -> str:
    return site.sql(f"SELECT ID FROM wp_posts WHERE post_name = 'eve-contract-{number}'").strip()  # noqa: S608


@pytest.mark.parametrize("way", WITH_PLUGIN)
def test_a_deadlock(trial: Callable[..., Trial], rival: Callable[[str], None], way: str) -> None:
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
        rival(f"UPDATE wp_posts SET menu_order = menu_order WHERE ID = {last}")  # noqa: S608
        rival(f"SELECT 1 FROM wp_posts WHERE ID = {last} FOR UPDATE")  # noqa: S608
        time.sleep(0.5)
        rival(f"UPDATE wp_posts SET menu_order = menu_order WHERE ID = {first}")  # noqa: S608
        rival("COMMIT")
        time.sleep(0.5)

    disturbed(made, cross)
    assert int(site.sql(deadlocks)) > before, "there was one"
    made.ends_well()


@pytest.mark.parametrize("way", WITH_PLUGIN)
def test_waiting_for_a_row_too_long(
    trial: Callable[..., Trial], rival: Callable[[str], None], way: str
) -> None:
    """A lock wait undoes one statement, and leaves the transaction open."""
    made = trial(way, update=True)
    last = post_of(made.site, NUMBERS[11])
    made.site.sql("SET GLOBAL innodb_lock_wait_timeout = 1")
    made.site.fault("pause", after=4, times=1)
    rival("START TRANSACTION")
    rival(f"SELECT 1 FROM wp_posts WHERE ID = {last} FOR UPDATE")  # noqa: S608
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


@ENGINES
@pytest.mark.parametrize(("what", "way", "update"), MET)
def test_one_statement_fails(
    trial: Callable[..., Trial], what: str, way: str, update: bool, hosted: MariaSite
) -> None:
    """WordPress hides it: the post is told as created, and lacks a field for ever."""
    made = trial(way, update=update)
    kind, table, condition = STATEMENTS[what]
    hosted.sql(TRIGGER.format(what=kind, table=table, condition=condition, times=1))
    made.publish()
    assert hosted.sql("SELECT n FROM faults").strip() == "0", "it was met"
    hosted.sql("DROP TRIGGER fail_once")
    made.ends_well(strays=made.engine() == "InnoDB")


@ENGINES
@pytest.mark.parametrize("update", [False, True])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", ["lost_connection", "killed"])
def test_a_connection_or_a_worker_that_is_killed(
    trial: Callable[..., Trial], way: str, update: bool, fault: str
) -> None:
    made = trial(way, update=update)
    made.site.fault(fault, after=7, times=1)
    made.publish()
    made.ends_well(strays=made.engine() == "InnoDB")


@pytest.mark.parametrize("update", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_the_database_is_killed_and_comes_back(
    trial: Callable[..., Trial], way: str, update: bool
) -> None:
    made = trial(way, update=update)
    made.site.fault("pause", after=7, times=1)
    back = threading.Timer(0.5, made.site.start_database)

    def die() -> None:
        made.site.kill_database()
        back.start()

    disturbed(made, die)
    back.join()
    made.ends_well()


@pytest.mark.parametrize("way", WAYS)
def test_a_database_that_only_reads(trial: Callable[..., Trial], way: str) -> None:
    made = trial(way, update=True)
    before = held(made.site)
    made.site.sql("SET GLOBAL read_only = 1")
    failed = made.publish()
    assert failed.exit_code in (5, 7), failed.output
    made.site.sql("SET GLOBAL read_only = 0")
    assert held(made.site) == before
    made.ends_well()


@pytest.mark.parametrize("way", WITH_PLUGIN)
def test_a_packet_that_is_too_large(trial: Callable[..., Trial], way: str) -> None:
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
