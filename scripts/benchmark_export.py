"""Measure `eveobs export` to CSV against Python's csv module writing the same rows.

Usage: python scripts/benchmark_export.py HOME [RUNS]   (`benchmark.py export` makes a home for it)

Both read from the same store and write to the same disk, in this process, in turn: eveobs by its
command, with cells that are safe for spreadsheets; the other by a statement with the same columns
and joins whose tuples go straight from sqlite3 into csv.writer. Prints the kind, the median of how
fast eveobs is of that (1 is as fast), and both medians in seconds, a line a kind.
"""

from __future__ import annotations

import csv
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from eveobs.cli.context import Run
from eveobs.cli.export import As
from eveobs.cli.exporting import export_and_tell

OUTSTANDING = "SELECT contract_id FROM contracts WHERE gone_at IS NULL"
KINDS = {"contracts": "contracts", "contracts.items": "contract_items"}


def eveobs(home: Path, kind: str) -> None:
    """What `eveobs export KIND -o FILE` does beyond start-up."""
    run = Run({"EVEOBS_HOME": str(home)}, home, quiet=True)
    export_and_tell(run, kind, home / "eveobs.csv", As.CSV, raw=False, gone=False)


def bare(home: Path, kind: str) -> None:
    """The same rows by sqlite3 and csv alone."""
    (store,) = home.rglob("eveobs.sqlite3")
    with (home / "eveobs.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    statement = same_rows(KINDS[kind], header)
    with (
        closing(sqlite3.connect(store)) as database,
        (home / "bare.csv").open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(database.execute(statement))


def same_rows(table: str, header: list[str]) -> str:
    """A statement for the columns of `header`, names joined, in the order of the export."""
    with_name = [name.removesuffix("_name") for name in header if name.endswith("_name")]
    columns = [f"of_{name[:-5]}.name" if name[:-5] in with_name else f"t.{name}" for name in header]
    joins = [f"LEFT JOIN names of_{one} ON of_{one}.id = t.{one}_id" for one in with_name]
    return (
        f"SELECT {', '.join(columns)} FROM {table} t {' '.join(joins)} "  # noqa: S608
        f"WHERE t.contract_id IN ({OUTSTANDING}) ORDER BY t.contract_id"
    )


def seconds(work: Callable[[Path, str], None], home: Path, kind: str) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work(home, kind)
    return time.perf_counter() - started


def main() -> None:
    """Measure each kind."""
    home, runs = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3
    for kind in KINDS:
        eveobs(home, kind)
        bare(home, kind)
        pairs = [(seconds(eveobs, home, kind), seconds(bare, home, kind)) for _ in range(runs)]
        ratio = statistics.median(other / mine for mine, other in pairs)
        mine, other = (statistics.median(pair[place] for pair in pairs) for place in (0, 1))
        print(f"{kind} {ratio:.2f} {mine:.2f} {other:.2f}")


if __name__ == "__main__":
    main()
