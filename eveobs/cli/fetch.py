"""`eveobs fetch`: observe a list and keep it. A command a processor, made of what it declares."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from eveobs.cli.lazy import Lazily, LazyGroup
from eveobs.cli.options import build_command, option, output_options

if TYPE_CHECKING:
    from typer._click import Command

    from eveobs.records.schema import Schema

TOGETHER = {"wallet": ("wallet-journal", "wallet-transactions")}
"""Processors that are fetched in one go, by the name for all of them."""
ALL = "all"


class FetchGroup(LazyGroup):
    """The processors."""

    @staticmethod
    def commands_from() -> Lazily:
        """One command each, and those for several."""
        return Lazily(_names, fetch_command)


app = typer.Typer(
    cls=FetchGroup, no_args_is_help=True, rich_markup_mode=None, help="Observe a list and keep it."
)


@app.callback()
def fetch() -> None:
    """Observe a list at ESI and keep it, with its history.

    Asks nothing that has not expired, so it may be run as often as you like. Run it again after an
    interruption: what was kept is not asked again.
    """


def _names() -> list[str]:
    from eveobs.processors.registry import names

    single = names()
    several = [name for name, parts in TOGETHER.items() if {*parts} <= {*single}]
    return [ALL, *sorted([*single, *several])]


def fetch_command(name: str) -> Command:
    """`eveobs fetch <name>`."""
    if name == ALL:
        return _fetch_all()
    from eveobs.processors.registry import processor

    parts = TOGETHER.get(name, (name,))
    schemas = [processor(part).schema for part in parts]
    details = [detail.name for detail in schemas[0].details] if len(parts) == 1 else []
    parameters = [
        *_whose(name, schemas[0]),
        *(_of_types(name) if schemas[0].by_type else ()),
        *(
            option(f"no_{detail}", bool, False, f"--no-{detail}", help=f"Leave the {detail} out.")  # noqa: FBT003
            for detail in details
        ),
        *_how(),
    ]

    def run(context: typer.Context, values: dict[str, Any]) -> None:
        from eveobs.cli.fetching import fetch_and_tell

        fetch_and_tell(parts, context.obj, values)

    return build_command(name, parameters, run, _help(name, schemas[0], details))


def _fetch_all() -> Command:
    def run(context: typer.Context, values: dict[str, Any]) -> None:
        from eveobs.cli.fetching import fetch_and_tell

        fetch_and_tell(None, context.obj, values)

    text = (
        "Fetch what observe.processors lists; by default all that is not large.\n\n"
        "Public lists of the regions in [observe], and those of every signed-in character and its "
        "corporation that may be read, in an order that spends ESI's limits evenly. Prints what "
        "came of it, a line each. Exit code 7 when some of it is missing."
    )
    return build_command(ALL, _how(), run, text)


def _whose(name: str, schema: Schema) -> Sequence[inspect.Parameter]:
    from eveobs.records.schema import SubjectKind

    if SubjectKind.UNIVERSE in schema.subjects:
        return ()
    return _of_owners(name, schema) if schema.owned else _of_regions(name, schema)


def _of_types(name: str) -> Sequence[inspect.Parameter]:
    return [
        option(
            "types",
            list[str] | None,
            None,
            "--type",
            metavar="NAME|ID",
            help=f"The {name} of this type; may be given more than once. "
            "Default: observe.types in eveobs.toml.",
        )
    ]


def _of_regions(name: str, schema: Schema) -> Sequence[inspect.Parameter]:
    kind = schema.subjects[0]
    return [
        option(
            kind,
            list[str] | None,
            None,
            f"--{kind}",
            metavar="NAME|ID",
            help=f"Whose {name}: this {kind}; may be given more than once. "
            "Default: those of [observe] in eveobs.toml.",
        ),
        option(
            "everywhere",
            bool,
            False,  # noqa: FBT003
            f"--all-{kind}s",
            help=f"Every {kind} there is.",
        ),
    ]


def _of_owners(name: str, schema: Schema) -> Sequence[inspect.Parameter]:
    return [
        option(
            kind,
            list[str] | None,
            None,
            f"--{kind}",
            metavar="NAME|ID",
            help=f"Whose {name}: this {kind}; may be given more than once. "
            "Default: those of [observe] in eveobs.toml, else all that may be read.",
        )
        for kind in schema.subjects
    ]


def _how() -> Sequence[inspect.Parameter]:
    return [
        option(
            "no_wait",
            bool,
            False,  # noqa: FBT003
            "--no-wait",
            help="End with exit code 6 instead of waiting for a limit of ESI.",
        ),
        option(
            "plan",
            bool,
            False,  # noqa: FBT003
            "--plan",
            help="Send nothing; say what a run would ask, and what it would cost.",
        ),
        *output_options(),
    ]


def _help(name: str, schema: Schema, details: Sequence[str]) -> str:
    with_details = f" with their {' and '.join(details)}" if details else ""
    from eveobs.records.schema import SubjectKind

    if SubjectKind.UNIVERSE in schema.subjects:
        return f"Fetch the {name} of New Eden.\n\nPrints what came of it."
    whose = " or ".join(schema.subjects)
    what = " and ".join(TOGETHER.get(name, (name,)))
    return (
        f"Fetch the {what} of a {whose}{with_details}.\n\n"
        "Prints what came of it, a line a "
        f"{whose}. Exit code 7 when some of it is missing: what arrived is kept, "
        "and nothing is declared gone."
    )
