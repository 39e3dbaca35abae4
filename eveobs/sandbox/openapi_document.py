"""An OpenAPI document and a changelog, made of the facts in `eveobs/esi/contract.json`.

Both say in their own words that they are the sandbox's: ESI's have sentences and all routes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from eveobs.esi.openapi_facts import Json

_MARK = "eveobs sandbox: made of reviewed facts"
_FIRST = "2020-01-01"
_KEYS = {
    "type": "type",
    "format": "format",
    "values": "enum",
    "minimum": "minimum",
    "maximum": "maximum",
    "max_items": "maxItems",
    "unique": "uniqueItems",
    "examples": "examples",
    "required": "required",
}
_SENTENCES = {
    "isk": "In ISK",
    "share": "A float from 0 to 1",
    "seconds": "In seconds",
    "minutes": "In minutes",
    "days": "Number of days",
    "volume": "Volume of it",
    "security": "Security status",
    "standing": "Standing",
}


def changelog(facts: Json) -> dict[str, list[dict[str, str]]]:
    """Per date, the routes that are since then as they are."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for route, fact in facts["routes"].items():
        method, _, path = route.partition(" ")
        since = fact["since"]
        if since != _FIRST:
            found[since].append(
                {
                    "method": method,
                    "path": path,
                    "compatibility_date": since,
                    "type": "changed",
                    "description": _MARK,
                }
            )
    return dict(sorted(found.items()))


def document(facts: Json) -> Json:
    """The document; what reads its facts again gets `facts`, but for limits and roles."""
    paths: dict[str, Json] = defaultdict(dict)
    for route, fact in facts["routes"].items():
        method, _, path = route.partition(" ")
        paths[path][method.lower()] = {
            "x-compatibility-date": fact["since"],
            "responses": {
                status: {
                    "description": _MARK,
                    **({"content": _content(answer["shape"])} if "shape" in answer else {}),
                }
                for status, answer in fact["answers"].items()
            },
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": _MARK, "version": facts["compatibility_date"]},
        "paths": dict(paths),
        "components": {
            "schemas": {name: _schema(shape) for name, shape in facts["shapes"].items()}
        },
    }


def _content(shape: Json) -> Json:
    return {"application/json": {"schema": _schema(shape)}}


def _schema(shape: Json) -> Json:
    schema: dict[str, Any] = {key: shape[name] for name, key in _KEYS.items() if name in shape}
    if "ref" in shape:
        schema["$ref"] = f"#/components/schemas/{shape['ref']}"
    if "fields" in shape:
        schema["properties"] = {name: _schema(one) for name, one in shape["fields"].items()}
    for name, key in (("items", "items"), ("entries", "additionalProperties")):
        if name in shape:
            schema[key] = _schema(shape[name])
    if "any_of" in shape:
        schema["oneOf"] = [_schema(one) for one in shape["any_of"]]
    if "unit" in shape:
        schema["description"] = _sentence(shape)
    return schema


def _sentence(shape: Json) -> str:
    if shape["unit"] == "percent" and "range" in shape:
        low, high = shape["range"]
        return f"In percent ({low}% - {high}%)"
    return _SENTENCES.get(shape["unit"], "")
