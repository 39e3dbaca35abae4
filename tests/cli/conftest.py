from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eveobs.cli.context import Run
from tests.cli import trinkets
from tests.cli.trinkets import ASTRA, BRAM, SignedIn, SignIns, Told
from tests.conftest import Eveobs


@pytest.fixture
def told() -> Iterator[Told]:
    with trinkets.esi(trinkets.people()) as there:
        yield there


@pytest.fixture
def everybody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[SignedIn]:
    """Who signed in: Astra and Bram, unless the test says otherwise."""
    trinkets.install(tmp_path / "packages")
    monkeypatch.syspath_prepend(tmp_path / "packages")
    signed_in = [SignedIn(ASTRA, "Astra Vane"), SignedIn(BRAM, "Bram Oster")]
    monkeypatch.setattr(Run, "sign_ins", lambda _: SignIns(signed_in), raising=False)
    return signed_in


@pytest.fixture
def run(told: Told, everybody: list[SignedIn], tmp_path: Path) -> Eveobs:
    return Eveobs({"EVEOBS_HOME": str(tmp_path / "home"), "EVEOBS_ESI__BASE_URL": told.url})
