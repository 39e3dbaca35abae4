"""Any number of eveobs may work on one home, and homes know nothing of one another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.conftest import Eveobs, NewEden, new_eden_of
from tests.integration.conftest import count, tables

pytestmark = [pytest.mark.integration, pytest.mark.slow]

REGIONS = ("The Forge", "Domain", "Lonetrek", "Heimatar", "Metropolis")


@pytest.fixture(scope="module")
def eden() -> Iterator[NewEden]:
    """Five regions with a few contracts each."""
    with new_eden_of("--contracts", "200", "--regions", ",".join(REGIONS), "--seed", "11") as one:
        yield one


def at_once(env: dict[str, str], commands: Sequence[Sequence[str]]) -> list[tuple[int, str, str]]:
    """All of them at the same time; exit code, stdout and stderr of each."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "eveobs", *arguments],
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for arguments in commands
    ]
    return [(one.returncode, out, err) for one in running for out, err in [one.communicate()]]


def regions(*names: str) -> list[str]:
    return [word for name in names for word in ("--region", name)]


@pytest.mark.parametrize(
    "lists",
    [[REGIONS[:1]] * 10, [(name,) for name in REGIONS] * 2, [REGIONS[:2], REGIONS[1::-1]] * 2],
    ids=["one region", "five regions", "two regions in either order"],
)
def test_fetches_at_once_into_one_home_end_as_one_would(
    lists: list[tuple[str, ...]], eden: NewEden, home: Path, tmp_path: Path
) -> None:
    env = {"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": eden.url}
    fetches = [["fetch", "contracts", "--json", *regions(*names)] for names in lists]
    for code, out, err in at_once(env, fetches):
        assert (code, err) == (0, "")
        assert {report["status"] for report in json.loads(out)} <= {"complete", "unchanged"}
    assert count(home, "SELECT count(*) FROM pragma_integrity_check") == 1

    met = list(dict.fromkeys(name for names in lists for name in names))
    alone = tmp_path / "alone"
    Eveobs(env | {"EVEOBS_HOME": str(alone)}).json("fetch", "contracts", *regions(*met))
    assert tables(home) == tables(alone)


def test_lists_while_a_fetch_writes_see_all_or_nothing(eden: NewEden, home: Path) -> None:
    env = {"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": eden.url}
    fetch = ["fetch", "contracts", "--json", *regions("Domain")]
    listing = ["list", "contracts", "--ndjson"]
    results = at_once(env, [fetch, *[listing] * 3])
    assert [(code, err) for code, _, err in results] == [(0, "")] * 4
    rows = json.loads(results[0][1])[0]["rows"]
    assert {len(out.splitlines()) for _, out, _ in results[1:]} <= {0, rows}


def test_two_worlds_in_two_homes_and_even_in_one_cache_do_not_mix(
    eden: NewEden, tmp_path: Path
) -> None:
    """The second home shares the first one's cache folder: what is cached belongs to an address."""
    with new_eden_of("--contracts", "40", "--regions", "The Forge", "--seed", "12") as other:
        shown = {}
        for name, world in (("one", eden), ("two", other)):
            run = Eveobs(
                {
                    "EVEOBS_HOME": str(tmp_path / name),
                    "EVEOBS_CACHE__DIR": str(tmp_path / "cache"),
                    "EVEOBS_ESI__BASE_URL": world.url,
                }
            )
            run.json("fetch", "contracts")
            shown[name] = {row["contract_id"]: row for row in run.json("list", "contracts")}
            truth = world.get("/_sandbox/truth?region_id=10000002")["contracts"]
            assert {row["contract_id"]: row["price"] for row in truth} == {
                key: row["price"] for key, row in shown[name].items()
            }
        assert shown["one"] != shown["two"]
