"""`eveobs fetch`: observe a list and keep it. A command a processor, made of what it declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from eveobs.cli.lazy import Lazily, LazyGroup
from eveobs.cli.options import build_command, option, output_options

if TYPE_CHECKING:
    from typer._click import Command

    from eveobs.records.schema import Schema


class FetchGroup(LazyGroup):
    """The processors."""

    @staticmethod
    def commands_from() -> Lazily:
        """One command each."""
        from eveobs.processors.registry import names

        return Lazily(names, fetch_command)


app = typer.Typer(
    cls=FetchGroup, no_args_is_help=True, rich_markup_mode=None, help="Observe a list and keep it."
)


@app.callback()
def fetch() -> None:
    """Observe a list at ESI and keep it, with its history.

    Asks nothing that has not expired, so it may be run as often as you like. Run it again after an
    interruption: what was kept is not asked again.
    """


def fetch_command(name: str) -> Command:
    """`eveobs fetch <name>`."""
    from eveobs.processors.registry import processor

    schema = processor(name).schema
    details = [detail.name for detail in schema.details]
    parameters = [
        option(
            schema.subjects[0],
            list[str] | None,
            None,
            f"--{schema.subjects[0]}",
            metavar="NAME|ID",
            help=f"Whose {name}: this {schema.subjects[0]}; may be given more than once. "
            "Default: those of [observe] in eveobs.toml.",
        ),
        option(
            "everywhere",
            bool,
            False,  # noqa: FBT003
            f"--all-{schema.subjects[0]}s",
            help=f"Every {schema.subjects[0]} there is.",
        ),
        *(
            option(f"no_{detail}", bool, False, f"--no-{detail}", help=f"Leave the {detail} out.")  # noqa: FBT003
            for detail in details
        ),
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

    def run(context: typer.Context, values: dict[str, Any]) -> None:
        from eveobs.cli.fetching import fetch_and_tell

        fetch_and_tell(name, schema, context.obj, values)

    return build_command(name, parameters, run, _help(schema))


def _help(schema: Schema) -> str:
    details = " and ".join(detail.name for detail in schema.details)
    with_details = f" with their {details}" if details else ""
    return (
        f"Fetch the {schema.name} of a {schema.subjects[0]}{with_details}.\n\n"
        "Prints what came of it, a line a "
        f"{schema.subjects[0]}. Exit code 7 when some of it is missing: what arrived is kept, "
        "and nothing is declared gone."
    )
