"""The tree of commands and options, read off the Typer application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from eveobs.cli.by_default import HERE

SUBJECTS = ("character", "corporation")
CATEGORIES = {
    "region_id": "region",
    "issuer_id": "character",
    "installer_id": "character",
    "assignee_id": "character",
    "type_id": "inventory_type",
    "blueprint_type_id": "inventory_type",
    "product_type_id": "inventory_type",
    "solar_system_id": "solar_system",
    "system_id": "solar_system",
}
"""What kind of name an id field has, in the words of `/universe/names`."""


def tree() -> dict[str, Any]:
    """All of `eveobs`."""
    import typer

    from eveobs.cli.app import app

    return _node(typer.main.get_command(app), ())


def _node(command: Any, path: tuple[str, ...]) -> dict[str, Any]:
    below = dict(getattr(command, "commands", None) or {})
    here = below.pop(HERE, None)
    parameters = [*command.params, *(here.params if here else ())]
    return {
        "help": _line(command),
        "commands": {
            name: _node(one, (*path, name)) for name, one in below.items() if not one.hidden
        },
        "options": dict(_options(parameters, path)),
        "arguments": [
            {**_argument(one, path), "many": one.nargs != 1}
            for one in parameters
            if one.param_type_name == "argument"
        ],
    }


def _line(command: Any) -> str:
    from eveobs.cli.app import COMMANDS

    text = COMMANDS.get(command.name) or command.help or ""
    return text.split("\n")[0].strip()


def _options(parameters: list[Any], path: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    own = _of_schema(path)
    yield "--help", {"takes": False, "help": "Show this message and exit."}
    for one in parameters:
        if one.param_type_name != "option" or one.hidden:
            continue
        help_line = (one.help or "").split("\n")[0]
        for flag in (*one.opts, *one.secondary_opts):
            found: dict[str, Any] = {"takes": not (one.is_flag or one.count), "help": help_line}
            source = own.get(flag) or _of_flag(flag, one, path)
            if source and found["takes"]:
                found["source"] = source
            yield flag, found


def _of_schema(path: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Sources of the options that a processor's schema makes."""
    from eveobs.processors.registry import processor

    if len(path) != 2 or path[0] not in {"list", "show"}:
        return {}
    name = _by_singular().get(path[1], path[1])
    if name not in _processors():
        return {}
    from eveobs.store.query import fields_of

    schema = processor(name).schema
    fields = list(fields_of(schema))
    found: dict[str, dict[str, Any]] = {
        "--fields": {"list": fields, "commas": True},
        "--field": {"list": fields},
        "--columns": {"list": fields, "commas": True},
        "--sort": {"list": fields, "commas": True, "signed": True},
    }
    for rule in schema.filters:
        if rule.names and rule.field in CATEGORIES:
            found[f"--{rule.option}"] = {"names": CATEGORIES[rule.field]}
        elif rule.option in SUBJECTS:
            found[f"--{rule.option}"] = {"subjects": rule.option}
        elif rule.choices:
            found[f"--{rule.option}"] = {"list": list(rule.choices)}
    return found


@cache
def _by_singular() -> dict[str, str]:
    from eveobs.processors.registry import processor

    return {processor(name).schema.singular: name for name in _processors()}


def _of_flag(flag: str, option: Any, path: tuple[str, ...]) -> dict[str, Any] | None:
    if choices := getattr(option.type, "choices", None):
        return {"list": [getattr(one, "value", one) for one in choices]}
    name = flag.lstrip("-")
    if name == "region":
        return {"names": "region"}
    if name in SUBJECTS or name == "as":
        return {"subjects": name if name in SUBJECTS else "character"}
    return _listed(name, path)


def _listed(name: str, path: tuple[str, ...]) -> dict[str, Any] | None:
    if name in {"field", "fields", "columns"} and path[:1] == ("fetch",):
        from eveobs.observation.unit import Outcome

        return {"list": list(Outcome.__struct_fields__), "commas": name != "field"}
    if name == "check":
        from eveobs.operate.health.roster import NAMES

        return {"list": list(NAMES)}
    if name in {"for", "from"}:
        return {"list": list(_processors()), "commas": name == "for"}
    found = LISTS.get(name)
    return {"list": found, "commas": name == "mode"} if found else None


@cache
def _processors() -> tuple[str, ...]:
    from eveobs.processors.registry import names

    return tuple(names())


def _argument(argument: Any, path: tuple[str, ...]) -> dict[str, Any]:
    if choices := getattr(argument.type, "choices", None):
        return {"list": [getattr(one, "value", one) for one in choices]}
    whole = " ".join(path)
    if whole in {"auth logout", "auth refresh"}:
        return {"subjects": "character"}
    found = ARGUMENTS.get((whole, argument.name)) or ARGUMENTS.get((whole, ""))
    return {"list": found()} if found else {}


def _keys() -> list[str]:
    from eveobs.settings.keys import keys

    return list(keys())


def _topics() -> list[str]:
    from eveobs.cli.app import COMMANDS
    from eveobs.cli.help import TOPICS

    return [*TOPICS, *COMMANDS]


def _routes() -> list[str]:
    from eveobs.esi.routes import ROUTES

    return sorted({one.path for one in ROUTES})


def _kinds() -> list[str]:
    from eveobs.publish.kinds import find_kinds

    return [one for one in find_kinds() if one != "summary"]


LISTS = {
    "target": ["site", "wordpress"],
    "images": ["link", "upload"],
    "mode": ["network", "revalidate", "memory", "disk", "store"],
}
ARGUMENTS: dict[tuple[str, str], Callable[[], list[str]]] = {
    ("config set", "key"): _keys,
    ("config get", "key"): _keys,
    ("config unset", "key"): _keys,
    ("help", ""): _topics,
    ("api", ""): _routes,
    ("bench", ""): _routes,
    ("publish", ""): _kinds,
}
"""What arguments may be, by the command and the name of the argument ("": any)."""
