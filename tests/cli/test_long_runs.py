"""A long `fetch all` says first what it will take, and what is kept when it is interrupted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.conftest import Eveobs, NewEden, new_eden_of, process
from tests.signing import Person, signed_home

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DIRECTOR, MEMBER = 2112000000, 2112000017


@pytest.fixture(scope="module")
def busy_eden() -> Iterator[NewEden]:
    """A corporation with more contracts than a window of ESI's rate limit lets read."""
    words = ("--corporation-contracts", "1500", "--contracts", "40", "--regions", "The Forge")
    with new_eden_of(*words) as started:
        yield started


@pytest.fixture(scope="module")
def first_run(
    busy_eden: NewEden, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Eveobs, str, str]:
    """The Director's home after one run that did not wait, and what that said."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        eveobs = Eveobs(signed_home(busy_eden.url, tmp_path_factory.mktemp("long") / "home"))
        Person(patch).sign_in(eveobs, DIRECTOR)
        result = eveobs("fetch", "all", "--no-wait")
        assert result.exit_code == 6, result.output
        return eveobs, result.stdout, result.stderr


def test_the_estimate_is_said_before_anything_is_asked(
    first_run: tuple[Eveobs, str, str],
) -> None:
    eveobs, _, _ = first_run
    told = eveobs("fetch", "all", "--no-wait").stderr.splitlines()
    found = re.fullmatch(
        r"(\d+) lists: about ([\d,]+) requests(?: or more)?, (\d+) minutes at least", told[0]
    )
    assert found, told
    assert int(found[3]) >= 15
    assert "tokens of the rate limit corp-contract of" in told[1]
    plan = eveobs("fetch", "all", "--plan").stderr
    assert "tokens of the rate limit corp-contract" in plan, "the plan knows the same"
    assert eveobs("fetch", "all", "--no-wait", "-q").stderr.count("lists: about") == 0


def test_a_wait_is_a_line_with_its_reason_and_ctrl_c_says_what_is_kept(
    first_run: tuple[Eveobs, str, str],
) -> None:
    eveobs, _, _ = first_run
    with subprocess.Popen(
        [sys.executable, "-m", "eveobs", "fetch", "all"],
        env={**os.environ, **eveobs.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        assert started.stderr is not None
        assert started.stdout is not None
        told: list[str] = []
        end = time.monotonic() + 100
        while not any("stored" in line or line.startswith("waiting") for line in told):
            assert time.monotonic() < end, told
            told.append(started.stderr.readline())
            if "lists: about" in told[-1]:
                time.sleep(3)
                started.send_signal(signal.SIGINT)
        # Not communicate(), which reads past what readline() has in its buffer.
        rest, out = started.stderr.read(), started.stdout.read()
        started.wait(timeout=30)
    said = "".join(told) + rest
    assert started.returncode == 130, said
    assert out == ""
    assert re.search(r"^stopped: \d+ of \d+ lists are stored", said, re.MULTILINE), said
    assert "the next run requests only the rest" in said
    assert said.rstrip().endswith("interrupted")
    assert "Traceback" not in said


def test_roles_that_are_lacking_are_one_line_and_not_again(
    busy_eden: NewEden, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("roles") / "home"
    eveobs = Eveobs(signed_home(busy_eden.url, home))
    Person(monkeypatch).sign_in(eveobs, MEMBER)
    words = ("--set", 'observe.processors=["blueprints", "assets", "orders"]', "fetch", "all")

    def skipped(*more: str) -> list[str]:
        result = eveobs(*words, *more)
        assert result.exit_code == 0, result.output
        return [line for line in result.stderr.splitlines() if "lack" in line]

    (line,) = skipped()
    assert line.startswith("skipped: ")
    assert "Director" in line
    assert "Accountant or Trader" in line
    assert skipped() == [], "the run before said it"
    assert skipped("-v") != [], "who asks is told again"
    assert len(skipped("--set", 'observe.processors=["blueprints"]')) == 1, "another lack"
    named = process(eveobs.env, "fetch", "blueprints", "--corporation", "98500000")
    assert named.returncode == 4, "what is named is an error each time"
