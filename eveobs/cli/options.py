"""Options that commands share, and commands whose options come from a schema."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eveobs.errors import UsageError

if TYPE_CHECKING:
    from typer._click import Command

    from eveobs.cli.output import Format
    from eveobs.records.schema import Filter


JSON = Annotated[bool, typer.Option("--json", help="A JSON list, an object a row.")]
YES = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; a script is never asked.")]
"""Of a command that asks before it removes something, where there is a terminal."""
PRINT_JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
"""The form of output of a command that prints no rows."""


class RowFormat(StrEnum):
    """What `--format` takes; see `eveobs help formatting`."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    TSV = "tsv"
    COUNT = "count"
    IDS = "ids"


OUTPUT: Mapping[str, tuple[Any, object]] = {
    "json": (JSON, False),
    "ndjson": (Annotated[bool, typer.Option("--ndjson", help="A JSON object a line.")], False),
    "csv": (Annotated[bool, typer.Option("--csv", help="CSV with a header.")], False),
    "format_": (
        Annotated[
            RowFormat | None,
            typer.Option("--format", help="The same, and tsv, the count of rows, or their ids."),
        ],
        None,
    ),
    "fields": (
        Annotated[
            str | None,
            typer.Option("--fields", metavar="A,B,C", help="Only these, in this order."),
        ],
        None,
    ),
    "field": (
        Annotated[
            str | None,
            typer.Option("--field", metavar="NAME", help="Only its values, one a line."),
        ],
        None,
    ),
    "columns": (
        Annotated[
            str | None,
            typer.Option(
                "--columns",
                metavar="A,B,C",
                help="Columns of the table, by header or field; what does not fit is cut.",
            ),
        ],
        None,
    ),
    "jq": (
        Annotated[
            str | None,
            typer.Option(
                "--jq", metavar="EXPR", help="Filter the JSON with jq (needs eveobs[jq])."
            ),
        ],
        None,
    ),
}
"""How every command that prints rows is asked for their form: the one declaration of it."""


Output = Mapping[str, Any]
"""The values of these options by name."""


def prints_rows(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `OUTPUT`, in place of its parameter `output`.

    `command` is called with their values by name in `output`, for `chosen_format` and
    `chosen_fields`.
    """
    signature = inspect.signature(command, eval_str=True)
    own = [one for one in signature.parameters.values() if one.name != "output"]

    @wraps(command)
    def with_output(**values: Any) -> None:
        output = {name: values.pop(name) for name in OUTPUT}
        values["context"].obj.output = output
        command(**values, output=output)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [*(one.replace(kind=keyword) for one in own), *output_options()]
    with_output.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    with_output.__annotations__ = {one.name: one.annotation for one in parameters}
    return with_output


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
    """Those of `OUTPUT`."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(name, keyword, default=default, annotation=annotation)
        for name, (annotation, default) in OUTPUT.items()
    ]


def chosen_format(values: Mapping[str, Any]) -> Format:
    """The format that was asked for; with --jq it is JSON. Raises UsageError for two of them."""
    from eveobs.cli.output import Format

    wanted = {name: f"--{name}" for name in ("json", "ndjson", "csv") if values.get(name)}
    if (named := values.get("format_")) is not None:
        wanted.setdefault(str(named.value), f"--format {named.value}")
    if values.get("field") is not None:
        wanted["values"] = "--field"
    if values.get("jq") is not None and [*wanted] != ["json"]:
        wanted["jq"] = "--jq"
    if len(wanted) > 1:
        one, other, *_ = wanted.values()
        raise UsageError(f"{one} and {other} cannot be used together", hint="Leave one out.")
    (name,) = wanted or ("table",)
    found = Format.JSON if name == "jq" else Format(name)
    _check_selection(values, found)
    return found


def _check_selection(values: Mapping[str, Any], found: Format) -> None:
    """Whether what selects fields goes with the format. Raises UsageError, ConfigError."""
    from eveobs.cli.output import Format

    selects = [name for name in ("fields", "field", "columns") if values.get(name) is not None]
    if len(selects) > 1:
        raise UsageError(
            f"--{selects[0]} and --{selects[1]} cannot be used together",
            hint="Leave one out.",
        )
    if selects == ["columns"] and found is not Format.TABLE:
        raise UsageError("--columns is for tables", hint="--fields selects in any format.")
    if values.get("jq") is not None:
        from eveobs.cli.extras import need

        need("jq", "jq", "--jq")


def chosen_fields(values: Mapping[str, Any]) -> list[str] | None:
    """The fields that were asked for."""
    if values.get("field") is not None:
        return [str(values["field"])]
    return None if values.get("fields") is None else str(values["fields"]).split(",")


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
        readable = {key: _as_text(value) for key, value in values.items()}
        context.obj.output = {name: readable[name] for name in OUTPUT if name in readable}
        run(context, readable)

    first = inspect.Parameter(
        "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
    )
    command.__signature__ = inspect.Signature([first, *parameters])  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in (first, *parameters)}
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, help=help)(command)
    return typer.main.get_command(app)
