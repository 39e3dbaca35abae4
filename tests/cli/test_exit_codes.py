"""The table of exit codes: every row of it has a test here, for each command that can end so.

In this process where that is the same; as real processes where signals and pipes are in play.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from msgspec import structs

from eveobs.cli.app import COMMANDS, app
from eveobs.cli.exit_codes import HEALTH, PROMISES, page
from eveobs.cli.reports import end
from eveobs.errors import (
    AnswerError,
    DowntimeError,
    EveobsError,
    ExitCode,
    LimitError,
    SignInError,
    UnreachableError,
)
from eveobs.observation.unit import Outcome, Report
from tests.conftest import Eveobs, NewEden, new_eden_of

pytestmark = [pytest.mark.integration]

KEPT: dict[str, list[str]] = {}
CODES = {one.name: int(one.code) for one in PROMISES}
Test = Callable[..., None]


def keeps(name: str) -> Callable[[Test], Test]:
    """The test keeps the promise of that name."""

    def mark(test: Test) -> Test:
        KEPT.setdefault(name, []).append(test.__name__)
        return test

    return mark


NOWHERE = {"EVEOBS_ESI__BASE_URL": "http://127.0.0.1:9", "EVEOBS_ESI__MAX_RETRIES": "0"}


@pytest.fixture
def offline(tmp_path: Path) -> Eveobs:
    """A home where nothing is stored, and no ESI."""
    static = {"EVEOBS_STATIC_DATA__BASE_URL": "http://127.0.0.1:9/static"}
    return Eveobs({"EVEOBS_HOME": str(tmp_path / "home"), **NOWHERE, **static})


def ends(run: Eveobs, line: str, code: int, *, stdin: str | None = None) -> str:
    """What it said on stderr."""
    result = run(*line.split(), stdin=stdin)
    assert result.exit_code == code, f"{line}: {result.output}"
    assert "Traceback" not in result.output
    return result.stderr


# -- what is the same for every command ------------------------------------------------------------


@keeps("usage")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_command_line(command: str, offline: Eveobs) -> None:
    result = offline(command, "--no-such-option")
    assert result.exit_code == CODES["usage"], result.output
    assert result.stdout == ""


@keeps("done")
@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_done(command: str, offline: Eveobs) -> None:
    assert offline(command, "--help").exit_code == CODES["done"]


@keeps("done")
@pytest.mark.parametrize(
    "line",
    [
        "list contracts",
        "history type 587",
        "limits",
        "cache stats",
        "auth list",
        "audit verify",
        "config show",
        "static-data status",
        "export contracts",
        "publish --dry-run",
        "alerts --dry-run",
    ],
)
def test_nothing_to_list_is_done(line: str, offline: Eveobs) -> None:
    ends(offline, line, CODES["done"])


READS_SETTINGS = (
    *("fetch contracts", "list contracts", "show contract 1", "find Rifter", "outbid", "deals"),
    *("appraise -", "history type 1", "export contracts", "sql SELECT", "watch --once", "alerts"),
    *("publish", "api /status", "limits", "bench /status", "cache stats", "auth list"),
    *("static-data status", "import everef x.tar.bz2"),
)


@keeps("configuration")
@pytest.mark.parametrize("line", READS_SETTINGS)
def test_a_wrong_setting(line: str, offline: Eveobs) -> None:
    run = Eveobs({**offline.env, "EVEOBS_ESI__CONCURRENCY": "many"})
    assert "esi.concurrency" in ends(run, line, CODES["configuration"]).lower().replace("__", ".")


@keeps("not configured")
@pytest.mark.parametrize("line", ["publish --target wordpress", "publish check", "alerts test"])
def test_what_is_not_set_up(line: str, offline: Eveobs) -> None:
    ends(offline, line, CODES["not configured"])


@keeps("not configured")
def test_static_data_that_is_missing(eveobs: Eveobs) -> None:
    ends(eveobs, "fetch contracts --no-items --no-bids", 0)
    ends(eveobs, "fetch dynamic-items", CODES["not configured"])


# -- what is stored --------------------------------------------------------------------------------


@keeps("not stored")
@pytest.mark.parametrize(
    "line",
    [
        "show contract 1",
        "show own-contract 1",
        "show dynamic-item 1",
        "show character 1",
        "show character Nobody",
        "history contract 1",
        "history type Zork",
        "find Zork",
        "appraise --contract 1",
        "outbid --contract 1",
        "outbid --issuer Nobody --check",
        "outbid --issuer 2112000001",
        "outbid --set me.characters=Nobody --check",
        "cache show /status",
    ],
)
def test_what_is_not_stored(line: str, offline: Eveobs) -> None:
    assert "hint: " in ends(offline, line, CODES["not stored"])


@keeps("store")
@pytest.mark.parametrize("line", ["list contracts", "show contract 1", "find Rifter", "outbid"])
def test_a_store_that_is_damaged(line: str, offline: Eveobs) -> None:
    store = Path(offline.env["EVEOBS_HOME"]) / "data" / "eveobs.sqlite3"
    store.parent.mkdir(parents=True)
    store.write_bytes(b"\x00\xffgarbage" * 500)
    ends(offline, line, CODES["store"])


@keeps("unread")
def test_a_line_that_is_not_read(eveobs: Eveobs) -> None:
    ends(eveobs, "fetch market-prices", 0)
    ends(eveobs, "fetch contracts --no-bids", 0)
    ends(eveobs, "appraise -", CODES["done"], stdin="Rifter 2\nTotal: 5")
    ends(eveobs, "appraise -", CODES["unread"], stdin="Rifter 2\nZork")


# -- checks ----------------------------------------------------------------------------------------


@keeps("check")
@pytest.mark.parametrize(
    "line", ["bench /status -n 5 --warm-up 0 --rounds 1 --fail-if p50>1us", "audit verify"]
)
def test_a_check_that_finds_something(line: str, eveobs: Eveobs) -> None:
    audit = Path(eveobs.env["EVEOBS_HOME"]) / "state" / "audit.jsonl"
    audit.parent.mkdir(parents=True)
    audit.write_text('{"no": "line of an audit"}\n')
    ends(eveobs, line, CODES["check"])


@keeps("check")
def test_a_damaged_cache(eveobs: Eveobs) -> None:
    ends(eveobs, "api /status", 0)
    ends(eveobs, "cache verify", CODES["done"])
    for path in (Path(eveobs.env["EVEOBS_HOME"]) / "cache" / "esi").rglob("*.db"):
        path.write_bytes(b"\x00\xffgarbage" * 500)
    ends(eveobs, "cache verify", CODES["check"])


def test_health_has_the_codes_of_monitoring_plug_ins(offline: Eveobs) -> None:
    ends(offline, "health --check configuration", 0)
    ends(offline, "health --check esi", 2)
    result = offline("health", "--check", "nonsense")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "0 healthy, 1 degraded,\n2 unhealthy" in HEALTH


# -- ESI -------------------------------------------------------------------------------------------


@keeps("answer")
def test_an_answer_that_is_an_error(eveobs: Eveobs) -> None:
    ends(eveobs, "api /universe/types/1", CODES["answer"])
    ends(eveobs, "api /characters/1", CODES["answer"])


@keeps("sign-in")
@pytest.mark.parametrize(
    "line",
    [
        *("fetch blueprints", "fetch own-contracts", "fetch wallet-journal", "fetch characters"),
        *("api /characters/2112000001/wallet", "auth refresh --all", "auth logout Nobody"),
        *("outbid", "outbid --check --quiet", "outbid --history"),
    ],
)
def test_without_a_sign_in(line: str, offline: Eveobs) -> None:
    assert "error: " in ends(offline, line, CODES["sign-in"])


@keeps("unreachable")
@pytest.mark.parametrize(
    "line",
    [
        "fetch contracts",
        "fetch contracts --region 10000002",
        "fetch market-prices",
        "fetch all",
        "api /status",
        "bench http://127.0.0.1:10/x -n 2 --warm-up 0",
        "import everef http://127.0.0.1:9/x.tar.bz2",
        "static-data update",
        "watch --once",
    ],
)
def test_nothing_can_be_reached(line: str, offline: Eveobs) -> None:
    assert "partial" not in ends(offline, line, CODES["unreachable"])


@keeps("unreachable")
def test_where_nothing_arrived_it_is_failed_and_not_partial(
    eveobs: Eveobs, new_eden: NewEden
) -> None:
    """The names of regions are known already; what is asked for is not."""
    ends(eveobs, "fetch contracts --no-items --no-bids", 0)
    # The store belongs to the ESI that is away: the address is declared to be another of its own.
    own = {"EVEOBS_STORE__ESI_URL": new_eden.url, "EVEOBS_CACHE__ENABLED": "false"}
    away = Eveobs({**eveobs.env, **own, "EVEOBS_ESI__MAX_RETRIES": "0"})
    lines = ("fetch market-orders --json", "fetch market-prices --json")
    for line in lines:
        result = away("--set", "esi.base_url=http://127.0.0.1:9", *line.split())
        assert result.exit_code == CODES["unreachable"], result.output
        if result.stdout:
            assert '"status": "failed"' in result.stdout.replace('":"', '": "')


@keeps("limit")
@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("fetch contracts --no-wait", "seconds=50"),
        ("fetch contracts --no-wait", "seconds=50,after=5"),
        ("fetch all --no-wait", "seconds=50,after=5"),
        ("fetch all --no-wait", "seconds=50,after=40"),
        ("fetch market-prices --no-wait", "seconds=50"),
        ("fetch market-prices", "seconds=1500"),
        ("api /universe/types/587", "seconds=1500"),
    ],
)
def test_a_limit_that_is_not_waited_for(line: str, fault: str, tmp_path: Path) -> None:
    """Also where a public list was read before it, and what hangs on it in part."""
    faults = ("--fault", f"420:{fault}")
    with new_eden_of("--contracts", "60", "--regions", "The Forge", *faults) as eden:
        run = Eveobs({"EVEOBS_HOME": str(tmp_path / "h"), "EVEOBS_ESI__BASE_URL": eden.url})
        said = ends(run, line, CODES["limit"])
    assert "seconds" in said or "until" in said


# -- several subjects at once ----------------------------------------------------------------------

LIMIT = LimitError("a limit is reached", retry_at=2e9)
AWAY = UnreachableError("cannot connect")
TOKEN = SignInError("no token")


def report(status: str, error: EveobsError | None = None, rows: int = 0) -> Report:
    return Report(Outcome(processor="contracts", subject="X", status=status, rows=rows), error)


DONE, SOME = report("complete", rows=5), report("partial", rows=5)


@keeps("partial")
@pytest.mark.parametrize(
    ("reports", "absent", "name"),
    [
        ([DONE], [], "done"),
        ([DONE, SOME], [], "partial"),
        ([SOME], [], "partial"),
        ([DONE, report("failed", AWAY)], [], "partial"),
        ([report("failed", AWAY)], [], "unreachable"),
        ([report("failed", DowntimeError("away")), report("failed", AWAY)], [], "unreachable"),
        ([report("failed", AWAY)], [TOKEN], "unreachable"),
        ([report("partial", LIMIT)], [], "limit"),
        ([report("partial", LIMIT, rows=5)], [], "limit"),
        ([DONE, report("partial", LIMIT)], [], "limit"),
        ([SOME, report("partial", LIMIT)], [], "partial"),
        ([report("failed", AWAY), report("partial", LIMIT)], [], "unreachable"),
        ([report("failed", AnswerError("no", status=404))], [], "answer"),
        ([DONE], [TOKEN], "partial"),
        ([report("partial", TOKEN, rows=5)], [], "sign-in"),
        ([report("partial", TOKEN, rows=5), report("failed", AWAY)], [], "partial"),
        ([], [TOKEN], "sign-in"),
    ],
)
def test_of_several_subjects(
    reports: list[Report], absent: list[EveobsError], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    class Silent:
        def remark(self, _: str) -> None:
            """Say nothing."""

    run: Any = Silent()
    if CODES[name] == 0:
        end(reports, absent, run, several=False)
        return
    with pytest.raises(typer.Exit) as ended:
        end(reports, absent, run, several=False)
    assert ended.value.exit_code == CODES[name]


@keeps("partial")
def test_some_of_a_list(tmp_path: Path) -> None:
    faults = ("--fault", "500:route=/contracts/public/items/*,after=3")
    with new_eden_of("--contracts", "20", "--regions", "The Forge", *faults) as eden:
        run = Eveobs(
            {
                "EVEOBS_HOME": str(tmp_path / "h"),
                "EVEOBS_ESI__BASE_URL": eden.url,
                "EVEOBS_ESI__MAX_RETRIES": "0",
            }
        )
        for line in ("fetch contracts --no-bids", "watch --once"):
            ends(run, line, CODES["partial"])


# -- signals and pipes -----------------------------------------------------------------------------


@contextmanager
def mute() -> Iterator[tuple[str, socket.socket]]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(30)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", listening


def signalled(number: signal.Signals, home: Path, *arguments: str) -> tuple[int, str]:
    """The exit code of a run that is told to end while it waits for an answer; its stderr."""
    with mute() as (url, listening):
        env = {
            "EVEOBS_HOME": str(home),
            "EVEOBS_ESI__BASE_URL": url,
            "EVEOBS_STATIC_DATA__BASE_URL": url,
        }
        words = [word.replace("URL", url) for word in arguments]
        with subprocess.Popen(
            [sys.executable, "-m", "eveobs", *words],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            connection, _ = listening.accept()
            with connection:
                running.send_signal(number)
                _, said = running.communicate(timeout=30)
    return running.returncode, said


WAITING = (
    ("fetch", "contracts"),
    ("api", "/status"),
    ("static-data", "update"),
    ("import", "everef", "URL/x.tar.bz2"),
    ("bench", "URL/status", "-n", "2", "--warm-up", "0"),
)


@keeps("interrupted")
@keeps("terminated")
@pytest.mark.parametrize("name", ["interrupted", "terminated"])
@pytest.mark.parametrize("arguments", WAITING, ids=" ".join)
def test_told_to_end(arguments: tuple[str, ...], name: str, tmp_path: Path) -> None:
    number = {"interrupted": signal.SIGINT, "terminated": signal.SIGTERM}[name]
    code, said = signalled(number, tmp_path, *arguments)
    assert code == CODES[name], said
    assert "Traceback" not in said


@keeps("stopped")
@keeps("interrupted")
@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGTERM, "stopped"), (signal.SIGINT, "interrupted")]
)
def test_a_watch_that_is_stopped(number: signal.Signals, name: str, tmp_path: Path) -> None:
    code, said = signalled(number, tmp_path, "watch")
    assert code == CODES[name], said
    assert "Traceback" not in said


@keeps("stopped")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sandbox_that_is_stopped(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "eveobs", "sandbox", "--port", "0", "--contracts", "5"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(number)
        running.communicate(timeout=30)
    assert running.returncode == CODES["stopped"]


@keeps("closed pipe")
@pytest.mark.parametrize(
    "line",
    [
        *("help exit-codes", "api --list", "config show", "limits", "cache stats", "--version"),
        *("audit tail --json", "list contracts --json", "completion bash", "sandbox --list-faults"),
    ],
)
def test_a_reader_that_went_away(line: str, offline: Eveobs) -> None:
    piped = f'"$0" -m eveobs {line} | exec true; exit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", piped, sys.executable],
        env={**os.environ, **offline.env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # What printed nothing, or was done before the reader went, is done.
    assert done.returncode in {CODES["closed pipe"], CODES["done"]}
    assert "Traceback" not in done.stderr


# -- the table itself ------------------------------------------------------------------------------


def test_every_promise_has_its_test() -> None:
    assert set(KEPT) == set(CODES)
    assert {one.code for one in PROMISES} == set(ExitCode)


def test_the_table_is_shown_whole(offline: Eveobs) -> None:
    told = " ".join(offline("help", "exit-codes").stdout.split())
    for one in PROMISES:
        assert f"{int(one.code)} {one.commands}: {one.when}" in told
        assert f"| {int(one.code)} | {one.commands} | {one.when} |" in page()


def test_commands_of_the_table_exist() -> None:
    root = typer.main.get_command(app)
    for one in PROMISES:
        for words in one.commands.replace("every command but ", "").split(", "):
            first = words.split()[0]
            assert first in COMMANDS or first in {"every", "what"}, words
    assert structs.fields(Outcome)
    assert root.name == "eveobs"
