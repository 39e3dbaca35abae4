"""The global options, accepted after the command too: `eveobs outbid --check --quiet`.

They are declared once, as parameters of the root's callback. Every other command gets copies, which
its help names in one line instead of repeating them. Left of the command and right of it they mean
the same, and add up: `eveobs -v fetch contracts -v` is -vv, a later --config wins.
"""

from __future__ import annotations

import copy
import typing
from functools import cache
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer._click import Command

NOTE = (
    "Global options work here too: -q, -v, --config, --set, --log-format, --metrics-file, "
    "--profile, --no-color, --no-input. `eveobs --help` explains them."
)
"""Below the options of every command but the root."""


def accept_global_options(command: Command) -> None:
    """Add to `command` what the root takes, save a flag that the command has for itself."""
    own = {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)}
    for option in _options():
        if own.isdisjoint(option.opts):
            command.params.append(copy.copy(option))
    command.epilog = f"{command.epilog}\n\n{NOTE}" if command.epilog else NOTE


def first_word(arguments: Sequence[str]) -> int:
    """The index of the first of `arguments` that is neither a global option nor the value of one.

    Equals the number of arguments where there is no such word.
    """
    takes = {flag: not (one.is_flag or one.count) for one in _options() for flag in one.opts}
    index = 0
    while index < len(arguments):
        flag, equals, _ = arguments[index].partition("=")
        if flag not in takes:
            break
        index += 2 if takes[flag] and not equals else 1
    return min(index, len(arguments))


@cache
def _options() -> tuple[Any, ...]:
    """The root's options as any command can have them: hidden, and handed to the run."""
    from eveobs.cli.app import root

    parameters = typer.main.get_params_convertors_ctx_param_name_from_function(root)[0]
    found = []
    for one in typing.cast("list[Any]", parameters):
        if one.is_eager:  # --version ends the run, and is the root's alone
            continue
        name = one.name
        one.name = f"global_{name}"  # parsed values are kept by name: a command may have its own
        one.hidden, one.expose_value = True, False
        one.callback = _handed_to_run(name)
        found.append(one)
    return tuple(found)


def _handed_to_run(name: str) -> Any:
    def callback(context: typer.Context, _parameter: Any, value: Any) -> Any:
        if value and context.obj is not None and not context.resilient_parsing:
            context.obj.set_global(name, value)
        return value

    return callback
