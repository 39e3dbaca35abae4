"""The facts of ESI's OpenAPI document that lie in tests/data; no test needs the document itself."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from eveobs.esi.openapi_facts import resolved

FACTS = Path(__file__).parents[1] / "data" / "esi-facts.json"


@cache
def facts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FACTS.read_text())
    return found


def answer_shape(route: str, status: str = "200") -> dict[str, Any]:
    """The shape of the answer of `route`, such as `GET /status`."""
    answers = facts()["routes"][route]["answers"]
    shape: dict[str, Any] = answers.get(status, answers.get("default"))["shape"]
    return resolved(facts(), shape)


def row_fields(route: str, *inside: str) -> dict[str, dict[str, Any]]:
    """The fields of a row of `route`, or of the object or list in it that `inside` leads to."""
    shape = answer_shape(route)
    for name in (None, *inside):
        if name is not None:
            shape = resolved(facts(), shape["fields"][name])
        if "items" in shape:
            shape = resolved(facts(), shape["items"])
    return {name: resolved(facts(), inner) for name, inner in shape["fields"].items()}
