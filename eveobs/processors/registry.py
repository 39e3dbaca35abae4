"""The processors there are: eveobs's own and those of installed packages."""

from __future__ import annotations

import difflib
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from eveobs.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from eveobs.processors.interface import Processor

GROUP = "eveobs.processors"
OURS = "eveobs."
"""A module that starts so is eveobs's own; no other package can take the name it offers."""
HINT = "Update or uninstall that package."


def entries() -> dict[str, EntryPoint]:
    """The entry points by the name of their processor; none is loaded."""
    return _entries(tuple(sys.path))


@lru_cache(maxsize=4)
def _entries(path: tuple[str, ...]) -> dict[str, EntryPoint]:  # noqa: ARG001 - what is looked at
    """Looking for them opens a file a package that is installed (15 ms)."""
    from importlib.metadata import entry_points

    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.value.startswith(OURS))
    return {entry.name: entry for entry in found}


def names() -> list[str]:
    """The names of all processors."""
    return sorted(entries())


def usual() -> list[str]:
    """The names of those that are fetched where nobody says which: all but those on demand."""
    return [name for name in names() if not processor(name).schema.on_demand]


def processor(name: str) -> Processor:
    """The processor called `name`. Raises UsageError for none, ConfigError for a broken package."""
    known = entries()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(known))}."
        raise UsageError(f"there is no processor {name!r}", hint=hint)
    try:
        found: Processor = known[name].load()
    except Exception as error:  # a package of somebody else's may raise anything
        raise ConfigError(
            f"the processor {name!r} of {_package(known[name])} cannot be loaded: {error}",
            hint=HINT,
        ) from error
    problem = _problem(name, found)
    if problem:
        raise ConfigError(
            f"the processor {name!r} of {_package(known[name])} is not one: {problem}", hint=HINT
        )
    return found


def _problem(name: str, found: object) -> str:
    from eveobs.records.schema import Schema

    schema = getattr(found, "schema", None)
    if not isinstance(schema, Schema):
        return "it has no schema"
    if schema.name != name:
        return f"its schema is of {schema.name!r}"
    return "" if callable(getattr(found, "collect", None)) else "it collects nothing"


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.value
