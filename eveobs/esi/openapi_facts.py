"""Facts of ESI's OpenAPI document: structure and figures, no sentences; and how two of them differ.

`contract.json` beside this module holds the facts of the routes that eveobs uses, as they were when
its code was reviewed. `scripts/generate_facts.py` writes it.

A shape is an object of these keys: `type`, `format`, `fields` (by name), `required`, `items`,
`entries` (of an object with free keys), `values` (an enumeration), `any_of`, `ref` (a name in
`shapes`), `minimum`, `maximum`, `max_items`, `unique`, `examples` (numbers and single words),
`unit`, and `range` where the description states one; `source` is the JSON pointer of that
description.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

Json = dict[str, Any]

METHODS = ("get", "post", "put", "delete", "patch")
MAX_DEPTH = 12
"""Levels of a shape that are looked at: a document from the network may refer to itself."""

_KEYS = {
    "type": "type",
    "format": "format",
    "enum": "values",
    "minimum": "minimum",
    "maximum": "maximum",
    "maxItems": "max_items",
    "uniqueItems": "unique",
}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%\s*-\s*(\d+(?:\.\d+)?)\s*%")
_SHARE = re.compile(r"\bfrom 0(?:\.0)? to 1(?:\.0)?\b")
_UNITS = tuple(
    (word, re.compile(said, re.IGNORECASE))
    for word, said in (
        ("rate", r"\btax rate\b"),
        ("plex", r"\bPLEX\b"),
        ("minutes", r"\bin minutes\b"),
        ("seconds", r"\b(?:in|of) seconds\b"),
        ("days", r"\b(?:number of|in) days\b"),
        ("security", r"\bsecurity status\b"),
        ("standing", r"\bstanding\b"),
        ("volume", r"^volume of\b"),
        (
            "isk",
            r"\b(?:ISK|price|balance|remuneration|cost per unit|paid per unit|fee|tax amount)\b",
        ),
    )
)
"""The word of a unit, and what a description says where a figure is in it; the first that fits."""


class FieldFact(NamedTuple):
    """What the document says of one field of an answer. `unit` is "" where it names none."""

    type: str
    values: tuple[str, ...]
    unit: str
    required: bool


class Difference(NamedTuple):
    """A field that is not as it was: `how` is appeared, vanished or changed; `what` says more."""

    route: str
    field: str
    how: str
    what: str

    @property
    def text(self) -> str:
        """The difference in a few words."""
        more = f" ({self.what})" if self.what else ""
        return f"{self.field} of {self.route} {self.how}{more}"


@cache
def reviewed() -> Json:
    """The facts that this version of eveobs was written for."""
    text = (Path(__file__).parent / "contract.json").read_text(encoding="utf-8")
    found: Json = json.loads(text)
    return found


def extract(
    document: Json,
    used: frozenset[tuple[str, str]] | None = None,
    describe: Callable[[Json], Json] = lambda _: {},
) -> Json:
    """The facts of `document`, of all its routes or of those in `used` (method and path).

    `describe` adds facts of an operation. Raises KeyError, TypeError or AttributeError for what is
    no OpenAPI document.
    """
    routes = {
        f"{method.upper()} {path}": _route(path, method, operation, describe)
        for path, operations in sorted(document["paths"].items())
        for method, operation in sorted(operations.items())
        if method in METHODS and (used is None or (method.upper(), path) in used)
    }
    schemas = document.get("components", {}).get("schemas", {})
    shapes: Json = {}
    todo = sorted(set(_referred(routes)))
    while todo:
        name = todo.pop()
        if name not in shapes:
            shapes[name] = shape_facts(schemas.get(name, {}), f"#/components/schemas/{name}")
            todo += sorted(set(_referred(shapes[name])))
    return {
        "compatibility_date": document["info"]["version"],
        "routes": routes,
        "shapes": dict(sorted(shapes.items())),
    }


def unit_of(description: str) -> tuple[str, tuple[float, float] | None]:
    """The unit that a description names ("" for none), and the range if it states one."""
    percent = _PERCENT.search(description)
    if percent:
        return "percent", (float(percent[1]), float(percent[2]))
    if _SHARE.search(description):
        return "share", (0.0, 1.0)
    return next((word for word, said in _UNITS if said.search(description)), ""), None


def shape_facts(schema: Json, pointer: str, depth: int = MAX_DEPTH) -> Json:
    """The facts of one schema, those of the schemas in it, and the names of those it refers to."""
    if depth == 0:
        return {}
    found: Json = {name: schema[key] for key, name in _KEYS.items() if key in schema}
    if "$ref" in schema:
        found["ref"] = schema["$ref"].rpartition("/")[2]
    if examples := [one for one in schema.get("examples", ()) if _is_fact(one)]:
        found["examples"] = examples
    if "properties" in schema:
        found["fields"] = {
            name: shape_facts(inner, f"{pointer}/properties/{escaped(name)}", depth - 1)
            for name, inner in schema["properties"].items()
        }
        found["required"] = sorted(schema.get("required", ()))
    for key, name in (("items", "items"), ("additionalProperties", "entries")):
        if isinstance(schema.get(key), dict):
            found[name] = shape_facts(schema[key], f"{pointer}/{key}", depth - 1)
    if "oneOf" in schema:
        found["any_of"] = [
            shape_facts(one, f"{pointer}/oneOf/{number}", depth - 1)
            for number, one in enumerate(schema["oneOf"])
        ]
    return found | _unit_facts(schema, pointer)


def _unit_facts(schema: Json, pointer: str) -> Json:
    """The unit that the description of a figure names, and its range. An id has none."""
    types = schema.get("type", "")
    figure = {"number", "integer"} & {*([types] if isinstance(types, str) else types)}
    if not figure or pointer.endswith("_id"):
        return {}
    unit, limits = unit_of(schema.get("description", ""))
    found: Json = {"unit": unit, "source": f"{pointer}/description"} if unit else {}
    return found | ({"range": list(limits)} if limits else {})


def fields_of(facts: Json, route: str) -> dict[str, FieldFact]:
    """The fields of the answer 200 of `route` by their dotted names, in rows and nested objects.

    Empty for a route that is not in `facts`.
    """
    answers = facts["routes"].get(route, {}).get("answers", {})
    shape = answers.get("200", answers.get("201", {})).get("shape", {})
    return dict(_fields(facts, shape, "", required=True, depth=MAX_DEPTH))


def differences(before: Json, after: Json) -> list[Difference]:
    """The fields of the routes of `before` that `after` has otherwise, in the order of both."""
    found = []
    for route in before["routes"]:
        if route not in after["routes"]:
            found.append(Difference(route, "the route", "vanished", ""))
            continue
        old, new = fields_of(before, route), fields_of(after, route)
        for name in dict.fromkeys([*old, *new]):
            found += _difference(route, name, old.get(name), new.get(name))
    return found


def _difference(
    route: str, name: str, old: FieldFact | None, new: FieldFact | None
) -> list[Difference]:
    if new is None:
        return [Difference(route, name, "vanished", "")]
    if old is None:
        return [Difference(route, name, "appeared", new.type)]
    said = [
        f"{what}: {was or 'none'}, now {now or 'none'}"
        for what, was, now in (("type", old.type, new.type), ("unit", old.unit, new.unit))
        if was != now
    ]
    if old.required and not new.required:
        said.append("now optional")
    added = [value for value in new.values if value not in old.values]
    removed = [value for value in old.values if value not in new.values]
    said += [f"new value {value}" for value in added if old.values]
    said += [f"no longer {value}" for value in removed if new.values]
    return [Difference(route, name, "changed", "; ".join(said))] if said else []


def _fields(
    facts: Json, shape: Json, prefix: str, *, required: bool, depth: int
) -> Iterator[tuple[str, FieldFact]]:
    if depth == 0:
        return
    shape = resolved(facts, shape)
    if "items" in shape:
        yield from _fields(facts, shape["items"], prefix, required=required, depth=depth - 1)
    elif "fields" in shape:
        for name, inner in shape["fields"].items():
            needed = required and name in shape["required"]
            dotted = f"{prefix}.{name}" if prefix else name
            yield from _fields(facts, inner, dotted, required=needed, depth=depth - 1)
    elif prefix:
        types = shape.get("type", "any")
        yield (
            prefix,
            FieldFact(
                "|".join(sorted(types)) if isinstance(types, list) else str(types),
                tuple(str(value) for value in shape.get("values", ())),
                str(shape.get("unit", "")),
                required,
            ),
        )


def resolved(facts: Json, shape: Json) -> Json:
    """`shape` with what it refers to; its own facts win (a description beside a `$ref`)."""
    for _ in range(MAX_DEPTH):
        if "ref" not in shape:
            break
        own = {key: value for key, value in shape.items() if key != "ref"}
        shape = {**facts["shapes"].get(shape["ref"], {}), **own}
    return shape


def _route(path: str, method: str, operation: Json, describe: Callable[[Json], Json]) -> Json:
    pointer = f"#/paths/{escaped(path)}/{method}"
    found: Json = {"since": operation.get("x-compatibility-date"), **describe(operation)}
    body = _body(operation.get("requestBody", {}), f"{pointer}/requestBody")
    if body:
        found["body"] = body
    found["answers"] = {
        status: _answer(answer, f"{pointer}/responses/{status}")
        for status, answer in operation["responses"].items()
    }
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _answer(answer: Json, pointer: str) -> Json:
    shape = _body(answer, pointer)
    headers = sorted(answer.get("headers", {}))
    return {**({"shape": shape} if shape else {}), **({"headers": headers} if headers else {})}


def _body(node: Json, pointer: str) -> Json:
    for kind, content in node.get("content", {}).items():
        if "json" in kind:
            return shape_facts(content["schema"], f"{pointer}/content/{escaped(kind)}/schema")
    return {}


def _is_fact(example: object) -> bool:
    """A number, a flag or a single word; sentences and whole objects are not kept."""
    if isinstance(example, str):
        return " " not in example and len(example) <= 40
    return isinstance(example, int | float)


def _referred(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("ref"), str):
            yield node["ref"]
        node = [*node.values()]
    if isinstance(node, list):
        for value in node:
            yield from _referred(value)


def escaped(name: str) -> str:
    """A name as a part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
