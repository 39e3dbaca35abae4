"""`eveobs sandbox` as a process: it says where it is, serves, runs a command, and ends at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

import pytest

pytestmark = pytest.mark.integration

ROOT = textwrap.dedent("""
    import sys, typer
    from eveobs.cli.sandbox import app
    from eveobs.errors import EveobsError
    root = typer.Typer()
    root.command("other")(lambda: None)
    root.add_typer(app)
    try:
        root()
    except EveobsError as error:
        sys.exit(print(error.message, "hint:", error.hint, file=sys.stderr) or error.exit_code)
""")
SANDBOX = (sys.executable, "-c", ROOT, "sandbox")
SMALL = ("--contracts", "60")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SANDBOX, *arguments], check=False, capture_output=True, text=True, timeout=30
    )


def get(url: str) -> Any:
    with urlopen(url, timeout=10) as response:  # noqa: S310
        return json.load(response)


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and what it printed first."""
    with subprocess.Popen(
        [*SANDBOX, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_the_setting_serves_and_ends_at_a_signal(number: signal.Signals) -> None:
    with started("--port", "0", *SMALL) as (process, line):
        name, _, url = line.removeprefix("export ").strip().partition("=")
        assert name == "EVEOBS_ESI__BASE_URL"
        assert get(f"{url}/status")["players"] > 0
        before = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
        assert time.monotonic() - before < 2
    assert process.returncode == 0
    assert all(line.startswith("export ") for line in out.splitlines())
    assert url in err
    assert "Traceback" not in err


def test_the_shell_can_read_what_it_prints() -> None:
    with started("--port", "0", *SMALL) as (_, line):
        shown = subprocess.check_output(
            ["sh", "-c", f"{line}\necho $EVEOBS_ESI__BASE_URL"], text=True
        )
    assert shown.startswith("http://127.0.0.1:")


def test_it_prints_where_everything_else_is() -> None:
    with started("--port", "0", *SMALL) as (process, first):
        assert process.stdout
        lines = [first, *(process.stdout.readline() for _ in range(4))]
        told = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        url = told["EVEOBS_ESI__BASE_URL"]
        image = f"{told['EVEOBS_IMAGES__BASE_URL']}/types/587/icon"
        with urlopen(image, timeout=10) as response:  # noqa: S310
            assert response.read().startswith(b"\x89PNG")
    assert told == {
        "EVEOBS_ESI__BASE_URL": url,
        "EVEOBS_SSO__BASE_URL": url,
        "EVEOBS_SSO__CLIENT_ID": "eveobs-sandbox",
        "EVEOBS_STATIC_DATA__BASE_URL": f"{url}/static-data",
        "EVEOBS_IMAGES__BASE_URL": f"{url}/images",
    }


@pytest.mark.parametrize("number", [3, 1000])
def test_the_first_corporation_has_as_many_contracts_as_told(number: int) -> None:
    options = ("--corporation-contracts", str(number), *SMALL)
    with started("--port", "0", *options) as (_, line):
        url = line.strip().partition("=")[2]
        corporation = get(f"{url}/_sandbox/people")["corporations"][0]
        told = get(f"{url}/_sandbox/truth/own-contracts?owner={corporation['id']}")
    own = [row for row in told["rows"] if row["issuer_corporation_id"] == corporation["id"]]
    private = [row for row in own if row["for_corporation"] and row["availability"] != "public"]
    assert len(private) == number


def test_options_make_the_world() -> None:
    options = ("--regions", "domain, 10000030", "--contracts", "100", "--cycle", "9", "--seed", "4")
    with started("--port", "0", "--latency", "1", *options) as (_, line):
        url = line.strip().partition("=")[2]
        domain, forge, heimatar = (
            get(f"{url}/_sandbox/truth?region_id={region}&cycle=0")
            for region in (10000043, 10000002, 10000030)
        )
    assert [len(truth["contracts"]) for truth in (domain, forge, heimatar)] == [70, 0, 30]
    assert int(domain["expires"][-3:-1]) - int(domain["last_modified"][-3:-1]) in {9, 9 - 60}


def test_a_command_gets_the_setting_and_its_exit_code_is_ours() -> None:
    script = textwrap.dedent("""
        import os, sys, urllib.request
        url = os.environ["EVEOBS_ESI__BASE_URL"]
        print(url, urllib.request.urlopen(url + "/status").status, *sys.argv[1:])
        sys.exit(7)
    """)
    done = run(*SMALL, "--", sys.executable, "-c", script, "--port", "x y")
    assert done.returncode == 7
    assert done.stderr == ""
    url, status, *rest = done.stdout.split(maxsplit=2)
    assert (status, rest) == ("200", ["--port x y\n"])
    with pytest.raises(OSError, match="refused"):
        get(f"{url}/status")


def test_a_command_needs_no_dashes_and_dies_as_it_dies() -> None:
    done = run(*SMALL, "sh", "-c", "kill -9 $$")
    assert done.returncode == 128 + 9


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_reach_the_command(number: signal.Signals) -> None:
    script = f"trap 'echo caught; exit 3' {number.value}; echo ready; while :; do sleep 0.05; done"
    with started(*SMALL, "--", "sh", "-c", script) as (process, line):
        assert line == "ready\n"
        process.send_signal(number)
        out, _ = process.communicate(timeout=5)
    assert (process.returncode, out) == (3, "caught\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal")
def test_a_ctrl_c_at_the_terminal_reaches_the_command_once() -> None:
    import fcntl
    import termios

    script = textwrap.dedent("""
        import signal, sys, time
        caught = []
        signal.signal(signal.SIGINT, lambda *_: caught.append(1))
        print("ready", flush=True)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            time.sleep(0.05)
        sys.exit(10 + len(caught))
    """)
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [*SANDBOX, *SMALL, "--", sys.executable, "-c", script],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
    ) as process:
        os.close(theirs)
        assert os.read(ours, 5) == b"ready"
        os.write(ours, b"\x03")
        code = process.wait(timeout=20)
    os.close(ours)
    assert code == 11


def test_what_can_go_wrong_is_listed() -> None:
    from eveobs.sandbox.faults.kinds import KINDS

    done = run("--list-faults")
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    assert set(KINDS) <= set(lines)
    assert "seconds=60" in lines["hang"]
    assert "route=/contracts/public/*" in lines["page-drift"]
    assert max(map(len, done.stdout.splitlines())) <= 140


def test_faults_of_the_command_line_hit_and_are_shown() -> None:
    script = textwrap.dedent("""
        import json, os, urllib.error, urllib.request
        url = os.environ["EVEOBS_ESI__BASE_URL"]
        for path in ("/status", "/status", "/universe/regions"):
            try:
                print(urllib.request.urlopen(url + path).status)
            except urllib.error.HTTPError as error:
                print(error.code)
        told = json.load(urllib.request.urlopen(url + "/_sandbox/faults"))
        print([(one["fault"], one["hits"]) for one in told])
    """)
    faults = ("--fault", "503:route=/status,times=1", "--fault", "404:route=/universe/**")
    done = run(*SMALL, *faults, "--", sys.executable, "-c", script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["503", "200", "404", "[('503', 1), ('404', 1)]"]


def test_a_port_in_use_is_an_error_that_says_what_to_do() -> None:
    with started("--port", "0", *SMALL) as (_, line):
        port = line.strip().rpartition(":")[2]
        done = run("--port", port, *SMALL)
    assert done.returncode == 3
    assert f"port {port} of 127.0.0.1 is in use hint: --port 0" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--regions", "Domane"), "no region 'Domane'"),
        (("--port", "0", "--", "no-such-command-anywhere"), "cannot run"),
        (("--cycle", "0"), "--cycle"),
        (("--contracts", "many"), "--contracts"),
        (("--port", "99999"), "--port"),
        (("--fault", "500", "--fault", "rest"), "did you mean 'reset'"),
        (("--fault", "hang:seconds=x"), "seconds"),
    ],
)
def test_mistakes_end_with_2(arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_module_is_cheap_to_import() -> None:
    heavy = "asyncio", "aiohttp", "msgspec", "eveobs.sandbox", "eveobs.records"
    code = f"import sys, eveobs.cli.sandbox; sys.exit(any(m in sys.modules for m in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
