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


@app.command()
def completion(shell: Annotated[Shell, typer.Argument(help="Your shell.")]) -> None:
    r"""Print what makes your shell complete eveobs: commands, options, and names from your store.

    \b
    bash:        eveobs completion bash > ~/.local/share/bash-completion/completions/eveobs
    zsh:         eveobs completion zsh > ~/.zfunc/_eveobs     (a folder of your fpath)
    fish:        eveobs completion fish > ~/.config/fish/completions/eveobs.fish
    powershell:  eveobs completion powershell >> $PROFILE
    """
    sys.stdout.write((SCRIPTS / FILES[shell]).read_text(encoding="utf-8"))
