"""`eveobs outbid` finds the undercuts that were planted in a sandbox, and none of the decoys."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from eveobs.sandbox.planted import ALT, OWNER, planted
from tests.conftest import Eveobs
from tests.faults.conftest import Thread

pytestmark = [pytest.mark.integration]


@pytest.mark.parametrize("seed", range(5))
def test_exactly_the_planted_undercuts(seed: int, tmp_path: Path) -> None:
    there = planted(seed, datetime.now(UTC).replace(microsecond=0))
    assert any(there.truth.values())
    assert not all(there.truth.values())
    thread = Thread(there.world())
    try:
        thread.restart()
        run = Eveobs(
            {
                "EVEOBS_HOME": str(tmp_path / "home"),
                "EVEOBS_ESI__BASE_URL": thread.sandbox.url,
                "EVEOBS_ME__CHARACTERS": f"{OWNER},{ALT}",
            }
        )
        result = run("fetch", "contracts", "--region", "The Forge", "--region", "Domain")
        assert result.exit_code == 0, result.output
        told = run.json("outbid", "--issuer", str(OWNER))
    finally:
        thread.end()
    compared = {row["contract_id"]: {*row["rivals"]} for row in told if row["rank"] is not None}
    assert compared == there.truth
    for row in told:
        assert row["undercut"] == bool(there.truth.get(row["contract_id"]))


def test_a_seed_is_always_the_same_market() -> None:
    now = datetime.now(UTC)
    assert planted(3, now) == planted(3, now)
    assert planted(3, now) != planted(4, now)
