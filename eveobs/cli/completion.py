"""`eveobs completion`: the script that makes a shell complete eveobs."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eveobs.cli.completing.shells import FILES

app = typer.Typer(help="Print what makes your shell complete eveobs.")
SCRIPTS = Path(__file__).parent / "completing" / "scripts"


class Shell(StrEnum):
    """The shells that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


HELP = """Print what makes your shell complete eveobs: commands, options, and names from your store.

`eveobs completion bash > FILE` installs it; a new shell has it. The FILE of each shell:

\b
bash ~/.local/share/bash-completion/completions/eveobs
zsh ~/.zfunc/_eveobs
fish ~/.config/fish/completions/eveobs.fish
powershell $PROFILE

For zsh it may be any folder of your fpath. For PowerShell append it: `>> $PROFILE`.
"""


@app.command(help=HELP)
def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> None:
    """Print the script of a shell."""
    sys.stdout.write((SCRIPTS / FILES[shell]).read_text(encoding="utf-8"))
