"""`eveobs show`: one record, with all that hangs on it. A command a processor."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import typer

from eveobs.cli.lazy import Lazily, LazyGroup
from eveobs.cli.options import (
    argument,
    build_command,
    chosen_fields,
    chosen_format,
    output_options,
)
from eveobs.errors import ConfigError

if TYPE_CHECKING:
    from typer._click import Command

    from eveobs.cli.context import Run
    from eveobs.records.schema import Schema


class ShowGroup(LazyGroup):
    """The kinds of record, by their singular."""

    @staticmethod
    def commands_from() -> Lazily:
        """One command each."""
        return Lazily(lambda: list(_schemas()), show_command)


app = typer.Typer(
    cls=ShowGroup, no_args_is_help=True, rich_markup_mode=None, help="Show one stored record."
)


@app.callback()
def show() -> None:
    """Show one stored record with all that hangs on it. Asks ESI nothing."""


def _schemas() -> dict[str, Schema]:
    from eveobs.processors.registry import names, processor

    schemas = []
    for name in names():
        with suppress(ConfigError):  # a broken package is told of by its own commands
            schemas.append(processor(name).schema)
    return {schema.singular: schema for schema in schemas}


def show_command(name: str) -> Command:
    """`eveobs show <name>`."""
    schema = _schemas()[name]
    number = argument("key", int, metavar="ID", help=f"The {schema.key}.", min=1)
    details = " and ".join(detail.name for detail in schema.details)

    def run(context: typer.Context, values: dict[str, Any]) -> None:
        show_and_tell(schema, context.obj, values)

    text = f"Show one {name}" + (f" with its {details}." if details else ".")
    return build_command(name, [number, *output_options()], run, text)


def show_and_tell(schema: Schema, run: Run, values: Mapping[str, Any]) -> None:
    """Print the record that `eveobs show` was asked for."""
    from eveobs.cli.output import write_record
    from eveobs.errors import UsageError
    from eveobs.store.query import fields_of

    shape = chosen_format(values)
    with run.store() as store:
        record = store.row(schema, values["key"])
    if record is None:
        raise UsageError(
            f"no {schema.singular} {values['key']} was ever seen",
            hint=f"`eveobs list {schema.name} --all` shows what is stored.",
        )
    details = {detail.name: detail.columns for detail in schema.details}
    answers = tuple(f"{name}_answer" for name in details)
    write_record(
        record,
        columns=schema.columns,
        details=details,
        format=shape,
        fields=chosen_fields(values),
        stream=sys.stdout,
        width=run.width(),
        colour=run.colour(sys.stdout.isatty()),
        now=run.now(),
        all_fields=(*fields_of(schema), "changed_at", *answers),
    )
