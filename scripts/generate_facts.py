"""Write the facts of ESI's OpenAPI document as compact JSON: structure and figures, no sentences.

Usage: python -m scripts.generate_facts SPEC.json     (or `make facts SPEC=…`)

Two files are written:
- `tests/data/esi-facts.json`: every route of the document, for the tests;
- `eveobs/esi/contract.json`: the routes that eveobs itself uses, which `eveobs health --check
  contract` compares with what ESI documents today.

Both are in the form that `eveobs.esi.openapi_facts` describes; routes have `cache_age` (s),
`cache_mode`, `paging`, `group`, `tokens`, `window` (s), `scope`, `roles` and `query` too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eveobs.esi.openapi_facts import extract
from eveobs.esi.used_routes import USED
from scripts.generate_routes import paging, parameter_names, seconds

REPOSITORY = Path(__file__).parents[1]
FACTS = REPOSITORY / "tests" / "data" / "esi-facts.json"
CONTRACT = REPOSITORY / "eveobs" / "esi" / "contract.json"

Json = dict[str, Any]


def generate(document: Json, used: frozenset[tuple[str, str]] | None = None) -> str:
    """The facts of `document` as text, a route or a shape a line; `used` limits the routes."""

    def describe(operation: Json) -> Json:
        limit = operation.get("x-rate-limit", {})
        scopes = [s for rule in operation.get("security", ()) for s in rule.get("OAuth2", ())]
        return {
            "cache_age": operation.get("x-cache-age"),
            "cache_mode": operation.get("x-cache-mode"),
            "paging": paging(operation),
            "group": limit.get("group"),
            "tokens": limit.get("max-tokens"),
            "window": seconds(limit["window-size"]) if limit else None,
            "scope": scopes[0] if scopes else None,
            "roles": operation.get("x-required-roles"),
            "query": sorted(parameter_names(operation)),
        }

    facts = extract(document, used, describe)
    return (
        f'{{"compatibility_date":{json.dumps(facts["compatibility_date"])},\n'
        f'"routes":{_lines(facts["routes"])},\n"shapes":{_lines(facts["shapes"])}}}\n'
    )


def _lines(some: Mapping[str, Json]) -> str:
    rows = (
        f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}"
        for name, value in some.items()
    )
    return "{\n" + ",\n".join(rows) + "\n}"


def main(arguments: list[str]) -> None:
    """Read the document named first, write both files."""
    if not arguments:
        raise SystemExit(__doc__)
    document = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    FACTS.parent.mkdir(exist_ok=True)
    FACTS.write_text(generate(document), encoding="utf-8")
    CONTRACT.write_text(generate(document, USED), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
