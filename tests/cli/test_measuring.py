"""--metrics-file and --profile say what a run did, change nothing about it, and cost nothing where
nobody asked.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from eveobs.cli.context import Run
from tests.conftest import Eveobs, NewEden, process

pytestmark = pytest.mark.integration


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "eveobs.prom"


def values(file: Path) -> dict[str, float]:
    """The samples, each named as it is written."""
    text = file.read_text()
    assert list(text_string_to_metric_families(text))
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(number) for name, _, number in lines}


def test_a_fetch_is_in_the_file_as_the_sandbox_saw_it(
    eveobs: Eveobs, new_eden: NewEden, file: Path
) -> None:
    new_eden.reset_counters()
    measured = ("--metrics-file", str(file), "fetch", "contracts", "--json")
    result = eveobs(*measured)
    assert result.exit_code == 0, result.output
    found = values(file)
    sent = sum(number for name, number in found.items() if "requests_total" in name)
    timed = sum(number for name, number in found.items() if "seconds_count" in name)
    assert sent == timed == new_eden.requests()
    assert found['eveobs_observations_total{processor="contracts",status="complete"}'] == 1
    assert found['eveobs_rows_total{change="new",processor="contracts"}'] == 300
    assert found['eveobs_last_rows{processor="contracts"}'] == 300
    assert found['eveobs_run_exit_code{command="fetch"}'] == 0
    missed = 'eveobs_cache_answers_total{result="missed",route="/contracts/public/{region_id}"}'
    assert found[missed] >= 1
    assert 'eveobs_observation_newest_timestamp_seconds{processor="contracts"}' in found
    assert eveobs(*measured).exit_code == 0
    again = values(file)
    assert sum(number for name, number in again.items() if "requests_total" in name) == sent
    assert again['eveobs_observations_total{processor="contracts",status="unchanged"}'] == 1


def test_a_run_that_fails_is_in_the_file_too(eveobs: Eveobs, file: Path) -> None:
    eveobs.env["EVEOBS_ESI__BASE_URL"] = "http://127.0.0.1:9"
    eveobs.env["EVEOBS_ESI__MAX_RETRIES"] = "0"
    result = eveobs("--metrics-file", str(file), "api", "/status")
    assert result.exit_code == 5
    found = values(file)
    assert found['eveobs_run_exit_code{command="api"}'] == 5
    assert found['eveobs_requests_total{method="GET",route="/status",status="none"}'] == 1
    assert eveobs("--metrics-file", str(file), "list", "contracts", "--nope").exit_code == 2
    assert values(file)['eveobs_run_exit_code{command="list"}'] == 2


def test_a_file_that_cannot_be_written_is_a_warning(eveobs: Eveobs, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("not ours")
    for place, words in (
        (tmp_path / "there" / "below", "cannot be written"),
        (tmp_path / "there", "not written to"),
        (tmp_path, "it is no file"),
    ):
        result = eveobs("--metrics-file", str(place), "--quiet", "cache", "path")
        assert result.exit_code == 0
        assert words in result.stderr
    assert (tmp_path / "there").read_text() == "not ours"


def test_settings_that_cannot_be_read_are_said_once(eveobs: Eveobs, file: Path) -> None:
    eveobs.env["EVEOBS_ESI__CONCURRENCY"] = "many"
    result = eveobs("--metrics-file", str(file), "list", "contracts")
    assert result.exit_code == 3
    assert result.stderr.count("esi.concurrency") == 1
    assert values(file)['eveobs_run_exit_code{command="list"}'] == 3


def test_a_run_that_is_terminated_is_in_the_file(eveobs: Eveobs, file: Path) -> None:
    options = ("--metrics-file", str(file), "--set", "esi.base_url=http://127.0.0.1:9")
    command = [sys.executable, "-m", "eveobs", *options, "-v", "api", "/status"]
    env = {**os.environ, **eveobs.env}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        assert "trying again" in run.stderr.readline()
        run.terminate()
        assert run.wait(timeout=30) == 143
    assert values(file)['eveobs_run_exit_code{command="api"}'] == 143


def test_who_serves_metrics_is_given_their_text(eveobs: Eveobs, tmp_path: Path) -> None:
    run = Run(environ={"EVEOBS_HOME": str(tmp_path / "home")}, cwd=tmp_path)
    text = run.measure().text()
    assert "eveobs_build_info{" in text
    assert list(text_string_to_metric_families(text))


def test_a_profile_adds_up_and_leaves_stdout_alone(eveobs: Eveobs) -> None:
    plain = eveobs("fetch", "contracts", "--csv", "--fields", "status,rows")
    result = process(eveobs.env, "--profile", "list", "contracts", "--csv", "--limit", "3")
    assert plain.exit_code == result.returncode == 0
    assert len(result.stdout.splitlines()) == 4
    table = dict(re.findall(r"^([^\d\n]+?) +(\d+\.\d+) ", result.stderr, re.MULTILINE))
    assert {"start-up", "store", "rendering", "all of it"} <= table.keys()
    total = float(table.pop("all of it"))
    assert sum(map(float, table.values())) == pytest.approx(total, abs=0.01)
    assert max(map(len, result.stderr.splitlines())) <= 80


def test_a_profile_sees_the_network_and_the_waiting(eveobs: Eveobs) -> None:
    told = eveobs("--profile", "fetch", "contracts").stderr
    for stage in ("start-up", "network", "cache", "store", "rendering"):
        assert f"\n{stage} " in told
    eveobs.env["EVEOBS_ESI__BASE_URL"] = "http://127.0.0.1:9"
    eveobs.env["EVEOBS_ESI__MAX_RETRIES"] = "1"
    told = eveobs("--profile", "api", "/universe/types/34").stderr
    assert "\nwaiting for limits " in told


LOADED = (
    "import sys; from eveobs.cli.app import app; "
    "app(sys.argv[1:], standalone_mode=False); "
    "print([m for m in ('prometheus_client', 'eveobs.telemetry.metrics') if m in sys.modules], "
    "file=sys.stderr)"
)


@pytest.mark.parametrize(("options", "loaded"), [((), 0), (("--profile",), 1), (("file",), 2)])
def test_prometheus_client_is_loaded_only_to_write_its_format(
    options: tuple[str, ...], loaded: int, filled: Eveobs, file: Path
) -> None:
    asked = ("--metrics-file", str(file)) if options == ("file",) else options
    run = subprocess.run(
        [sys.executable, "-c", LOADED, *asked, "list", "contracts", "--json"],
        env={**os.environ, **filled.env},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr.splitlines()[-1].count("'") == 2 * loaded
