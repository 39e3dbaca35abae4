"""`eveobs health` tells what is wrong and what to do, in a table or JSON, with the exit codes of
monitoring plug-ins.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from eveobs.operate.health.roster import NAMES
from tests.conftest import Eveobs, NewEden, process

pytestmark = pytest.mark.integration


@pytest.fixture
def eveobs(eveobs: Eveobs, new_eden: NewEden) -> Eveobs:
    return Eveobs({**eveobs.env, "EVEOBS_SSO__BASE_URL": new_eden.url})


def test_a_healthy_home_is_exit_0_and_a_line_a_check(eveobs: Eveobs) -> None:
    eveobs.env["EVEOBS_SSO__CLIENT_ID"] = "eveobs-sandbox"
    result = eveobs("health")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["Check", *NAMES]
    rows = {row["check"]: row for row in eveobs.json("health")}
    assert rows["esi"]["values"]["players"] > 0
    assert rows["sso"]["values"]["algorithms"] == ["ES256", "RS256"]
    assert rows["process"]["values"]["memory"] > 1_000_000
    assert all(0 <= row["seconds"] < 30 for row in rows.values())


def test_what_is_degraded_is_exit_1_and_what_is_unhealthy_2(eveobs: Eveobs) -> None:
    folder = Path(eveobs("cache", "path").stdout.strip())
    folder.parent.mkdir(parents=True)
    folder.write_text("mine")
    result = eveobs("health", "--check", "cache")
    assert result.exit_code == 1
    assert "degraded" in result.stdout
    assert "hint: " in result.stderr
    away = eveobs("--set", "esi.base_url=http://127.0.0.1:9", "health", "--json")
    assert away.exit_code == 2
    states = {row["check"]: row["state"] for row in json.loads(away.stdout)}
    assert states["esi"] == "unhealthy"
    assert states["store"] == "healthy"
    quiet = eveobs("--quiet", "health", "--check", "cache")
    assert (quiet.exit_code, quiet.stderr) == (1, "")


def perfdata(line: str) -> dict[str, str]:
    """By label; fails for what the guidelines for plugins do not allow."""
    assert line.count("\n") == 1
    assert line.count("|") == 1
    found = {}
    for part in line.rpartition("|")[2].split():
        label, _, value = part.partition("=")
        assert re.fullmatch(r"[a-z_-]+", label), part
        assert re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?(B|s|c|%)?(;[\d.]*){0,4}", value), part
        found[label] = value
    return found


def test_one_line_for_nagios(eveobs: Eveobs) -> None:
    eveobs.env["EVEOBS_SSO__CLIENT_ID"] = "eveobs-sandbox"
    well = eveobs("health", "--format", "nagios")
    assert (well.exit_code, well.stderr) == (0, "")
    assert well.stdout.startswith("EVEOBS OK - ")
    assert perfdata(well.stdout)["unhealthy"] == "0;;;0"
    folder = Path(eveobs("cache", "path").stdout.strip())
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        shutil.rmtree(folder)
    folder.write_text("mine")
    warned = eveobs("health", "--format", "nagios", "--check", "cache")
    assert warned.exit_code == 1
    assert warned.stdout.startswith("EVEOBS WARNING - cache: ")
    away = eveobs("--set", "esi.base_url=http://127.0.0.1:9", "health", "--format", "nagios")
    assert away.exit_code == 2
    assert away.stdout.startswith("EVEOBS CRITICAL - ")
    perfdata(away.stdout)
    unknown = eveobs("health", "--format", "nagios", "--check", "nonsense")
    assert unknown.exit_code == 3
    assert unknown.stdout.startswith("EVEOBS UNKNOWN - ")
    for more in (("--watch",), ("--json",)):
        assert eveobs("health", "--format", "nagios", *more).exit_code == 2


def test_settings_that_are_wrong_are_a_finding(eveobs: Eveobs) -> None:
    result = eveobs("--set", "esi.concurrency=none", "health", "--json")
    assert result.exit_code == 2
    (row,) = json.loads(result.stdout)
    assert (row["check"], row["state"]) == ("configuration", "unhealthy")
    assert "esi.concurrency" in row["figure"]


def test_a_check_that_there_is_not_is_told(eveobs: Eveobs) -> None:
    result = eveobs("health", "--check", "disk")
    assert (result.exit_code, result.stdout) == (2, "")
    assert all(name in result.stderr for name in NAMES)


def test_watching_tells_round_after_round_until_it_is_ended(eveobs: Eveobs) -> None:
    command = [sys.executable, "-m", "eveobs", "health", "--watch", "--every", "5", "--json"]
    with subprocess.Popen(
        [*command, "--check", "store", "--check", "process"],
        env={**os.environ, **eveobs.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdout
        first = json.loads(watching.stdout.readline())
        watching.send_signal(signal.SIGINT)
        rest, errors = watching.communicate(timeout=20)
    assert first["state"] == "healthy"
    assert [row["check"] for row in first["checks"]] == ["store", "process"]
    assert (watching.returncode, rest) == (130, "")
    assert "Traceback" not in errors


def test_in_ascii_and_into_a_closed_pipe(eveobs: Eveobs) -> None:
    plain = eveobs.env | {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ran = process(plain, "health", "--check", "store")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.isascii()
    closed = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m eveobs health --check store | :"],
        env={**os.environ, **eveobs.env},
        capture_output=True,
        text=True,
    )
    assert closed.stderr == ""


def test_the_contract_with_esi_is_checked_when_it_is_named(eveobs: Eveobs) -> None:
    (row,) = eveobs.json("health", "--check", "contract")
    assert (row["check"], row["state"]) == ("contract", "healthy")
    assert row["values"]["compatibility_date"] == "2026-08-18"
    assert row["values"]["changes"] == row["values"]["altered"] == []
    assert "contract" in eveobs("health", "--help").stdout
