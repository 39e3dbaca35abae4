"""The route that a concrete path belongs to."""

from __future__ import annotations

import difflib
from urllib.parse import parse_qsl, unquote, urlsplit

from eveobs.errors import UsageError
from eveobs.esi.route import Route
from eveobs.esi.routes import ROUTES


def find(method: str, target: str) -> tuple[Route, dict[str, str]]:
    """The route of `target` (a path, as documented or filled in, with or without a query).

    Returns it with the parameters that `target` holds. Raises UsageError with the nearest route.
    """
    split = urlsplit(target)
    parts = ["", *(unquote(part) for part in split.path.split("/") if part)]
    fits = [
        (route, filled)
        for route in ROUTES
        if route.method == method and (filled := _fill(route, parts)) is not None
    ]
    if not fits:
        raise _unknown(method, split.path)
    route, filled = min(fits, key=lambda fit: len(fit[1]))  # the most literal one
    return route, {**filled, **dict(parse_qsl(split.query, keep_blank_values=True))}


def _fill(route: Route, parts: list[str]) -> dict[str, str] | None:
    names = route.path.split("/")
    if len(names) != len(parts):
        return None
    filled = {}
    for name, part in zip(names, parts, strict=True):
        if name.startswith("{"):
            if part != name:
                filled[name[1:-1]] = part
        elif name != part:
            return None
    return filled


def _unknown(method: str, path: str) -> UsageError:
    others = sorted({route.method for route in ROUTES if _fill(route, path.split("/")) is not None})
    if others:
        return UsageError(f"{path} takes {' or '.join(others)}, not {method}")
    near = difflib.get_close_matches(path, [route.path for route in ROUTES], n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "`eveobs api --list` shows all routes."
    return UsageError(f"ESI has no route {path}", hint=hint)


def matching(words: str) -> list[Route]:
    """The routes whose path, group or scope contains `words`, in any case."""
    wanted = words.lower()
    return [
        route
        for route in ROUTES
        if wanted in f"{route.method} {route.path} {route.group} {route.scope}".lower()
    ]
