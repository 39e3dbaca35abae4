"""`eveobs watch` as a process: told to end, killed, told to read its settings again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Eveobs, NewEden, new_eden_of, process
from tests.integration.conftest import tables
from tests.operate.alerts.test_telling import Chat, chat  # noqa: F401 - a fixture, by name

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PROMPTLY = 5.0


@pytest.fixture(scope="module")
def slow_eden() -> Iterator[NewEden]:
    """A sandbox whose contracts take seconds to fetch."""
    arguments = ("--contracts", "450", "--regions", "The Forge,Domain", "--latency", "60")
    with new_eden_of(*arguments, "--seed", "5") as started:
        yield started


def watch(env: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "eveobs", "watch", *arguments],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def of(home: Path, eden: NewEden, **more: str) -> dict[str, str]:
    return {"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": eden.url, **more}


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def line(started: subprocess.Popen[str], words: str) -> str:
    """The next line on stderr that has `words`."""
    assert started.stderr is not None
    for text in started.stderr:
        if words in text:
            return text
    raise AssertionError(f"it ended without saying {words!r}")


def status(url: str) -> int:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - on loopback
            return int(answer.status)
    except HTTPError as error:
        return error.code


def requests(eden: NewEden) -> int:
    return eden.requests()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_told_to_end_it_ends_and_keeps_what_was_answered(
    number: signal.Signals, code: int, slow_eden: NewEden, tmp_path: Path
) -> None:
    env = of(tmp_path, slow_eden)
    slow_eden.reset_counters()
    with watch(env) as started:
        until(lambda: requests(slow_eden) > 60)
        began = time.monotonic()
        started.send_signal(number)
        _, said = started.communicate(timeout=20)
        assert time.monotonic() - began < PROMPTLY
    assert started.returncode == code
    assert "Traceback" not in said
    slow_eden.reset_counters()
    process(env, "fetch", "contracts")
    assert requests(slow_eden) < 450


def test_killed_again_and_again_it_ends_as_if_nothing_had_been(
    slow_eden: NewEden, tmp_path: Path
) -> None:
    env, undisturbed = of(tmp_path / "a", slow_eden), of(tmp_path / "b", slow_eden)
    for after in (0.6, 1.2, 1.9):
        with watch(env) as started:
            time.sleep(after)
            started.kill()
            started.communicate()
    for one in (env, undisturbed):
        assert process(one, "watch", "--once").returncode == 0
    assert tables(tmp_path / "a") == tables(tmp_path / "b")
    slow_eden.reset_counters()
    assert process(env, "watch", "--once").returncode == 0
    assert requests(slow_eden) == 0


def test_a_home_has_one(slow_eden: NewEden, tmp_path: Path) -> None:
    env = of(tmp_path, slow_eden)
    with watch(env, "--listen", "127.0.0.1:0") as started:
        line(started, "serving")
        second = process(env, "watch")
        assert second.returncode == 1
        assert f"already (process {started.pid} " in second.stderr
        assert "hint:" in second.stderr
        started.kill()
        started.communicate()


def test_monitors_read_what_it_does(eveobs: Eveobs, new_eden: NewEden, tmp_path: Path) -> None:
    with watch(eveobs.env, "--listen", "127.0.0.1:0", "--ndjson") as started:
        url = line(started, "serving").split()[1].removesuffix("/metrics,")
        assert started.stdout is not None
        outcome = json.loads(started.stdout.readline())
        assert (outcome["processor"], outcome["status"]) == ("contracts", "complete")
        until(lambda: status(f"{url}/readyz") == 200)
        assert status(f"{url}/healthz") == 200
        with urlopen(f"{url}/metrics", timeout=5) as answer:  # noqa: S310
            families = {
                one.name: one for one in text_string_to_metric_families(answer.read().decode())
            }
        observed = families["eveobs_observations"].samples[0]
        assert observed.labels == {"processor": "contracts", "status": "complete"}
        assert observed.value == 1
        started.send_signal(signal.SIGTERM)
        started.communicate(timeout=20)
    assert started.returncode == 0


def test_it_reads_its_settings_again(eveobs: Eveobs, tmp_path: Path) -> None:
    file = tmp_path / "eveobs.toml"
    file.write_text("[observe]\nregions = ['The Forge']\n")
    with subprocess.Popen(
        [sys.executable, "-m", "eveobs", "--config", str(file), "watch"],
        env={**os.environ, **eveobs.env},
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        line(started, "contracts of The Forge: complete")
        file.write_text("[observe]\nregions = ['Domain']\n")
        started.send_signal(signal.SIGHUP)
        line(started, "contracts of Domain: complete")
        file.write_text("[observe]\nregions = 7\n")
        started.send_signal(signal.SIGHUP)
        assert "observe.regions" in line(started, "error:")
        line(started, "the old settings stay")
        file.write_text("[observe]\nregions = ['Nowhere']\n")
        started.send_signal(signal.SIGHUP)
        line(started, "there is no region")
        assert started.poll() is None
        started.terminate()
        started.communicate(timeout=20)
    assert started.returncode == 0


def test_systemd_hears_of_it(eveobs: Eveobs, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(20)
        env = {**eveobs.env, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
        with watch(env) as started:
            heard: list[str] = []
            while not ("WATCHDOG=1" in heard and any("waiting until" in one for one in heard)):
                heard.append(listener.recv(1000).decode())
            started.terminate()
            while heard[-1] != "STOPPING=1":
                heard.append(listener.recv(1000).decode())
            started.communicate(timeout=20)
    assert any(one.startswith("READY=1\n") for one in heard)
    assert heard.index("STATUS=observing contracts of The Forge") > 0


def test_once_ends_as_a_fetch_does(slow_eden: NewEden, tmp_path: Path) -> None:
    env = of(tmp_path, slow_eden)
    with new_eden_of("--contracts", "40", "--fault", "500:route=/contracts/public/*") as broken:
        bad = of(tmp_path / "bad", broken, EVEOBS_ESI__MAX_RETRIES="0")
        assert process(bad, "watch", "--once").returncode in (5, 7)
    bad = {**env, "EVEOBS_OBSERVE__REGIONS": "Nowhere"}
    assert process(bad, "watch", "--once").returncode == 2
    assert process(env, "watch", "--listen", "nowhere").returncode == 3


def test_killed_while_it_tells_it_tells_each_thing_once(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Something of a list is missing, which is told; killed at any moment, it is told once."""
    address = request.getfixturevalue("chat")
    fault = "500:route=/contracts/public/items/*,every=3"
    with new_eden_of("--contracts", "60", "--regions", "The Forge", "--fault", fault) as eden:
        env = of(tmp_path, eden, EVEOBS_ESI__MAX_RETRIES="0", EVEOBS_WATCH__PUBLISH="false")
        env |= {
            "EVEOBS_ALERTS__TO": address,
            "EVEOBS_ALERTS__RULES": '["partial", "health"]',
            "EVEOBS_ALERTS__PARTIAL_HOURS": "0",
        }
        for after in (0.9, 1.3, 1.6, 2.0):
            with watch(env) as started:
                time.sleep(after)
                started.kill()
                started.communicate()
        assert process(env, "watch", "--once").returncode == 7
    told = [message["message"] for message in Chat.heard]
    assert len([one for one in told if "contracts of The Forge: not whole" in one]) == 1, told
