"""A reader that has seen enough ends eveobs quietly, whenever it closes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import Eveobs

pytestmark = pytest.mark.integration

SHAPES = [(), ("--json",), ("--ndjson",), ("--csv",)]


def piped(filled: Eveobs, reader: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`eveobs … | reader`; its exit code, the reader's output, and what was on eveobs's stderr."""
    import os

    line = f'"$0" -m eveobs "$@" | {reader}; exit "${{PIPESTATUS[0]}}"'
    return subprocess.run(
        ["bash", "-c", line, sys.executable, *arguments],
        env={**os.environ, **filled.env},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "".join(shape) or "table")
@pytest.mark.parametrize("reader", ["head -c 100", "exec true"])
def test_a_closed_pipe_is_141_and_silent(
    reader: str, shape: tuple[str, ...], filled: Eveobs
) -> None:
    result = piped(filled, reader, "list", "contracts", "--all", *shape)
    assert (result.returncode, result.stderr) == (141, "")


def test_head_gets_its_line(filled: Eveobs) -> None:
    result = piped(filled, "head -n 1", "list", "contracts")
    assert result.stdout.split()[:2] == ["Contract", "Type"]
    assert (result.returncode, result.stderr) == (141, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("--help",),
        ("fetch", "contracts"),
        ("fetch", "contracts", "--json"),
        ("config", "show"),
        ("config", "path"),
    ],
    ids=" ".join,
)
def test_every_command_ends_so(arguments: tuple[str, ...], filled: Eveobs) -> None:
    result = piped(filled, "exec true", *arguments)
    assert (result.returncode, result.stderr) == (141, "")


def test_a_reader_that_takes_all_gets_all(filled: Eveobs) -> None:
    result = piped(filled, "cat", "list", "contracts", "--ndjson")
    assert result.returncode == 0
    assert result.stdout == filled("list", "contracts", "--ndjson").stdout


@pytest.mark.parametrize("closing", ["2>&-", ">&- 2>&- <&-"])
def test_streams_that_were_never_open(closing: str, filled: Eveobs) -> None:
    import os

    for arguments in ("list contracts", "fetch contracts", "fetch contracts --region nowhere"):
        line = f'"$0" -m eveobs {arguments} {closing}'
        result = subprocess.run(
            ["bash", "-c", line, sys.executable],
            env={**os.environ, **filled.env},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == (2 if "nowhere" in arguments else 0), result.stderr
        assert "Traceback" not in result.stderr
        if closing == "2>&-":
            assert ("Subject" in result.stdout) == (arguments == "fetch contracts")
    assert filled("list", "contracts").exit_code == 0  # and the store was not written into
