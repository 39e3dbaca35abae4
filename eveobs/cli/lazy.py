"""Groups whose commands are built when they are asked for, so that none pays for the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Command


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
            self._built[name] = self._build(name)
        return self._built[name]

    def __setitem__(self, name: str, command: Command) -> None:
        self._built[name] = command

    def __delitem__(self, name: str) -> None:
        del self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())


def module_command(name: str) -> Command:
    """The command in the module `eveobs.cli.<name>`: its `app`."""
    app: typer.Typer = import_module(f"eveobs.cli.{name}").app
    app.rich_markup_mode = None  # boxes around help do not fit 40 columns, and cost loading Rich
    app._add_completion = False  # noqa: SLF001 - completion is the root's; Typer asks at creation
    command = typer.main.get_command(app)
    command.name = name
    return command


class LazyGroup(TyperGroup):
    """A group that fills itself from `commands_from`."""

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
