"""Options that commands share, and commands whose options come from a schema."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eveobs.errors import UsageError

if TYPE_CHECKING:
    from typer._click import Command

    from eveobs.cli.output import Format
    from eveobs.records.schema import Filter


JSON = Annotated[bool, typer.Option("--json", help="A JSON list, an object a row.")]
NDJSON = Annotated[bool, typer.Option("--ndjson", help="A JSON object a line.")]
CSV = Annotated[bool, typer.Option("--csv", help="CSV with a header.")]
CHOSEN_FIELDS = Annotated[
    str | None,
    typer.Option("--fields", metavar="A,B,C", help="Only these, in this order."),
]
"""How a command that prints rows is asked for their form."""
PRINT_JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
"""The same of one that prints something else, or has no other form."""


def option(name: str, kind: Any, default: object, *flags: str, **extras: Any) -> inspect.Parameter:
    """A parameter of a command, as `typer.Option(*flags, **extras)` describes it."""
    annotation = Annotated[kind, typer.Option(*flags, **extras)]
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def argument(name: str, kind: Any, **extras: Any) -> inspect.Parameter:
    """A required argument of a command."""
    annotation = Annotated[kind, typer.Argument(**extras)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def filter_parameter(rule: Filter) -> str:
    """What the option of a filter is called inside a command."""
    return "filter_" + rule.option.replace("-", "_")


def output_options() -> list[inspect.Parameter]:
    """--json, --ndjson, --csv and --fields."""
    shared: tuple[tuple[str, Any, object], ...] = (
        ("json", JSON, False),
        ("ndjson", NDJSON, False),
        ("csv", CSV, False),
        ("fields", CHOSEN_FIELDS, None),
    )
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(name, kind, default=default, annotation=annotation)
        for name, annotation, default in shared
    ]


def chosen_format(values: Mapping[str, Any]) -> Format:
    """The format that was asked for. Raises UsageError for two of them."""
    from eveobs.cli.output import Format

    asked = [name for name in ("json", "ndjson", "csv") if values[name]]
    if len(asked) > 1:
        raise UsageError(f"--{asked[0]} and --{asked[1]} exclude each other")
    return Format(asked[0]) if asked else Format.TABLE


def chosen_fields(values: Mapping[str, Any]) -> list[str] | None:
    """The fields that were asked for."""
    return None if values["fields"] is None else str(values["fields"]).split(",")


def _as_text(value: Any) -> Any:
    """What was typed in UTF-8, where a locale such as C made Python take it for bytes (PEP 383)."""
    if isinstance(value, list):
        return [_as_text(one) for one in value]
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def build_command(
    name: str,
    parameters: Sequence[inspect.Parameter],
    run: Callable[[typer.Context, dict[str, Any]], None],
    help: str,  # noqa: A002 - Typer's word
) -> Command:
    """A command whose options are `parameters`; `run` gets the context and their values."""

    def command(context: typer.Context, **values: Any) -> None:
        run(context, {key: _as_text(value) for key, value in values.items()})

    first = inspect.Parameter(
        "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
    )
    command.__signature__ = inspect.Signature([first, *parameters])  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in (first, *parameters)}
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, help=help)(command)
    return typer.main.get_command(app)
