"""A command that does something by itself and has commands of its own beside it."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

HERE = "here"
"""The command that is meant where none is named; nobody types its name."""


class ByDefault(TyperGroup):
    """Runs `HERE`, unless the first word is one of the other commands."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> Any:
        """The context of the command that `args` begin with, or else of `HERE`.

        Global options may stand before its name: `eveobs alerts -q test`.
        """
        from eveobs.cli.global_options import first_word

        word = args[first_word(args) :][:1]
        if word and word[0] in self.commands and word[0] != HERE:
            return super().make_context(info_name, args, *more, **extra)
        return self.commands[HERE].make_context(info_name, args, *more, **extra)
