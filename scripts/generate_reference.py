"""Write docs/reference/: commands, settings and records, from the code.

Usage: python -m scripts.generate_reference [--check]   (--check compares; exit code 1: stale)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from eveobs.cli.app import COMMANDS, app
from eveobs.cli.exit_codes import page
from eveobs.processors.registry import names, processor
from eveobs.records.schema import Schema
from eveobs.settings.keys import keys
from eveobs.settings.tree import Settings
from eveobs.store.query import fields_of
from scripts.generate_man import below, metavar_of, own, text_of

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- generated: make reference -->\n\n"


def cell(text: str) -> str:
    """`text` in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def commands() -> str:
    """Every command with its options."""
    root = typer.main.get_command(app)
    parts = [NOTE + "# Commands", *_parameters(root, "Options of every command")]
    for name, command in below(root).items():
        parts += [f"## eveobs {name}", COMMANDS[name], *_command(f"eveobs {name}", command)]
    return "\n\n".join(parts) + "\n"


def _command(name: str, command: Any) -> Iterator[str]:
    yield _prose(text_of(command))
    yield from _parameters(command, "")
    for word, one in below(command).items():
        yield f"### {name} {word}"
        yield from _command(f"{name} {word}", one)


def _prose(text: str) -> str:
    parts = []
    for part in re.split(r"\n\s*\n", text.strip()):
        lines = part.splitlines()
        if lines and lines[0].strip() == "\b":
            parts.append("```text\n" + "\n".join(line.strip() for line in lines[1:]) + "\n```")
        else:
            parts.append(" ".join(line.strip() for line in lines).replace("<", "&lt;"))
    return "\n\n".join(parts)


def _parameters(command: Any, heading: str) -> Iterator[str]:
    rows = []
    for one in own(command):
        if getattr(one, "hidden", False):
            continue
        if one.param_type_name == "argument":
            rows.append(f"| `{cell(one.metavar or one.name.upper())}` | {cell(one.help or '')} |")
            continue
        flags = ", ".join(f"`{flag}`" for flag in (*one.opts, *one.secondary_opts))
        takes = "" if one.is_flag or one.count else f" `{cell(metavar_of(one))}`"
        rows.append(f"| {flags}{takes} | {cell(one.help or '')} |")
    if rows:
        yield heading
        yield "\n".join(["| option | what it does |", "|---|---|", *rows])


def settings() -> str:
    """Every setting, by section."""
    parts = [NOTE + "# Settings", "Each is also a variable of the environment."]
    by_section: dict[str, list[Any]] = {}
    for key in keys().values():
        by_section.setdefault(key.section, []).append(key)
    for section, some in by_section.items():
        about = (getattr(Settings(), section).__doc__ or "").strip()
        rows = [f"| `{key.dotted}` | `{key.variable}` | {cell(key.description)} |" for key in some]
        table = ["| key | variable | what it is |", "|---|---|---|", *rows]
        parts += [f"## [{section}]", about, "\n".join(table)]
    return "\n\n".join(parts) + "\n"


def records() -> str:
    """Every domain: what it is of, and the fields of a row."""
    parts = [
        NOTE + "# Records",
        "What `eveobs list NAME` gives: ESI's own fields, names, whose list, and when it was seen.",
    ]
    for name in names():
        parts += list(_record(processor(name).schema))
    return "\n\n".join(parts) + "\n"


def _record(schema: Schema) -> Iterator[str]:
    yield f"## {schema.name}"
    yield f"Of a {' or '.join(schema.subjects)}; the key is `{schema.key}`."
    yield " ".join(f"`{field}`" for field in fields_of(schema))
    for detail in schema.details:
        fields = (*detail.record.__struct_fields__, *detail.names.values())
        yield f"With its **{detail.name}**: " + " ".join(f"`{field}`" for field in fields)


def exit_codes() -> str:
    """What each exit code promises."""
    return NOTE + page()


PAGES = {
    "commands.md": commands,
    "settings.md": settings,
    "records.md": records,
    "exit-codes.md": exit_codes,
}


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    stale = []
    for name, make in PAGES.items():
        path, text = FOLDER / name, make()
        if "--check" not in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        print(f"out of date: {', '.join(stale)}: run `make reference`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
