from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner, Result

from eveobs.settings.meta import OLD_NAMES

PEAK_MEMORY = """
def peak_memory():
    # Not ru_maxrss: a child begins with the peak of the process that it was forked from.
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
"""
"""Source of a function that gives the peak memory of its own process since it began, in KiB."""


def missing(what: str) -> NoReturn:
    """A program that the test needs is not there: elsewhere a skip, in CI a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI must have it")
    pytest.skip(what)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every test has a home of its own and no setting of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("EVEOBS_") or name in OLD_NAMES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("EVEOBS_HOME", str(tmp_path / "home"))
    # The first question to keyring chooses for good, also among the keyrings that tests define.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@dataclass
class NewEden:
    """A sandbox in a process of its own."""

    url: str
    process: subprocess.Popen[str]

    def get(self, path: str) -> Any:
        with urlopen(self.url + path, timeout=10) as response:  # noqa: S310
            return json.load(response)

    def reset_counters(self) -> None:
        urlopen(Request(self.url + "/_sandbox/reset-counters", method="POST"), timeout=10).close()  # noqa: S310

    def advance(self, seconds: float) -> None:
        """Move its time forward."""
        body = json.dumps({"seconds": seconds}).encode()
        step = Request(self.url + "/_sandbox/advance", data=body, method="POST")  # noqa: S310
        urlopen(step, timeout=10).close()  # noqa: S310

    def requests(self) -> int:
        """How many requests came since the counters were reset."""
        return int(self.get("/_sandbox/requests")["requests"])


@contextmanager
def new_eden_of(*arguments: str) -> Iterator[NewEden]:
    """A sandbox process with these arguments."""
    process = subprocess.Popen(
        [sys.executable, "-m", "eveobs", "sandbox", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip().partition("=")[2]
        yield NewEden(url, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


@pytest.fixture(scope="session")
def new_eden() -> Iterator[NewEden]:
    """A sandbox for tests that only read: The Forge with 300 contracts, and an empty region."""
    with new_eden_of("--contracts", "300", "--regions", "The Forge", "--seed", "3") as started:
        yield started


class Eveobs:
    """The command line, in this process; `env` is what it is run with."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        from eveobs.cli.app import app

        return CliRunner().invoke(app, list(arguments), input=stdin, env=self.env)

    def json(self, *arguments: str) -> Any:
        """What a command that succeeds prints with --json."""
        result = self(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def eveobs(new_eden: NewEden, tmp_path: Path) -> Eveobs:
    """The command line with an empty home, pointed at the sandbox."""
    return Eveobs({"EVEOBS_HOME": str(tmp_path / "home"), "EVEOBS_ESI__BASE_URL": new_eden.url})


@pytest.fixture(scope="session")
def filled(new_eden: NewEden, tmp_path_factory: pytest.TempPathFactory) -> Eveobs:
    """The command line with a home that holds The Forge; only to be read from."""
    home = tmp_path_factory.mktemp("filled")
    run = Eveobs({"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": new_eden.url})
    result = run("fetch", "contracts")
    assert result.exit_code == 0, result.output
    return run


def process(
    env: dict[str, str], *arguments: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    """`python -m eveobs` as a process, its output captured."""
    command: Sequence[str] = [sys.executable, "-m", "eveobs", *arguments]
    options = {"capture_output": True, "text": True, "timeout": 60, "check": False} | options
    return subprocess.run(command, env={**os.environ, **env}, **options)
