"""A run may be interrupted anywhere and at any time: it ends promptly, says so with its exit code,
and the next one ends as if nothing had happened.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Eveobs, NewEden, new_eden_of, process
from tests.integration.conftest import count, tables

pytestmark = [pytest.mark.integration, pytest.mark.slow]

STORED = "SELECT count(*) FROM answers WHERE detail = 'items'"
PROMPTLY = 3.0


@pytest.fixture(scope="module")
def slow_eden() -> Iterator[NewEden]:
    """A sandbox whose contracts take two or three seconds to fetch."""
    arguments = ("--contracts", "450", "--regions", "The Forge", "--latency", "100")
    with new_eden_of(*arguments, "--seed", "5") as started:
        yield started


@pytest.fixture(scope="module")
def in_one_go(slow_eden: NewEden, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one run that nobody interrupted."""
    home = tmp_path_factory.mktemp("in-one-go")
    Eveobs(env_of(home, slow_eden, EVEOBS_ESI__CONCURRENCY="40")).json("fetch", "contracts")
    return home


def env_of(home: Path, eden: NewEden, **more: str) -> dict[str, str]:
    return {"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": eden.url, **more}


def start(env: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "eveobs", *arguments],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def reset(eden: NewEden) -> None:
    """Count from here, once the sandbox has done with what was under way."""
    before = -1
    while before != (before := eden.requests()):
        time.sleep(0.15)
    eden.reset_counters()


def items_asked(eden: NewEden) -> int:
    routes = eden.get("/_sandbox/requests")["routes"]
    return sum(row["requests"] for row in routes if "/items/" in row["route"])


KEPT = (
    "stopped: 0 of 1 list is stored, and what arrived of details; the next run requests only the "
    "rest\n"
)


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGINT, 130, f"{KEPT}interrupted\n"), (signal.SIGTERM, 143, KEPT)],
    ids=["SIGINT", "SIGTERM"],
)
def test_a_signal_in_the_middle_ends_it_promptly_and_keeps_what_arrived(
    number: signal.Signals,
    code: int,
    said: str,
    slow_eden: NewEden,
    in_one_go: Path,
    home: Path,
) -> None:
    env = env_of(home, slow_eden)
    reset(slow_eden)
    with start(env, "fetch", "contracts", "--json") as run:
        until(lambda: items_asked(slow_eden) >= 200)
        run.send_signal(number)
        signalled = time.monotonic()
        out, err = run.communicate(timeout=20)
    assert time.monotonic() - signalled < PROMPTLY
    assert (run.returncode, out, err) == (code, "", said)
    kept, asked = count(home, STORED), items_asked(slow_eden)
    # What 20 connections had under way, or had brought but nobody taken yet, is asked again.
    assert asked - 120 <= kept <= asked
    assert count(home, "SELECT count(*) FROM contracts") == 0

    reset(slow_eden)
    Eveobs(env | {"EVEOBS_ESI__CONCURRENCY": "40"}).json("fetch", "contracts")
    assert items_asked(slow_eden) == count(in_one_go, STORED) - kept
    assert tables(home) == tables(in_one_go)


def test_a_killed_run_is_taken_up_where_it_was(
    slow_eden: NewEden, in_one_go: Path, home: Path
) -> None:
    env = env_of(home, slow_eden, EVEOBS_STORE__BATCH_SIZE="25")
    reset(slow_eden)
    with start(env, "fetch", "contracts") as run:
        until(lambda: items_asked(slow_eden) >= 200)
        run.kill()
        run.communicate(timeout=20)
    kept = count(home, STORED)
    assert kept >= 100
    assert count(home, "SELECT count(*) FROM pragma_integrity_check") == 1

    reset(slow_eden)
    again = process(env | {"EVEOBS_ESI__CONCURRENCY": "40"}, "fetch", "contracts")
    assert (again.returncode, again.stderr) == (0, "")
    assert items_asked(slow_eden) == count(in_one_go, STORED) - kept
    assert tables(home) == tables(in_one_go)


def test_killed_again_and_again_at_any_moment_it_ends_right(
    slow_eden: NewEden, in_one_go: Path, home: Path
) -> None:
    env = env_of(home, slow_eden, EVEOBS_STORE__BATCH_SIZE="10")
    for seconds in (0.3, 0.5, 0.7, 1.0):
        with start(env, "fetch", "contracts") as run:
            time.sleep(seconds)
            run.kill()
    end = process(env, "fetch", "contracts")
    assert (end.returncode, end.stderr) == (0, "")
    assert tables(home) == tables(in_one_go)


READY = "from eveobs.__main__ import main; print('ready', flush=True); main()"


@pytest.mark.parametrize("seconds", [0, 0.05, 0.15, 0.4])
def test_a_ctrl_c_at_any_moment_is_130_without_a_traceback(
    seconds: float, slow_eden: NewEden, home: Path
) -> None:
    command = [sys.executable, "-c", READY, "fetch", "contracts"]
    environment = {**os.environ, **env_of(home, slow_eden)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        time.sleep(seconds)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=20)
    assert (run.returncode, out) == (130, "")
    assert err in {f"{KEPT}interrupted\n", "interrupted\n", ""}


def test_two_ctrl_c_do_no_harm(slow_eden: NewEden, home: Path) -> None:
    env = env_of(home, slow_eden)
    reset(slow_eden)
    with start(env, "fetch", "contracts") as run:
        until(lambda: items_asked(slow_eden) >= 50)
        run.send_signal(signal.SIGINT)
        time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "Traceback" not in err
    assert count(home, "SELECT count(*) FROM pragma_integrity_check") == 1


def test_an_interrupted_list_leaves_the_store_alone(filled: Eveobs) -> None:
    with start(filled.env, "list", "contracts", "--json") as run:
        assert run.stdout is not None
        run.stdout.read(100)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=20)
    assert run.returncode in (0, 130)  # it may have been done
    assert "Traceback" not in err
    assert filled("list", "contracts").exit_code == 0
