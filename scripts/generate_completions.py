"""Write completions/: what makes each shell complete eveobs.

Usage: python scripts/generate_completions.py [--check]     (--check compares; exit code 1: stale)
"""

from __future__ import annotations

import sys
from pathlib import Path

from typer.completion import get_completion_script  # type: ignore[attr-defined]

FOLDER = Path(__file__).parents[1] / "completions"
SHELLS = {
    "bash": "eveobs.bash",
    "zsh": "_eveobs",
    "fish": "eveobs.fish",
    "powershell": "eveobs.ps1",
}


def script(shell: str) -> str:
    """The text for `shell`."""
    text = get_completion_script(prog_name="eveobs", complete_var="_EVEOBS_COMPLETE", shell=shell)
    return text.strip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    stale = []
    for shell, name in SHELLS.items():
        path = FOLDER / name
        if "--check" not in arguments:
            path.write_text(script(shell), encoding="utf-8", newline="\n")
        elif not path.is_file() or path.read_text(encoding="utf-8") != script(shell):
            stale.append(name)
    if stale:
        print(f"out of date: {', '.join(stale)}: run `make completions`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
