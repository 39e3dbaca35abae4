"""`eveobs show`: one record, with all that hangs on it. A command a processor."""

from __future__ import annotations

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
    from eveobs.store.store import Store


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
    if _named(schema):
        number = argument("key", str, metavar="NAME|ID", help=f"Its name, or the {schema.key}.")
    else:
        number = argument("key", int, metavar="ID", help=f"The {schema.key}.", min=1)
    details = " and ".join(detail.name for detail in schema.details)

    def run(context: typer.Context, values: dict[str, Any]) -> None:
        show_and_tell(schema, context.obj, values)

    text = f"Show one {name}" + (f" with its {details}." if details else ".")
    return build_command(name, [number, *output_options()], run, text)


def show_and_tell(schema: Schema, run: Run, values: Mapping[str, Any]) -> None:
    """Print the record that `eveobs show` was asked for."""
    from eveobs.errors import NotFoundError
    from eveobs.store.query import fields_of

    shape = chosen_format(values)
    with run.store() as store:
        key = _key(schema, str(values["key"]), store)
        record = store.row(schema, key)
    if record is None:
        raise NotFoundError(
            f"no {schema.singular} {values['key']} was ever seen",
            hint=f"`eveobs list {schema.name} --all` shows what is stored.",
        )
    details = {detail.name: detail.columns for detail in schema.details}
    answers = tuple(f"{name}_answer" for name in details)
    summaries = tuple(f"{one.name}_summary" for one in schema.details if one.summary)
    run.write_one(
        record,
        schema.columns_for({"type": [record.get("type")]}),
        details,
        format=shape,
        fields=chosen_fields(values),
        all_fields=(*fields_of(schema), *summaries, "changed_at", *answers),
        id_field=schema.key,
    )


def _named(schema: Schema) -> bool:
    """Whether a record is somebody with a name, rather than something with a number."""
    from eveobs.records.schema import SubjectKind

    return schema.key.removesuffix("_id") in {*SubjectKind}


def _key(schema: Schema, word: str, store: Store) -> int:
    """The key that `word` stands for. Raises NotFoundError for a name nobody has, UsageError for
    one that several have.
    """
    from eveobs.errors import NotFoundError, UsageError, did_you_mean, nearest

    asked = word.strip()
    if asked.isdecimal():
        return int(asked)
    everybody = store.named(schema.key.removesuffix("_id"))
    ids = [one.id for one in everybody if one.name.casefold() == asked.casefold()]
    stored = [number for number in ids if store.row(schema, number)] if len(ids) > 1 else ids
    if len(stored) == 1 or (ids and not stored):
        return (stored or ids)[0]
    if stored:
        several = " or ".join(map(str, stored))
        raise UsageError(
            f"there is more than one {schema.singular} {word!r}", hint=f"Give its id: {several}."
        )
    hint = did_you_mean(nearest(asked, [one.name for one in everybody]))
    raise NotFoundError(
        f"no {schema.singular} {word!r} was ever seen",
        hint=hint or f"`eveobs list {schema.name} --all` shows what is stored.",
    )
