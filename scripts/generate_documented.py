"""Write eveobs/esi/documented.json, what answers have by ESI's OpenAPI document.

Usage: python scripts/generate_documented.py SPEC.json [OUTPUT.json]     (- writes to stdout)

A line a route: the names of the fields of an object or row (those of nested ones are dotted), and
the values of those that are enumerated.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

METHODS = ("get", "post")


class Shapes:
    """The fields of answers in one OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def routes(self) -> dict[str, dict[str, Any]]:
        """By `METHOD path`, for every route whose answer is an object or a list of them."""
        found = {}
        for path, operations in sorted(self._document["paths"].items()):
            for method in METHODS:
                if method not in operations:
                    continue
                fields: dict[str, list[str]] = {}
                self._walk(self._answer(operations[method]), "", fields, depth=0)
                if fields:
                    values = {name: sorted(some) for name, some in fields.items() if some}
                    found[f"{method.upper()} {path}"] = {"fields": sorted(fields), "values": values}
        return found

    def _answer(self, operation: dict[str, Any]) -> dict[str, Any]:
        responses = operation["responses"]
        answer = self._resolved(responses.get("200") or responses.get("201") or {})
        schema: dict[str, Any] = (
            answer.get("content", {}).get("application/json", {}).get("schema", {})
        )
        return self._resolved(schema)

    def _walk(
        self, schema: dict[str, Any], prefix: str, fields: dict[str, list[str]], depth: int
    ) -> None:
        if schema.get("type") == "array":
            self._walk(self._resolved(schema.get("items", {})), prefix, fields, depth)
            return
        parts = [
            schema,
            *(
                self._resolved(one)
                for key in ("allOf", "oneOf", "anyOf")
                for one in schema.get(key, ())
            ),
        ]
        for part in parts:
            for name, node in part.get("properties", {}).items():
                value = self._resolved(node)
                items = self._resolved(value.get("items", {}))
                enumerated = [*value.get("enum", ()), *items.get("enum", ())]
                known = fields.setdefault(prefix + name, [])
                known += [str(one) for one in enumerated if str(one) not in known]
                if depth < 6:
                    self._walk(value, f"{prefix}{name}.", fields, depth + 1)
            if "additionalProperties" in part and prefix:
                fields.setdefault(f"{prefix}*", [])

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node


def generate(document: dict[str, Any]) -> str:
    """The text of the file."""
    routes = Shapes(document).routes()
    lines = [
        f"{json.dumps(name)}: {json.dumps(shape, separators=(',', ':'))}"
        for name, shape in routes.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: list[str]) -> None:
    """Read the document named first, write the file named second."""
    if not arguments:
        raise SystemExit(__doc__)
    text = generate(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    default = Path(__file__).parents[1] / "eveobs" / "esi" / "documented.json"
    target = arguments[1] if len(arguments) > 1 else str(default)
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
