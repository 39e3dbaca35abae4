from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from eveobs.sandbox import control
from eveobs.sandbox.server import Sandbox

Truth = Callable[..., dict[str, Any]]


@pytest.fixture
def truth(sandbox: Sandbox) -> Truth:
    """What the sandbox's own routes say, as they say it."""

    def told(processor: str, owner: int) -> dict[str, Any]:
        target = f"/_sandbox/truth/{processor}?owner={owner}"
        answer = control.control(sandbox, "GET", target, b"")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = json.loads(answer.body)
        return found

    return told
