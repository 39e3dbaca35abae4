"""From notices to those who are told, over real sockets; killed at any moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from eveobs.errors import ConfigError, UnreachableError
from eveobs.operate.alerts.alerting import Alerting
from eveobs.operate.alerts.digest import MOST, digest
from eveobs.operate.alerts.ground import Ground
from eveobs.operate.alerts.sinks import ids, sinks
from eveobs.operate.health.finding import Examined, Finding, State
from eveobs.settings.secret import Secret
from eveobs.store.notices import Notice
from tests.conftest import Eveobs
from tests.operate.alerts.conftest import NOW, Scene


class Chat(BaseHTTPRequestHandler):
    """Keeps what it is told; answers `code`."""

    heard: list[dict[str, Any]] = []  # noqa: RUF012 - of the class: http.server makes an object a request
    code = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.code == 200:
            self.heard.append(json.loads(body))
        self.send_response(self.code)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def chat() -> Iterator[str]:
    Chat.heard.clear()
    Chat.code = 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()


def ill(scene: Scene, *checks: str) -> None:
    scene.facts["examined"] = [
        Examined(check, Finding(State.UNHEALTHY, "broken"), 0.1) for check in checks
    ]


def run(scene: Scene, address: str) -> int:
    ground = Ground(scene.store, scene.settings, NOW, **scene.facts)
    alerting = Alerting(ground, ["health"], sinks(Secret(address)))
    alerting.notice()
    return alerting.tell()


def test_one_message_for_all_of_it(scene: Scene, chat: str) -> None:
    ill(scene, "store", "cache", "limits")
    assert run(scene, chat) == 3
    (message,) = Chat.heard
    assert message["title"] == "eveobs: 3 things to know"
    assert message["message"].splitlines()[0] == "Health"
    assert run(scene, chat) == 0
    assert len(Chat.heard) == 1


def test_what_was_not_taken_is_told_next_time(scene: Scene, chat: str) -> None:
    ill(scene, "store")
    Chat.code = 500
    with pytest.raises(UnreachableError, match="json://"):
        run(scene, chat)
    Chat.code = 200
    ill(scene, "store", "cache")
    assert run(scene, chat) == 2
    assert len(Chat.heard) == 1


def test_one_that_is_away_keeps_nothing_from_the_other(scene: Scene, chat: str) -> None:
    ill(scene, "store")
    both = f"json://127.0.0.1:9/away {chat}"
    for _ in range(2):
        with pytest.raises(UnreachableError):
            run(scene, both)
    assert len(Chat.heard) == 1
    assert run(scene, chat) == 0, "it knows already"


@pytest.mark.parametrize("address", ["nonsense", "hush://secret-token/x", "mailto://"])
def test_an_address_that_is_none_is_not_shown(address: str) -> None:
    with pytest.raises(ConfigError) as raised:
        sinks(Secret(f"json://127.0.0.1 {address}"))
    assert "secret-token" not in f"{raised.value.message} {raised.value.hint}"
    assert "address 2" in raised.value.message


def test_the_same_address_twice_is_one() -> None:
    assert len(sinks(Secret("json://127.0.0.1/a json://127.0.0.1/a\njson://127.0.0.1/b"))) == 2
    assert sinks(Secret("")) == []


def test_strangers_address_nobody() -> None:
    text = "accepted by @everyone: [free ISK](https://evil.example) \x1b[31m\n# heading"
    message = digest([Notice("accepted", "1", text, NOW)])
    for part in message:
        assert "@" not in part
        assert "](" not in part
        assert "\x1b" not in part
        assert "\n" not in part


def test_of_many_the_number_is_told() -> None:
    many = [Notice("accepted", str(n), f"contract {n}", NOW) for n in range(MOST + 5)]
    body = digest(many).body
    assert body.count("\n") == MOST + 1
    assert body.endswith("- … and 5 more")


def test_at_the_terminal(eveobs: Eveobs, chat: str) -> None:
    eveobs.env["EVEOBS_ALERTS__TO"] = chat
    eveobs.env["EVEOBS_ESI__COMPATIBILITY_DATE"] = "2026-08-18"
    eveobs.env["EVEOBS_ALERTS__RULES"] = '["health"]'
    eveobs.env["EVEOBS_ESI__BASE_URL"] = "http://127.0.0.1:9"
    shown = eveobs("alerts", "--dry-run", "--json")
    assert [row["rule"] for row in json.loads(shown.stdout)] == ["health"]
    assert Chat.heard == []
    told = eveobs("alerts")
    assert told.exit_code == 0, told.output
    assert len(Chat.heard) == 1
    assert eveobs.json("alerts") == []
    assert eveobs("alerts", "test").exit_code == 0
    assert Chat.heard[-1]["title"] == "eveobs: a test"
    eveobs.env["EVEOBS_ALERTS__TO"] = ""
    assert eveobs("alerts").exit_code == 3


def test_the_first_run_is_a_baseline(scene: Scene, chat: str) -> None:
    """What happened before it is not sent, neither then nor later; what comes after it is."""
    ground = Ground(scene.store, scene.settings, NOW, **scene.facts)
    alerting = Alerting(ground, ["accepted", "undercut", "health"], sinks(Secret(chat)))
    old = [Notice("accepted", str(n), f"old {n}", NOW - timedelta(minutes=n)) for n in range(1, 70)]
    lasting = Notice("undercut", "7 8", "undercut for a while", NOW - timedelta(hours=1))
    ahead = Notice("expiring", "9", "ends soon", NOW + timedelta(hours=1))
    ill_ = Notice("health", "store", "broken", NOW - timedelta(hours=5))
    found = [*old, lasting, ahead, ill_]
    look = pytest.MonkeyPatch()
    look.setattr(Alerting, "look", lambda _: found)
    try:
        noted = alerting.notice()
        assert {one.text for one in noted} == {"ends soon", "broken"}
        assert len(noted.baseline) == 70
        assert alerting.tell() == 2
        assert alerting.notice() == []
        found.append(Notice("accepted", "new", "new", NOW - timedelta(days=2)))
        again = alerting.notice()
        assert [one.text for one in again] == ["new"]
        assert again.baseline == []
        found.remove(lasting)
        alerting.notice()
        found.append(lasting)
        assert [one.text for one in alerting.notice()] == ["undercut for a while"]
    finally:
        look.undo()


def test_a_dry_run_is_what_the_next_run_sends(
    scene: Scene, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["accepted", "undercut", "expiring", "health"]
    found: list[Notice] = []
    monkeypatch.setattr(Alerting, "look", lambda _: list(found))
    to = Secret(chat)
    ground = Ground(scene.store, scene.settings, NOW, **scene.facts)
    alerting = Alerting(ground, names, sinks(to))
    old, later = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    lasting = Notice("undercut", "7 8", "undercut", old)
    steps: Sequence[list[Notice]] = (
        [Notice("accepted", str(n), f"old {n}", old) for n in range(20)]
        + [lasting, Notice("expiring", "9", "ends", later), Notice("health", "x", "broken", old)],
        [],
        [Notice("accepted", "new", "new", old)],
        [lasting],  # is over in the step before, and comes again
        [Notice("accepted", "another", "another", old)],
    )
    for number, step in enumerate(steps):
        found[:] = step
        foreseen = alerting.foresee(ids(to))
        assert alerting.foresee(ids(to)) == foreseen, "nothing was noted"
        Chat.code = 500 if number == 3 else 200
        before = len(Chat.heard)
        noted = alerting.notice()
        assert foreseen.baseline == noted.baseline
        assert len(noted.baseline) == (21 if number == 0 else 0)
        if number == 3:
            with pytest.raises(UnreachableError):
                alerting.tell()
            found[:] = []
            assert alerting.foresee(ids(to)) == [lasting], "it waits for the next run"
        else:
            assert alerting.tell() == len(foreseen)
            told = "".join(one["message"] for one in Chat.heard[before:])
            assert all(one.text in told for one in foreseen)
    assert alerting.foresee(ids(to)) == []


def test_what_one_of_two_targets_did_not_take_is_foreseen(scene: Scene, chat: str) -> None:
    ill(scene, "store")
    both = f"json://127.0.0.1:9/away {chat}"
    with pytest.raises(UnreachableError):
        run(scene, both)
    alerting = Alerting(Ground(scene.store, scene.settings, NOW, **scene.facts), ["health"], ())
    assert len(alerting.foresee(ids(Secret(both)))) == 1
    assert alerting.foresee(ids(Secret(chat))) == [], "it has it already"


def test_a_dry_run_of_a_first_run_says_what_the_baseline_holds_back(
    eveobs: Eveobs, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [Notice("accepted", str(n), f"old {n}", NOW) for n in range(12)]
    new = [Notice("expiring", str(n), f"ends {n}", NOW + timedelta(days=9999)) for n in range(2)]
    found = [*old, *new]
    monkeypatch.setattr(Alerting, "look", lambda _: list(found))
    eveobs.env |= {"EVEOBS_ALERTS__TO": chat, "EVEOBS_ALERTS__RULES": '["accepted", "expiring"]'}
    shown = eveobs("alerts", "--dry-run", "--json")
    assert {row["text"] for row in json.loads(shown.stdout)} == {"ends 0", "ends 1"}
    assert "first run: 12 earlier events are the baseline and would not be sent" in shown.stderr
    sent = eveobs("alerts")
    assert "12 earlier events are the baseline and were not sent" in sent.stderr
    assert "sent 2 events to 1 target\n" in sent.stderr
    shown = eveobs("alerts", "--dry-run", "--json")
    assert json.loads(shown.stdout) == []
    assert "baseline" not in shown.stderr
    found.append(Notice("accepted", "one", "one more", NOW))
    assert [row["text"] for row in eveobs.json("alerts", "--dry-run")] == ["one more"]
    assert "sent 1 event to 1 target\n" in eveobs("alerts").stderr
    assert "no new events\n" in eveobs("alerts").stderr


TELL = """
import sys
from datetime import UTC, datetime
from eveobs.operate.alerts.alerting import Alerting
from eveobs.operate.alerts.ground import Ground
from eveobs.operate.alerts.sinks import sinks
from eveobs.operate.health.finding import Examined, Finding, State
from eveobs.settings.secret import Secret
from eveobs.settings.tree import Alerts
from eveobs.store.store import Store
url, address, first, last = sys.argv[1:]
with Store(url) as store:
    for number in range(int(first), int(last)):
        checks = [Examined(f"check {n}", Finding(State.UNHEALTHY, "x"), 0.1) for n in range(number)]
        ground = Ground(store, Alerts(), datetime.now(UTC), (), checks)
        alerting = Alerting(ground, ["health"], sinks(Secret(address)))
        alerting.notice()
        alerting.tell()
        print(number, flush=True)
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_loses_nothing(tmp_path: Path, chat: str) -> None:
    url = f"sqlite:///{tmp_path}/store.sqlite3"
    began = 1
    for after in (0.00, 0.004, 0.009, 0.013):
        command = [sys.executable, "-c", TELL, url, chat, str(began), "400"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(5):
                began = int(process.stdout.readline())
            time.sleep(after)
            os.kill(process.pid, signal.SIGKILL)
    end = began + 5
    subprocess.run([sys.executable, "-c", TELL, url, chat, str(end), str(end + 1)], check=True)
    told = [line for one in Chat.heard for line in one["message"].splitlines() if "check " in line]
    numbers = [int(line.split("check ")[1].split()[0]) for line in told]
    assert {*numbers} == {*range(end)}
    # Killed between the answer of a chat and the note of it, a message comes twice, as a whole, and
    # one after a kill may tell of two things.
    assert len(numbers) - len({*numbers}) <= 2 * 4
