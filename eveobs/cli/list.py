"""`eveobs list`: what is stored, filtered and sorted. A command a processor."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import typer

from eveobs.cli.lazy import Lazily, LazyGroup
from eveobs.cli.options import build_command, filter_parameter, option, output_options

if TYPE_CHECKING:
    from typer._click import Command

    from eveobs.records.schema import Filter, Schema


class ListGroup(LazyGroup):
    """The processors."""

    @staticmethod
    def commands_from() -> Lazily:
        """One command each."""
        from eveobs.processors.registry import names

        return Lazily(names, list_command)


app = typer.Typer(
    cls=ListGroup, no_args_is_help=True, rich_markup_mode=None, help="List what is stored."
)


@app.callback()
def list_() -> None:
    """List what is stored, filtered and sorted. Asks ESI nothing."""


def list_command(name: str) -> Command:
    """`eveobs list <name>`."""
    from eveobs.processors.registry import processor

    schema = processor(name).schema
    parameters = [
        *(_filter_option(rule) for rule in schema.filters),
        option("gone", bool, False, "--gone", help="Only what is gone."),  # noqa: FBT003
        option("all_", bool, False, "--all", help="What is gone, too."),  # noqa: FBT003
        option(
            "sort",
            str | None,
            None,
            "--sort",
            metavar="FIELD,-FIELD",
            help=f"Order by these; a - turns it round. Default: {schema.sort or schema.key}.",
        ),
        option(
            "limit",
            int | None,
            None,
            "--limit",
            metavar="N",
            min=0,
            help="At most this many; 0 for all. Default: a screenful on a terminal, else all.",
        ),
        *([_tree_option()] if schema.tree else []),
        *output_options(),
    ]

    def run(context: typer.Context, values: dict[str, Any]) -> None:
        from eveobs.cli.listing import list_and_tell

        list_and_tell(schema, context.obj, values)

    return build_command(name, parameters, run, _help(schema))


def _tree_option() -> inspect.Parameter:
    return option(
        "tree",
        bool,
        False,  # noqa: FBT003
        "--tree",
        help="As a tree: what lies where, and in what.",
    )


def _filter_option(rule: Filter) -> inspect.Parameter:
    from eveobs.records.schema import Kind

    kind: Any = str | None
    extras: dict[str, Any] = {"help": rule.help}
    if rule.kind is Kind.FLAG:
        both = f"--{rule.option}/--no-{rule.option}"
        return option(filter_parameter(rule), bool | None, None, both, **extras)
    if rule.choices:  # ESI adds values to them: `check_choices` takes what is stored, too
        kind = list[str] | None
        extras["metavar"] = f"<{'|'.join(rule.choices)}>"
    elif rule.names:
        kind = list[str] | None
        extras["metavar"] = "NAME|ID"
    else:
        words = {"isk": "ISK", "time": "WHEN", "number": "N"}
        extras["metavar"] = words.get(rule.kind, "TEXT")
    return option(filter_parameter(rule), kind, None, f"--{rule.option}", **extras)


def _help(schema: Schema) -> str:
    return (
        f"List the {schema.name} that are stored; what is gone only with --gone or --all.\n\n"
        "Names match in part and in any case. --json prints ESI's own field names and values."
    )
