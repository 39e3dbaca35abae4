"""Invented contracts of a sandbox do not reach the store of the real New Eden."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from eveobs.store.source import OFFICIAL
from eveobs.store.store import Store
from tests.conftest import Eveobs, NewEden, process
from tests.store.drafts import contract, reading

pytestmark = pytest.mark.integration

COMMAND = (sys.executable, "-m", "eveobs")


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A home whose store holds two contracts of the real ESI."""
    home = tmp_path / "home"
    with Store(f"sqlite:///{home}/data/eveobs.sqlite3", OFFICIAL) as store:
        store.apply(reading([contract(1), contract(2)]))
    return home


def contracts(home: Path) -> set[int]:
    eveobs = Eveobs({"EVEOBS_HOME": str(home)})
    return {row["contract_id"] for row in eveobs.json("list", "contracts", "--all")}


def sandboxed(
    *arguments: str, cwd: Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """`eveobs sandbox … -- eveobs …`."""
    before = {name: value for name, value in os.environ.items() if name not in env}
    return subprocess.run(
        [*COMMAND, "sandbox", "--port", "0", "--contracts", "40", *arguments],
        env={**before, **env},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_a_fetch_from_a_sandbox_is_refused_before_anything_is_asked(
    real: Path, new_eden: NewEden
) -> None:
    new_eden.reset_counters()
    env = {"EVEOBS_HOME": str(real), "EVEOBS_ESI__BASE_URL": new_eden.url}
    for command in (("fetch", "contracts"), ("fetch", "market-prices"), ("watch", "--once")):
        done = process(env, *command)
        assert done.returncode == 3, done.stderr
        assert done.stdout == ""
        assert "belongs to https://esi.evetech.net (tranquility)" in done.stderr
        assert "hint: Set EVEOBS_HOME or store.url" in done.stderr
    assert new_eden.requests() == 0
    assert contracts(real) == {1, 2}


def test_static_data_of_a_sandbox_is_refused(real: Path, new_eden: NewEden) -> None:
    env = {
        "EVEOBS_HOME": str(real),
        "EVEOBS_ESI__BASE_URL": new_eden.url,
        "EVEOBS_STATIC_DATA__BASE_URL": f"{new_eden.url}/static-data",
    }
    assert process(env, "static-data", "update").returncode == 3


def test_a_proxy_of_the_same_esi_is_declared(real: Path, new_eden: NewEden) -> None:
    env = {"EVEOBS_HOME": str(real), "EVEOBS_ESI__BASE_URL": new_eden.url}
    done = process(env, "--set", "store.esi_url=https://esi.evetech.net/", "fetch", "contracts")
    assert done.returncode == 0, done.stderr


def test_a_command_in_a_sandbox_has_a_home_of_its_own(real: Path, tmp_path: Path) -> None:
    (tmp_path / "eveobs.toml").write_text(
        f'[store]\nurl = "sqlite:///{real}/data/eveobs.sqlite3"\n'
    )
    fetch = (*COMMAND, "fetch", "contracts", "--region", "The Forge")
    done = sandboxed("--", *fetch, cwd=tmp_path, EVEOBS_HOME=str(real))
    assert done.returncode == 0, done.stderr
    assert contracts(real) == {1, 2}
    shown = (sys.executable, "-c", "import os; print(os.environ['EVEOBS_HOME'])")
    home = sandboxed("--", *shown, EVEOBS_HOME=str(real)).stdout.strip()
    assert home != str(real)
    assert not Path(home).exists()


def test_the_home_of_the_command_can_be_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    fetch = (*COMMAND, "fetch", "contracts", "--region", "The Forge")
    done = sandboxed("--home", str(kept), "--", *fetch)
    assert done.returncode == 0, done.stderr
    assert len(contracts(kept)) > 10


def test_the_home_of_real_data_is_refused_as_that_of_a_sandbox(real: Path) -> None:
    done = sandboxed("--home", str(real), "--", *COMMAND, "fetch", "contracts")
    assert done.returncode == 3
    assert contracts(real) == {1, 2}


def test_a_home_without_a_command_is_a_usage_error(tmp_path: Path) -> None:
    assert sandboxed("--home", str(tmp_path)).returncode == 2
