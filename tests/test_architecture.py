"""Imports point down the house, and nothing is loaded before it is needed."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests.conftest import NewEden

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "eveobs"
NETWORK = {"httpx", "aiohttp", "httpcore", "certifi"}
STORAGE = {"sqlalchemy", "alembic", "diskcache"}
DRAWING = {"rich", "prompt_toolkit"}
LOADED = """
import json, sys
from eveobs.__main__ import main
sys.argv = ["eveobs", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def loaded(*arguments: str, home: Path, url: str = "") -> set[str]:
    """The packages that running `eveobs` with `arguments` loads."""
    env = {**os.environ, "EVEOBS_HOME": str(home)}
    if url:
        env["EVEOBS_ESI__BASE_URL"] = url
    process = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert process.returncode == 0, process.stderr
    return set(json.loads(process.stderr.splitlines()[-1]))


@pytest.mark.unit
def test_imports_point_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert lint_imports(no_cache=True, no_logo=True) == 0


@pytest.mark.integration
@pytest.mark.parametrize(
    "arguments",
    [("--version",), ("--help",), ("fetch", "--help"), ("sandbox", "--help"), ("health", "--help")],
)
def test_what_needs_nothing_loads_nothing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    modules = loaded(*arguments, home=tmp_path)
    assert "typer" in modules
    assert not modules & (NETWORK | STORAGE | DRAWING | {"pydantic"})


@pytest.mark.integration
def test_a_run_with_nothing_to_ask_loads_neither_network_nor_sqlalchemy(
    new_eden: NewEden, tmp_path: Path
) -> None:
    fetch = ("fetch", "contracts", "--json")
    cold = loaded(*fetch, home=tmp_path, url=new_eden.url)
    assert {"aiohttp", "sqlalchemy", "diskcache"} <= cold
    assert "httpx" not in cold  # it is for sign-in and downloads
    asked = new_eden.requests()
    warm = loaded(*fetch, home=tmp_path, url=new_eden.url)
    assert new_eden.requests() == asked
    assert not warm & (NETWORK | STORAGE | DRAWING)


@pytest.mark.integration
def test_reading_what_is_stored_loads_no_network(new_eden: NewEden, tmp_path: Path) -> None:
    loaded("fetch", "contracts", "--no-items", "--no-bids", home=tmp_path, url=new_eden.url)
    modules = loaded("list", "contracts", "--json", home=tmp_path, url=new_eden.url)
    assert not modules & (NETWORK | DRAWING)


@pytest.mark.integration
def test_looking_at_the_cache_loads_neither_network_nor_sqlalchemy(tmp_path: Path) -> None:
    for command in ("ls", "verify"):
        modules = loaded("cache", command, home=tmp_path)
        assert not modules & (NETWORK | DRAWING | {"sqlalchemy", "alembic"})


def code_below_cli() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if PACKAGE / "cli" not in path.parents]


@pytest.mark.unit
@pytest.mark.parametrize("path", code_below_cli(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_below_the_command_line_prints_or_reads_the_environment_or_exits(
    path: Path,
) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "input", "breakpoint"}, node.lineno
        if isinstance(node, ast.Attribute):
            named = f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""
            forbidden = {"os.environ", "os.getenv", "sys.exit", "sys.stdout"}
            assert named not in forbidden, node.lineno
