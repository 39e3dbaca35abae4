"""Write completions/: what makes each shell complete eveobs, as `eveobs completion` prints it.

Usage: python scripts/generate_completions.py [--check]     (--check compares; exit code 1: stale)
"""

from __future__ import annotations

import sys
from pathlib import Path

from eveobs.cli.completing.shells import FILES
from eveobs.cli.completion import SCRIPTS

FOLDER = Path(__file__).parents[1] / "completions"


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    stale = []
    for name in FILES.values():
        path, text = FOLDER / name, (SCRIPTS / name).read_text(encoding="utf-8")
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        print(f"out of date: {', '.join(stale)}: run `make completions`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
