"""Rows through jq (the extra `jq`), in this process: `--jq EXPR`.

A result that is a string is printed as it is, as `jq -r` and `gh --jq` do, any other as JSON on a
line of its own. The library has no streaming input: the rows are in memory, as JSON.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO

from eveobs.cli.output import machine
from eveobs.cli.plain import plain
from eveobs.errors import UsageError


def write_filtered(
    rows: Iterable[machine.Row], fields: Sequence[str], program: str, stream: TextIO
) -> int:
    """What `program` makes of the list of rows. Returns how many rows there were."""
    run = _compiled(program)
    text = io.StringIO()
    count = machine.write_json(rows, fields, text)
    _write(run, text.getvalue(), stream)
    return count


def write_filtered_object(
    record: machine.Row, fields: Sequence[str], program: str, stream: TextIO
) -> None:
    """What `program` makes of one object."""
    run = _compiled(program)
    text = io.StringIO()
    machine.write_object(record, fields, text)
    _write(run, text.getvalue(), stream)


def _compiled(program: str) -> Callable[[str], Iterable[Any]]:
    import jq

    try:
        compiled = jq.compile(program)
    except ValueError as error:
        raise _refused(program, error) from None
    return lambda text: iter(compiled.input_text(text))


def _write(run: Callable[[str], Iterable[Any]], text: str, stream: TextIO) -> None:
    lines = machine.encodable_lines(stream)
    try:
        for result in run(text):
            if isinstance(result, str):
                lines.write((plain(result) if stream.isatty() else result) + "\n")
            else:
                lines.write(machine.json_text(result) + "\n")
    except ValueError as error:
        raise _refused("", error) from None


def _refused(program: str, error: ValueError) -> UsageError:
    """An error of jq, on one line: it draws an arrow below the place."""
    first = str(error).strip().splitlines()[0].removeprefix("jq: error: ")
    return UsageError(
        f"--jq {program}: {first}" if program else f"--jq: {first}",
        hint="The program gets what --json prints; `man jq` explains the language.",
    )
