"""The facts are what the OpenAPI document says, nobody edited them, and they are no sentences."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eveobs.esi.openapi_facts import fields_of, unit_of
from eveobs.esi.routes import BY_PATH, COMPATIBILITY_DATE
from eveobs.esi.used_routes import USED
from scripts import generate_facts
from scripts.generate_facts import CONTRACT, FACTS, generate, main
from tests.records.documented import document

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("description", "unit", "limits"),
    [
        ("ISK tax rate (0.0% - 100.0%)", "percent", (0, 100)),
        ("Influence of this incursion as a float from 0 to 1", "share", (0, 1)),
        ("Job duration in seconds", "seconds", None),
        ("Length in minutes", "minutes", None),
        ("Number of days to perform the contract", "days", None),
        ("Price of contract (for ItemsExchange and Auctions)", "isk", None),
        ("Remuneration for contract (for Couriers only)", "isk", None),
        ("Price in PLEX", "plex", None),
        ("Volume of items in the contract", "volume", None),
        ("Character's security status", "security", None),
        ("Tax rate for entities with excellent level of standing", "rate", None),
        ("Total number of orders happened that day", "", None),
        ("", "", None),
    ],
)
def test_units_are_read_from_descriptions(
    description: str, unit: str, limits: tuple[float, float] | None
) -> None:
    assert unit_of(description) == (unit, limits)


def spec(**schema: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    answers = {"200": {"content": content, "headers": {"X-Pages": {}}}}
    operation = {"operationId": "Things", "responses": answers, "x-cache-age": 5}
    return {
        "info": {"version": "2026-01-02"},
        "paths": {"/a~b/{c}": {"get": operation, "parameters": []}},
        "components": {"schemas": {"Row": {"type": "integer", "examples": [1, "two words"]}}},
    }


def test_the_facts_of_a_route() -> None:
    schema = {
        "type": "object",
        "required": ["tax"],
        "properties": {
            "tax": {"type": "number", "description": "(0% - 100%)", "examples": [10]},
            "row": {"$ref": "#/components/schemas/Row"},
        },
    }
    made = json.loads(generate(spec(**schema)))
    fact = made["routes"]["GET /a~b/{c}"]
    assert (fact["cache_age"], fact["paging"]) == (5, "x-pages")
    fields = fact["answers"]["200"]["shape"]["fields"]
    assert fields["tax"]["range"] == [0, 100]
    pointer = "#/paths/~1a~0b~1{c}/get/responses/200/content/application~1json/schema"
    assert fields["tax"]["source"] == f"{pointer}/properties/tax/description"
    assert fields["row"] == {"ref": "Row"}
    assert made["shapes"] == {"Row": {"type": "integer", "examples": [1]}}
    assert fields_of(made, "GET /a~b/{c}")["tax"].unit == "percent"


def test_the_command_writes_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "spec.json"
    source.write_text(json.dumps(spec(type="string")))
    monkeypatch.setattr(generate_facts, "FACTS", tmp_path / "data" / "facts.json")
    monkeypatch.setattr(generate_facts, "CONTRACT", tmp_path / "contract.json")
    main([str(source)])
    assert json.loads((tmp_path / "data" / "facts.json").read_text())["routes"]
    assert not json.loads((tmp_path / "contract.json").read_text())["routes"]
    with pytest.raises(SystemExit, match="Usage"):
        main([])


def test_the_facts_are_what_the_document_says() -> None:
    """Where the document lies beside the repository; `make facts` writes them anew."""
    assert generate(document()) == FACTS.read_text()
    assert generate(document(), USED) == CONTRACT.read_text()


def test_what_is_shipped_is_a_part_of_the_facts() -> None:
    whole, part = (json.loads(file.read_text()) for file in (FACTS, CONTRACT))
    assert whole["compatibility_date"] == part["compatibility_date"] == COMPATIBILITY_DATE
    assert part["routes"].items() <= whole["routes"].items()
    assert part["shapes"].items() <= whole["shapes"].items()
    assert {tuple(route.split(" ", 1)) for route in part["routes"]} == USED
    assert {tuple(route.split(" ", 1)) for route in whole["routes"]} == {*BY_PATH}


def texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def test_no_sentence_of_the_document_is_kept() -> None:
    long = {one for one in texts(json.loads(FACTS.read_text())) if one.count(" ") > 2}
    assert long == set()


LOOK_UP = """
import importlib, pkgutil
import eveobs, eveobs.esi.routes as routes

class Recorded(dict):
    def __getitem__(self, key):
        print(*key)
        return super().__getitem__(key)

routes.BY_PATH = Recorded(routes.BY_PATH)
ROOMS = ("esi", "processors", "observation", "operate", "archives", "publish")
for module in pkgutil.walk_packages(eveobs.__path__, "eveobs."):
    if module.name.split(".")[1] in ROOMS:
        importlib.import_module(module.name)
"""


def test_the_used_routes_are_those_that_modules_look_up() -> None:
    found = subprocess.run(
        [sys.executable, "-c", LOOK_UP], capture_output=True, text=True, check=True
    ).stdout
    assert {tuple(line.split(" ", 1)) for line in found.splitlines()} == USED
