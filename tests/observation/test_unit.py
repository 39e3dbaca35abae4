"""A unit is a plain value that can be queued; its report knows its exit code."""

from __future__ import annotations

import msgspec
import pytest

from eveobs.errors import DowntimeError, ExitCode
from eveobs.observation.unit import Outcome, Report, Unit
from tests.observation.edens import BOTH, unit

pytestmark = pytest.mark.unit


def test_a_unit_survives_a_queue() -> None:
    given = unit(BOTH)
    assert msgspec.json.decode(msgspec.json.encode(given), type=Unit) == given
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(given), type=Unit) == given


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        ("complete", None, ExitCode.DONE),
        ("unchanged", None, ExitCode.DONE),
        ("partial", None, ExitCode.PARTIAL),
        ("partial", DowntimeError("away"), ExitCode.UNREACHABLE),
    ],
)
def test_the_exit_code(status: str, error: DowntimeError | None, code: ExitCode) -> None:
    outcome = Outcome(processor="contracts", subject="The Forge", status=status)
    assert Report(outcome, error).exit_code is code
