#!/usr/bin/env python3
"""Feed a door of eveobs with inputs that find their own way into its branches.

Usage: scripts/fuzz.py DOOR [-runs=N] [-max_total_time=SECONDS] [any other option of libFuzzer]
       scripts/fuzz.py --list

Needs the package atheris. Starts from the corpus of tests/security; a find is written to
`crash-…` in the working folder, and becomes an entry of that corpus.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

LONGEST = 1
"""Seconds that one input may take."""
MOST_MEMORY = 1024
"""MB of the whole process, interpreter and coverage included."""


def main() -> None:
    """Fuzz the door that is named until its runs or its time are over."""
    import atheris

    # What is imported within is instrumented: its branches are what the fuzzer looks for.
    with atheris.instrument_imports(include=["eveobs"]):
        from tests.security import corpus, doors

        if sys.argv[1:2] == ["--list"] or len(sys.argv) < 2:
            print(*doors.DOORS, sep="\n")
            return
        door = sys.argv[1]
        if door not in doors.DOORS:
            sys.exit(f"error: no door {door!r}\nhint: {', '.join(doors.DOORS)}")
        for data in corpus.CORPUS[door]:  # what the door imports on first use is instrumented too
            doors.enter(door, data)

    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(corpus.CORPUS[door]):
            (Path(folder) / f"{number:04}").write_bytes(data)
        limits = [f"-timeout={LONGEST}", f"-rss_limit_mb={MOST_MEMORY}"]
        atheris.Setup(
            [sys.argv[0], *limits, *sys.argv[2:], folder], lambda data: doors.enter(door, data)
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
