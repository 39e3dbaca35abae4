"""Write eveobs.toml.example from the tree of settings.

Usage: python scripts/generate_example.py [--check]     (--check compares; exit code 1: out of date)
"""

from __future__ import annotations

import sys
from pathlib import Path

from eveobs.settings.example import example

TARGET = Path(__file__).parents[1] / "eveobs.toml.example"


def main(arguments: list[str]) -> int:
    """Write the file, or compare it."""
    if "--check" not in arguments:
        TARGET.write_text(example(), encoding="utf-8", newline="\n")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == example():
        return 0
    print(f"{TARGET.name} is out of date: run python {sys.argv[0]}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
