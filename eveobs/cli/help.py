"""`eveobs help`: topics that belong to no single command, and the help of any command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from eveobs.errors import UsageError

if TYPE_CHECKING:
    from typer._click import Command

TOPICS = {
    "environment": "Every environment variable that eveobs reads.",
    "exit-codes": "What the shell is told at the end.",
    "formatting": "Tables, JSON, CSV, colours, and what a script may rely on.",
    "limits": "What ESI allows, and how eveobs keeps to it.",
}

app = typer.Typer(rich_markup_mode=None, help="Explain a topic, or a command.")


@app.command()
def help_(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TOPIC|COMMAND…]",
            help="environment, exit-codes, formatting, limits; or a command such as fetch.",
        ),
    ] = None,
) -> None:
    """Explain a topic, or a command.

    Topics: environment, exit-codes, formatting, limits. `eveobs help fetch contracts` is
    `eveobs fetch contracts --help`.
    """
    root = context.find_root()
    if not words:
        typer.echo(root.get_help())
        typer.echo("\nTopics (`eveobs help TOPIC`):")
        for name, line in TOPICS.items():
            typer.echo(f"  {name:<13} {line}")
    elif words[0] in TOPICS and len(words) == 1:
        from eveobs.cli.topics import topic

        typer.echo(topic(words[0]))
    else:
        typer.echo(_help_of(root, words))


def _help_of(root: Any, words: list[str]) -> str:
    """What `--help` says of the command that `words` name."""
    command: Command = root.command
    context = root
    for word in words:
        below = getattr(command, "get_command", lambda *_: None)(context, word)
        if below is None:
            from difflib import get_close_matches

            names = [*TOPICS, *getattr(command, "list_commands", lambda _: [])(context)]
            close = get_close_matches(word, names, 1)
            raise UsageError(
                f"there is no command and no topic {' '.join(words)!r}",
                hint=f"Did you mean {close[0]!r}?" if close else "`eveobs help` lists them.",
            )
        command = below
        context = below.context_class(below, info_name=word, parent=context)
    text: str = context.get_help()
    return text
