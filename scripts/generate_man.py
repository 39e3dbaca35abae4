"""Write man/: a manual page for eveobs and one for each of its commands, from their help.

Usage: python scripts/generate_man.py [--check]     (--check compares; exit code 1: stale)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from eveobs import __version__
from eveobs.cli.app import COMMANDS, app
from eveobs.cli.by_default import HERE
from eveobs.cli.topics import topic

FOLDER = Path(__file__).parents[1] / "man"
ALL = "eveobs"


def escaped(text: str) -> str:
    """`text` as roff takes it for text and nothing else."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("^", "\\(ha")
    text = (
        text.replace("'", "\\(aq").replace("~", "\\(ti").replace("…", "...").replace("–", "\\(en")
    )
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def paragraphs(text: str) -> str:
    """Paragraphs of help; those with aligned columns stay as they are."""
    parts = []
    for part in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in part.strip("\n").splitlines()]
        if lines and lines[0] == "\b":
            kept = "\n".join(escaped(line) for line in part.strip("\n").splitlines()[1:])
            parts.append(f".PP\n.nf\n{kept}\n.fi")
        else:
            parts.append(".PP\n" + escaped(" ".join(lines)))
    return "\n".join(parts)


def own(command: Any) -> list[Any]:
    """The parameters of a command, with those of the one it stands for."""
    here = (getattr(command, "commands", None) or {}).get(HERE)
    return [*command.params, *(here.params if here else ())]


def text_of(command: Any) -> str:
    """The help of a command, or of the one it stands for."""
    here = (getattr(command, "commands", None) or {}).get(HERE)
    return str((here or command).help or command.help or "")


def synopsis(name: str, command: Any) -> str:
    """How it is typed."""
    words = [f"\\fB{escaped(name)}\\fR"]
    if any(one.param_type_name == "option" for one in own(command)):
        words.append("[\\fIOPTION\\fR]...")
    for one in own(command):
        if one.param_type_name == "argument":
            metavar = one.metavar or one.name.upper()
            words.append(f"\\fI{escaped(metavar)}\\fR")
    if below(command):
        words.append("\\fICOMMAND\\fR ...")
    return " ".join(words)


def options(command: Any) -> Iterator[str]:
    """A paragraph an option."""
    for one in own(command):
        if one.param_type_name != "option" or one.hidden:
            continue
        flags = ", ".join(f"\\fB{escaped(flag)}\\fR" for flag in (*one.opts, *one.secondary_opts))
        takes = "" if one.is_flag or one.count else f" \\fI{escaped(metavar_of(one))}\\fR"
        yield f".TP\n{flags}{takes}\n{escaped(' '.join((one.help or '').split()))}"


def metavar_of(one: Any) -> str:
    """What stands for the value of an option."""
    choices = getattr(one.type, "choices", None)
    if choices:
        return "|".join(str(getattr(choice, "value", choice)) for choice in choices)
    return str(one.metavar or one.type.name.upper())


def below(command: Any) -> dict[str, Any]:
    """The commands of a command."""
    found = getattr(command, "commands", None) or {}
    return {name: one for name, one in found.items() if name != HERE and not one.hidden}


def section(name: str, command: Any, depth: int = 0) -> Iterator[str]:
    """What a page says of a command and of those below it."""
    if depth:
        yield f".SH {escaped(name.upper())}\n{synopsis(name, command)}"
    yield paragraphs(text_of(command))
    told = list(options(command))
    if told:
        yield ".SS Options" if depth else ".SH OPTIONS"
        yield from told
    for word, one in below(command).items():
        yield from section(f"{name} {word}", one, depth + 1)


def page(name: str, command: Any, line: str) -> str:
    """The manual page of one command."""
    title = name.replace(" ", "-")
    parts = [
        f'.TH {escaped(title.upper())} 1 "" "eveobs {__version__}" "eveobs"',
        f".SH NAME\n{escaped(title)} \\- {escaped(line.rstrip('.'))}",
        f".SH SYNOPSIS\n{synopsis(name, command)}",
        ".SH DESCRIPTION",
        *section(name, command),
        ".SH SEE ALSO\n" + _see(name),
    ]
    return "\n".join(parts) + "\n"


def _see(name: str) -> str:
    if name == ALL:
        return ",\n".join(f".BR eveobs\\-{escaped(one)} (1)" for one in COMMANDS).replace(
            ",\n", " ,\n"
        )
    return ".BR eveobs (1)"


def root_page(command: Any) -> str:
    """The page of the program itself: its commands by name, and the topics of help."""
    parts = [
        f'.TH EVEOBS 1 "" "eveobs {__version__}" "eveobs"',
        ".SH NAME\neveobs \\- observe EVE Online from the command line",
        ".SH SYNOPSIS\n\\fBeveobs\\fR [\\fIOPTION\\fR]... \\fICOMMAND\\fR ...",
        ".SH DESCRIPTION",
        paragraphs(text_of(command)),
        ".SH COMMANDS",
        *(
            f".TP\n.BR eveobs\\-{escaped(name)} (1)\n{escaped(line)}"
            for name, line in COMMANDS.items()
        ),
        ".SH OPTIONS",
        *options(command),
    ]
    for name in ("environment", "exit-codes"):
        lines = "\n".join(escaped(line) for line in topic(name).strip().splitlines())
        parts.append(f".SH {escaped(name.upper().replace('-', ' '))}\n.nf\n{lines}\n.fi")
    parts.append(".SH SEE ALSO\n" + _see(ALL))
    return "\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """All pages, by the name of their file."""
    root = typer.main.get_command(app)
    found = {"eveobs.1": root_page(root)}
    for name, command in below(root).items():
        found[f"eveobs-{name}.1"] = page(f"eveobs {name}", command, COMMANDS[name])
    return found


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    stale = []
    found = pages()
    for name, text in found.items():
        path = FOLDER / name
        if "--check" not in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    old = {path.name for path in FOLDER.glob("*.1")} - found.keys()
    if "--check" in arguments:
        stale += sorted(old)
    for name in old if "--check" not in arguments else ():
        (FOLDER / name).unlink()
    if stale:
        print(f"out of date: {', '.join(stale)}: run `make man`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
