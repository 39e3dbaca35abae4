"""The root: global options, and the commands by name."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from eveobs import __version__
from eveobs.cli.context import Run
from eveobs.cli.endings import endings
from eveobs.cli.lazy import Lazily, LazyGroup, module_command
from eveobs.errors import ExitCode

COMMANDS = {
    "fetch": "Observe a list at ESI and keep it.",
    "list": "List what is stored, filtered and sorted.",
    "show": "Show one stored record with all that hangs on it.",
    "find": "Find who sells something, and for how much.",
    "outbid": "See who undercuts your contracts, and by how much.",
    "deals": "Find contracts that cost less than what is in them.",
    "appraise": "Value what you paste, or what a contract holds.",
    "history": "See what became of contracts over time.",
    "export": "Write what is stored into a file.",
    "import": "Take in what others observed, such as EVE Ref.",
    "sql": "Ask the store in SQL; nothing is changed.",
    "watch": "Observe and publish, for as long as it runs.",
    "alerts": "Be told of what happened, once.",
    "publish": "Make a website of what is stored, or fill a WordPress site.",
    "api": "Ask any route of ESI.",
    "limits": "See what ESI still allows.",
    "bench": "Measure endpoints, and catch what got slower.",
    "cache": "See what the cache holds and how well it works.",
    "health": "Check everything that eveobs needs.",
    "auth": "Sign characters in and out.",
    "static-data": "Keep the names of types, systems and stations.",
    "audit": "See what was changed, and whether that record is whole.",
    "config": "Write, show, change and check the settings.",
    "completion": "Print what makes your shell complete eveobs.",
    "sandbox": "Serve a small New Eden on 127.0.0.1.",
    "help": "Explain a topic, or a command.",
}
"""Each is a module of eveobs.cli; its line of help stands here, so that none need be loaded."""


class LogFormat(StrEnum):
    """For people, or for programs that collect logs."""

    HUMAN = "human"
    JSON = "json"


class Root(LazyGroup):
    """`eveobs` itself; what any command raises ends here."""

    @staticmethod
    def commands_from() -> Lazily:
        """A module of eveobs.cli each."""
        return Lazily(lambda: list(COMMANDS), module_command)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ARG002
        """Their lines of the help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def make_context(self, *arguments: Any, **extras: Any) -> Any:
        """Read the command line; --help and --version are answered here."""
        with endings():
            return super().make_context(*arguments, **extras)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command."""
        code: int = ExitCode.FAILED
        try:
            with endings(lambda: ctx.obj):
                result = super().invoke(ctx)
            code = ExitCode.DONE
        except Exception as end:
            code = getattr(end, "exit_code", code)
            raise
        finally:
            if ctx.obj is not None:
                ctx.obj.finish(code)
        return result


app = typer.Typer(
    name="eveobs",
    cls=Root,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"eveobs {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Read this instead of ./eveobs.toml."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Set one setting for this run, above all files."
        ),
    ] = None,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="No progress, no remarks; warnings and errors only."),
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            help="Say what is done; -vv each request.",
        ),
    ] = 0,
    log_format: Annotated[
        LogFormat | None,
        typer.Option("--log-format", help="How to write what goes to stderr. Default: human."),
    ] = None,
    metrics_file: Annotated[
        Path | None,
        typer.Option(
            "--metrics-file",
            metavar="FILE",
            help="Add what this run did to FILE, for Prometheus' node_exporter.",
        ),
    ] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Say on stderr where the time went.")
    ] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colour (as with NO_COLOR set).")
    ] = False,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Never ask; what is missing is an error.")
    ] = False,
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Observe EVE Online: read its public API (ESI), keep the history, ask it questions.

    Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 usage,
    3 configuration, 4 sign-in, 5 unreachable, 6 limit reached, 7 partial, 130 interrupted.
    """
    context.obj = run = Run(
        environ=os.environ,
        cwd=Path.cwd(),
        config=config,
        settings=tuple(settings or ()),
        quiet=quiet,
        verbose=verbose,
        no_color=no_color,
        no_input=no_input,
        log_format=log_format or "",
        command=context.invoked_subcommand or "",
        metrics_file=metrics_file,
        profile=profile,
    )
    run.start_early()
