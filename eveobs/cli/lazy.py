"""Groups whose commands are built when they are asked for, so that none pays for the others."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, MutableMapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Command, HelpFormatter

NARROW = 60
"""Columns below which the name of an option gets a line of its own in help."""


class FittingContext(typer.Context):
    """Lays out help as wide as the terminal; left alone it is never less than 50 columns."""

    def make_formatter(self) -> HelpFormatter:
        """What writes the help."""
        formatter = super().make_formatter()
        columns = shutil.get_terminal_size().columns
        if columns < NARROW:
            formatter.width = max(columns - 2, 20)
            formatter.write_dl = partial(formatter.write_dl, col_max=8)  # type: ignore[method-assign]
        return formatter


class Lazily(MutableMapping[str, "Command"]):
    """Commands by name, each built by `build` the first time."""

    def __init__(self, names: Callable[[], list[str]], build: Callable[[str], Command]) -> None:
        self._names = names
        self._build = build
        self._built: dict[str, Command] = {}

    def __getitem__(self, name: str) -> Command:
        if name not in self._built:
            if name not in self._names():
                raise KeyError(name)
            self._built[name] = _fitting(self._build(name))
        return self._built[name]

    def __setitem__(self, name: str, command: Command) -> None:
        self._built[name] = command

    def __delitem__(self, name: str) -> None:
        del self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())


def _fitting(command: Command) -> Command:
    """`command`, and those below it that are not built lazily, with help that fits and the global
    options.
    """
    from eveobs.cli.global_options import accept_global_options

    accept_global_options(command)
    command.context_class = FittingContext
    below = getattr(command, "commands", {})
    if not isinstance(below, Lazily):
        for one in below.values():
            _fitting(one)
    return command


def module_command(name: str) -> Command:
    """The command in the module `eveobs.cli.<name>`: its `app`."""
    app: typer.Typer = import_module(f"eveobs.cli.{name.replace('-', '_')}").app
    app.rich_markup_mode = None  # boxes around help do not fit 40 columns, and cost loading Rich
    app._add_completion = False  # noqa: SLF001 - completion is the root's; Typer asks at creation
    command = typer.main.get_command(app)
    command.name = name
    return command


class LazyGroup(TyperGroup):
    """A group that fills itself from `commands_from`."""

    context_class = FittingContext

    @staticmethod
    def commands_from() -> Lazily:
        """The commands there are."""
        raise NotImplementedError

    def __init__(self, **attributes: object) -> None:
        super().__init__(**attributes)  # type: ignore[arg-type]
        self.commands = self.commands_from()

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        """Their names, in the order that `commands_from` gives."""
        return list(self.commands)
