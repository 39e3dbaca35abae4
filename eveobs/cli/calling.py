"""Running `eveobs api`: finding the route, asking it, printing what it answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eveobs.cli.asking_as import access_for
from eveobs.cli.output import Format
from eveobs.cli.output.machine import json_text
from eveobs.errors import LimitError, PartialError, SignInError, UsageError
from eveobs.records.schema import Column, Kind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.access import Access
    from eveobs.esi.answers import Listing
    from eveobs.esi.client import EsiClient
    from eveobs.esi.route import Route

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")

COLUMNS = (
    Column("method", "Method", rank=2),
    Column("path", "Path", flexible=True),
    Column("cache_age", "Cache", Kind.NUMBER, rank=3),
    Column("paging", "Paging", rank=5),
    Column("group", "Group", rank=4),
    Column("limit", "Limit", rank=6),
    Column("scope", "Scope", rank=5, flexible=True),
)
FIELDS = ("method", "path", "cache_age", "paging", "group", "tokens", "window", "scope", "roles")


def list_routes(run: Run, words: str, *, as_json: bool) -> None:
    """Print the routes that `words` is found in."""
    from eveobs.esi.lookup import matching

    found = matching(words)
    run.write(
        [_row(route) for route in found],
        COLUMNS,
        format=Format.JSON if as_json else Format.TABLE,
        all_fields=FIELDS,
    )
    if not found:
        run.remark(f"no route has {words!r} in its path, group or scope")


def _row(route: Route) -> dict[str, object]:
    limit = f"{route.tokens}/{route.window // 60}m" if route.group else ""
    return {**route._asdict(), "roles": list(route.roles), "limit": limit}


def target_of(method: str | None, path: str | None, *, has_body: bool) -> tuple[str, str]:
    """Method and path of what was typed: `/status`, `GET /status`, `get status`."""
    if path is None and method is not None and method.upper() not in METHODS:
        method, path = None, method
    if path is None:
        raise UsageError("no path is given", hint="Such as eveobs api /universe/types/587.")
    verb = (method or ("POST" if has_body else "GET")).upper()
    if verb not in METHODS:
        raise UsageError(f"{method} is no method", hint=f"There are: {', '.join(METHODS)}.")
    return verb, "/" + path.lstrip("/")


def call(
    run: Run,
    verb: str,
    target: str,
    fields: Sequence[str],
    body: str | None,
    *,
    paginate: bool,
    include: bool,
    name: str | None = None,
) -> None:
    """Ask, and print the answer."""
    from eveobs.esi.lookup import find

    route, parameters = find(verb, target)
    parameters |= dict(_pair(text) for text in fields)
    missing = [p[1:-1] for p in route.path.split("/") if p[:1] == "{" and p[1:-1] not in parameters]
    if missing:
        raise UsageError(f"{route.path} needs {', '.join(missing)}", hint=f"-f {missing[0]}=…")
    if not route.safe:
        raise UsageError(f"{verb} {route.path} changes something; eveobs only observes")
    if paginate and not route.paging:
        raise UsageError(f"{route.path} is not paged", hint="Leave --paginate out.")
    content = None if body is None else _json_of(body)
    access = access_for(run, route, parameters, name)
    import asyncio

    answer = asyncio.run(_ask(run, route, parameters, content, access, paginate=paginate))
    if include:
        _tell_about(answer, sys.stdout)
    value = answer.value if hasattr(answer, "value") else answer.rows
    sys.stdout.write(json_text(value, indent=2) + "\n")
    if hasattr(answer, "whole") and not answer.whole:
        if isinstance(answer.error, LimitError | SignInError):
            raise answer.error
        raise PartialError(f"some of it is missing: {answer.why}")


def _pair(text: str) -> tuple[str, str]:
    key, found, value = text.partition("=")
    if not found or not key:
        raise UsageError(f"-f {text}: that is no KEY=VALUE")
    return key, value


def _json_of(source: str) -> Any:
    import msgspec

    data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"what --input gives is no JSON: {error}") from error


async def _ask(
    run: Run,
    route: Route,
    parameters: dict[str, str],
    content: Any,
    access: Access | None,
    *,
    paginate: bool,
) -> Any:
    with run.progress() as progress:
        async with run.client(progress) as client:
            if route.method != "GET":
                path = {key: parameters[key] for key in parameters if f"{{{key}}}" in route.path}
                return await client.post(
                    route, content, shape=object, parameters=path, access=access
                )
            if paginate:
                return await _list(client, route, parameters, access)
            return await client.get(route, parameters, shape=object, access=access)


async def _list(
    client: EsiClient, route: Route, parameters: dict[str, str], access: Access | None
) -> Listing[Any]:
    told: dict[str, Any] = {"stage": "pages", "access": access}
    if route.paging == "x-pages":
        return await client.pages(route, parameters, shape=list[Any], **told)
    if route.paging == "cursor":
        return await client.cursor(route, parameters, shape=dict, **told)
    from eveobs.esi.walking import names_of

    _, field = names_of(route.path)
    return await client.walk(route, parameters, shape=list[Any], id_field=field, **told)


def _tell_about(answer: Any, stream: Any) -> None:
    def time(seconds: float | None) -> str:
        if not seconds:
            return "-"
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    from_cache = " (from the cache)" if getattr(answer, "cached", False) else ""
    stream.write(f"status: {answer.status}{from_cache}\n")
    stream.write(f"last-modified: {time(answer.last_modified)}\n")
    stream.write(f"expires: {time(answer.expires)}\n")
    stream.write(f"pages: {answer.pages}\n\n")
