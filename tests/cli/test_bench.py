"""`eveobs bench` as a person and a script see it: tables, JSON, files, limits, interruptions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Eveobs, NewEden, new_eden_of, process

pytestmark = pytest.mark.integration

QUICK = ("-n", "60", "--warm-up", "5", "--rounds", "3")
TYPE = "/universe/types/587"
AWAY = {"EVEOBS_ESI__BASE_URL": "https://esi.example"}


@pytest.fixture
def failing_eden() -> Iterator[NewEden]:
    """A sandbox of one's own: requests that fail use up its error limit for a minute."""
    with new_eden_of("--contracts", "20") as started:
        yield started


@pytest.fixture(scope="module")
def slow_eden() -> Iterator[NewEden]:
    """Each answer takes 40 ms, so that one of 48 is told from it on any machine."""
    arguments = ("--contracts", "20", "--regions", "The Forge", "--latency")
    with new_eden_of(*arguments, "40") as started:
        yield started


def test_a_route_is_a_row_with_all_figures(eveobs: Eveobs) -> None:
    (row,) = eveobs.json("bench", TYPE, *QUICK)
    assert (row["case"], row["mode"], row["concurrency"]) == (TYPE, "network", 10)
    assert (row["requests"], row["errors"], row["statuses"]) == (60, 0, {"200": 60})
    assert 0 < row["p50"] <= row["p90"] <= row["p99"] <= row["p99_9"] <= row["max"]
    assert row["throughput"] > 0
    assert row["bytes"] > 60
    assert row["cpu"] > 0
    assert row["overhead"] > 0


def test_a_sweep_and_modes_are_rows(eveobs: Eveobs) -> None:
    rows = eveobs.json("bench", TYPE, *QUICK, "-c", "1,3", "--mode", "network,memory")
    assert [(row["mode"], row["concurrency"]) for row in rows] == [
        ("network", 1),
        ("memory", 1),
        ("network", 3),
    ]


def test_the_standard_set_needs_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    env = {"EVEOBS_HOME": str(tmp_path / "home"), **AWAY, "TMPDIR": str(tmp_path)}
    done = process(env, "bench", "-n", "12", "--warm-up", "2", "--rounds", "2", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["mode"] for row in rows] == [
        *("network", "network", "revalidate", "memory", "disk", "store")
    ]
    assert all(row["requests"] == 12 and not row["errors"] for row in rows)
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith("eveobs-bench")]


def test_a_stored_list_is_read(filled: Eveobs) -> None:
    (row,) = filled.json("bench", "contracts", "--mode", "store", "-n", "5", "--warm-up", "0")
    assert (row["case"], row["mode"], row["requests"]) == ("contracts", "store", 5)


@pytest.mark.slow
def test_slowed_to_a_half_it_is_caught_and_unchanged_it_passes(
    slow_eden: NewEden, eveobs: Eveobs, tmp_path: Path
) -> None:
    """A fifth is found too, on an idle machine; one that runs other tests is never sure of it."""
    saved = str(tmp_path / "before.json")
    url = f"{slow_eden.url}{TYPE}"
    often = ("-n", "100", "-c", "4", "--warm-up", "8", "--rounds", "10")
    assert eveobs("bench", url, *often, "--save", saved).exit_code == 0
    limits = ("--compare", saved, "--fail-if", "p50>+10%")
    unchanged = eveobs("bench", url, *often, *limits)
    assert unchanged.exit_code == 0, unchanged.output
    assert "p50" in unchanged.stdout
    with new_eden_of("--contracts", "20", "--latency", "80") as slower:
        caught = eveobs("bench", f"{slower.url}{TYPE}", *often, *limits)
    assert caught.exit_code == 1, caught.output
    assert "p50>+10%" in caught.stderr
    assert "1 limit is broken" in caught.stderr


def test_limits_on_figures_need_no_saved_run(eveobs: Eveobs) -> None:
    assert eveobs("bench", TYPE, *QUICK, "--fail-if", "errors>0").exit_code == 0
    broken = eveobs("bench", TYPE, *QUICK, "--fail-if", "p50>1us", "--fail-if", "throughput<1")
    assert broken.exit_code == 1
    assert "p50>1us" in broken.stderr
    assert "throughput<1" not in broken.stderr


def test_what_cannot_be_told_from_noise_is_said_to_be_undecided(
    eveobs: Eveobs, slow_eden: NewEden, tmp_path: Path
) -> None:
    saved = str(tmp_path / "before.json")
    few = ("-n", "10", "-c", "2", "--warm-up", "0", "--rounds", "1")
    eveobs.json("bench", TYPE, *few, "--save", saved)  # of another sandbox, which is faster
    slower = eveobs(
        "bench", f"{slow_eden.url}{TYPE}", *few, "--compare", saved, "--fail-if", "p50>+10%"
    )
    assert slower.exit_code == 0, slower.output
    assert "p50>+10% is undecided" in slower.stderr
    strict = eveobs(
        *("bench", f"{slow_eden.url}{TYPE}", *few, "--compare", saved, "--fail-if", "p50>+10%"),
        *("--fail-on-undecided", "--json"),
    )
    assert strict.exit_code == 1
    assert "1 limit is undecided" in strict.stderr
    assert json.loads(strict.stdout)[0]["undecided"] == ["p50>+10%"]


@pytest.mark.parametrize("given", ["/universe/typos/587", "{url}/universe/typos/587"])
def test_a_route_that_esi_does_not_have_is_an_error(
    given: str, eveobs: Eveobs, new_eden: NewEden
) -> None:
    new_eden.reset_counters()
    result = eveobs("bench", given.format(url=new_eden.url), *QUICK)
    assert (result.exit_code, result.stdout, new_eden.requests()) == (2, "", 0)
    assert "ESI has no route /universe/typos/587" in result.stderr
    assert "Did you mean /universe/types" in result.stderr


def test_requests_that_fail_are_a_failure(eveobs: Eveobs, failing_eden: NewEden) -> None:
    elsewhere = Eveobs({**eveobs.env, **AWAY})
    all_fail = elsewhere("bench", f"{failing_eden.url}/no/such/thing", *QUICK, "--json")
    assert all_fail.exit_code == 1
    (row,) = json.loads(all_fail.stdout)
    assert row["errors"] == row["requests"] == 60
    assert "60 of 60 requests failed" in all_fail.stderr
    half = elsewhere("bench", f"{failing_eden.url}/no/such", f"{failing_eden.url}{TYPE}", *QUICK)
    assert half.exit_code == 1, "a row of failures is one, whatever the others are"


def test_json_has_what_changed(eveobs: Eveobs, tmp_path: Path) -> None:
    saved = str(tmp_path / "before.json")
    eveobs.json("bench", TYPE, *QUICK, "--save", saved)
    (row,) = eveobs.json("bench", TYPE, *QUICK, "--compare", saved, "--fail-if", "max>+900000%")
    assert [one["figure"] for one in row["changes"]] == ["throughput", "p50", "p90", "p99", "max"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((TYPE, "--fail-if", "p99>+10%"), 2, "needs a saved run"),
        ((TYPE, "--fail-if", "p42>1"), 2, "no figure p42"),
        ((TYPE, "--fail-on-undecided"), 2, "--fail-on-undecided"),
        ((TYPE, "--mode", "dreams"), 2, "no such mode"),
        ((TYPE, "-c", "0"), 2, "--concurrency"),
        ((TYPE, "-c", "1,,2"), 2, "--concurrency"),
        ((TYPE, "-n", "1", "-d", "1"), 2, "exclude"),
        ((TYPE, "-d", "soon"), 2, "no span"),
        ((TYPE, "--rate", "nan"), 2, "--rate nan"),
        ((TYPE, "--rate", "inf"), 2, "--rate inf"),
        (("http://127.0.0.1:1/nope",), 5, "cannot connect"),
        (("https://esi.example/nope",), 2, "no route /nope"),
        (("/universe/types/{type_id}",), 2, "needs type_id"),
        ((TYPE, "--mode", "store"), 2, "no list"),
        ((TYPE, "--mode", "store,disk"), 2, "Run it twice"),
        ((TYPE, "--plot", "x.pdf"), 2, ".png or .svg"),
        ((TYPE, "--compare", "missing.json"), 3, "cannot be read"),
        ((TYPE, "--save", "no/such/folder/x.json"), 3, "cannot be written"),
        ((TYPE, "--allow-remote-load", " "), 2, "needs a reason"),
        (("http://127.0.0.1:1/status", "-n", "5"), 5, "cannot connect"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: tuple[str, ...], code: int, message: str, eveobs: Eveobs
) -> None:
    result = eveobs("bench", *arguments, *(() if {"-n", "-d"} & {*arguments} else ("-n", "5")))
    assert result.exit_code == code, result.output
    assert message in result.output


def test_a_token_goes_to_the_esi_of_the_settings_alone(eveobs: Eveobs) -> None:
    result = eveobs("bench", "http://127.0.0.1:1/characters/2112000001/wallet", "-n", "1")
    assert result.exit_code == 2
    assert "another host" in result.stderr


def test_what_was_never_answered_has_no_latency(eveobs: Eveobs) -> None:
    result = eveobs("bench", "http://127.0.0.1:1/status", "-n", "3", "--json")
    (row,) = json.loads(result.stdout)
    assert (row["p50"], row["max"], row["errors"]) == (None, None, 3)
    assert row["statuses"] == {"no answer": 3}


# -- what is not on this machine -------------------------------------------------------------------


def test_more_than_five_a_second_are_refused_and_a_reason_goes_to_the_audit(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    run = Eveobs({"EVEOBS_HOME": str(home)})
    url = "http://0.0.0.0:1/status"  # this machine, but not an address of loopback
    refused = run("bench", url, "--rate", "6")
    assert refused.exit_code == 2
    assert "--allow-remote-load REASON" in refused.stderr
    assert not list(home.rglob("audit.jsonl"))
    run("bench", url, "--rate", "6", "-n", "1", "--allow-remote-load", "told CCP")
    (audit,) = home.rglob("audit.jsonl")
    assert "bench.remote-load" in audit.read_text()
    assert "told CCP" in audit.read_text()


def test_nothing_is_asked_twice_before_it_expires_not_even_with_the_option(
    eveobs: Eveobs, new_eden: NewEden
) -> None:
    away = new_eden.url.replace("127.0.0.1", "0.0.0.0")  # noqa: S104 - not loopback by its name
    arguments = ("bench", f"{away}/contracts/public/10000002", "-n", "50")
    reason = ("--allow-remote-load", "a test")
    new_eden.reset_counters()
    first = eveobs(*arguments, *reason)
    assert first.exit_code == 0, first.output
    assert new_eden.requests() == 1
    assert "1 of 50 requests; nothing more of it may be asked before" in first.stderr
    again = eveobs(*arguments, *reason)
    assert (again.exit_code, new_eden.requests()) == (6, 1)
    assert "has not expired" in again.stderr
    from_memory = eveobs(*arguments, "--mode", "memory")
    assert (from_memory.exit_code, new_eden.requests()) == (0, 1)


# -- where there is no terminal, and where it ends early -------------------------------------------


def test_it_speaks_ascii_where_nothing_else_is_spoken(eveobs: Eveobs) -> None:
    odd = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", **eveobs.env}
    done = process(odd, "bench", TYPE, *QUICK, "--histogram")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "####" in done.stdout
    assert "p50 us" in done.stdout


def test_a_closed_pipe_is_141_and_quiet(eveobs: Eveobs) -> None:
    line = '"$0" -m eveobs -q bench "$@" | exec true; exit "${PIPESTATUS[0]}"'
    done = subprocess.run(
        ["bash", "-c", line, sys.executable, TYPE, *QUICK],
        env={**os.environ, **eveobs.env},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_shows_what_was_measured(
    number: signal.Signals, code: int, slow_eden: NewEden, tmp_path: Path
) -> None:
    saved = tmp_path / "run.json"
    url = f"{slow_eden.url}{TYPE}"
    with subprocess.Popen(
        [sys.executable, "-m", "eveobs", "bench", url, "-d", "60", "--json", "--save", str(saved)],
        env={**os.environ, "EVEOBS_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        before = slow_eden.requests()
        while slow_eden.requests() < before + 150:  # the warm-up does not count
            assert running.poll() is None
        running.send_signal(number)
        out, err = running.communicate(timeout=20)
    assert running.returncode == code
    assert "Traceback" not in err
    (row,) = json.loads(out)
    assert 10 < row["requests"] < 5000
    assert saved.exists()


def test_a_hostile_url_is_harmless(failing_eden: NewEden, eveobs: Eveobs) -> None:
    url = f"{failing_eden.url}/\x1b[31mred\x07"
    elsewhere = Eveobs({**eveobs.env, **AWAY})
    result = elsewhere("bench", url, "-n", "3", "--warm-up", "0", "--histogram")
    assert "3 of 3 failed" in result.stderr
    assert "/%1B%5B31mred%07" in result.stdout
    assert "\x1b" not in result.output
    assert "\x07" not in result.output


# -- pictures --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "begin"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_picture_is_drawn(suffix: str, begin: bytes, eveobs: Eveobs, tmp_path: Path) -> None:
    path = tmp_path / f"latency.{suffix}"
    hostile = "/universe/types/587?language=$x_{y}^"
    result = eveobs("bench", hostile, *QUICK, "--plot", str(path))
    assert result.exit_code == 0, result.output
    assert path.read_bytes().startswith(begin)


def test_without_matplotlib_it_says_what_to_install(
    eveobs: Eveobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import util

    found: Any = util.find_spec
    monkeypatch.setattr(
        "eveobs.cli.extras.find_spec", lambda name: None if name == "matplotlib" else found(name)
    )
    result = eveobs("bench", TYPE, *QUICK, "--plot", "x.png")
    assert result.exit_code == 3
    assert "pip install eveobs[plots]" in result.stderr


def test_drawing_and_asking_are_loaded_when_they_are_needed() -> None:
    code = (
        "import sys, eveobs.cli.bench; "
        "sys.exit(any(m in sys.modules for m in ('asyncio', 'matplotlib', 'msgspec', 'aiohttp')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
