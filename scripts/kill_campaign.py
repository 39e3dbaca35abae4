"""Kill eveobs at random moments, many times, and see that nothing was lost or invented.

Usage: python scripts/kill_campaign.py [--kills 200] [--seed 1] [--contracts 600]

Into one home after the other, a fetch is started and killed with SIGKILL after a random time, a
few times; sometimes two run at once. Then one fetch runs undisturbed. The tables must equal those
of a clean fetch, and no item may be asked for again after it was stored. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

EVEOBS = str(Path(sys.executable).with_name("eveobs"))
FETCH = [EVEOBS, "--quiet", "fetch", "contracts", "--json"]
NOT_COMPARED = {
    "observations": None,  # how often it was tried is what differs
    "alembic_version": (),
    "answers": ("asked_at",),
    "names": ("asked_at",),
    "contracts": (
        *("first_observation", "last_observation"),
        *("changed_observation", "gone_observation"),
    ),
}


def tables(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table that must be equal, its rows sorted."""
    found = {}
    with sqlite3.connect(home / "data" / "eveobs.sqlite3") as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            left_out = NOT_COMPARED.get(name, ())
            if left_out is None:
                continue
            columns = [
                row[1]
                for row in database.execute(f"PRAGMA table_info({name})")
                if row[1] not in left_out
            ]
            query = f"SELECT {', '.join(columns)} FROM {name}"  # noqa: S608 - names of the schema
            found[name] = sorted(database.execute(query).fetchall(), key=repr)
    return found


def stored_items(home: Path) -> int:
    """How many contracts have their items settled."""
    path = home / "data" / "eveobs.sqlite3"
    if not path.exists():
        return 0
    with sqlite3.connect(path) as database:
        try:
            query = "SELECT count(*) FROM answers WHERE detail = 'items'"
            return int(database.execute(query).fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def item_requests(url: str) -> int:
    """How often the sandbox was asked for items."""
    with urlopen(f"{url}/_sandbox/requests") as answer:  # noqa: S310
        routes = json.load(answer)["routes"]
    return sum(row["requests"] for row in routes if "/items/" in row["route"])


def clean_environment(home: Path, url: str) -> dict[str, str]:
    """The environment of one eveobs."""
    return {**os.environ, "EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": url}


def kill_once(env: dict[str, str], chance: random.Random) -> None:
    """Start one fetch, or two at once, and kill them at some moment."""
    together = 2 if chance.random() < 0.2 else 1
    processes = [
        subprocess.Popen(FETCH, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(together)
    ]
    time.sleep(chance.uniform(0.05, 2.2))
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait()


def one_home(url: str, home: Path, kills: int, further: int, chance: random.Random) -> bool:
    """Kill, finish; whether the last run asked only for what was not stored.

    `further` is how many pages beyond the first all items together have.
    """
    env = clean_environment(home, url)
    for _ in range(kills):
        kill_once(env, chance)
    time.sleep(0.5)  # the sandbox still counts what the killed asked
    before, stored = item_requests(url), stored_items(home)
    last = subprocess.run(FETCH, env=env, capture_output=True, text=True, check=False)
    if last.returncode:
        print(f"the run after the kills ended with {last.returncode}: {last.stderr}")
        return False
    asked = item_requests(url) - before
    missing = stored_items(home) - stored
    fair = missing <= asked <= missing + further
    print(f"{kills} kills left {stored} items stored, the next run asked the other {asked}: {fair}")
    return fair


def campaign(url: str, folder: Path, kills: int, chance: random.Random) -> bool:
    """Kill in one home after the other, each compared with a clean run."""
    clean = folder / "clean"
    subprocess.run(FETCH, env=clean_environment(clean, url), check=True, capture_output=True)
    further = item_requests(url) - stored_items(clean)
    wanted, good, number = tables(clean), True, 0
    while kills > 0:
        number += 1
        some = min(kills, chance.randint(2, 8))
        kills -= some
        home = folder / f"home{number}"
        good = one_home(url, home, some, further, chance) and good
        found = tables(home)
        different = [name for name in wanted if found.get(name) != wanted[name]]
        if different:
            print(f"home {number} differs from a clean run in {', '.join(different)}")
            good = False
    print(f"{number} homes, every table equal to a clean run: {'yes' if good else 'NO'}")
    return good


def main() -> int:
    """Run the campaign against a sandbox of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--contracts", type=int, default=600)
    options = parser.parse_args()
    arguments = [EVEOBS, "sandbox", "--port", "0", "--latency", "100", "--regions", "The Forge"]
    arguments += ["--contracts", str(options.contracts)]
    server = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip().partition("=")[2]
        with tempfile.TemporaryDirectory() as folder:
            chance = random.Random(options.seed)  # noqa: S311
            return 0 if campaign(url, Path(folder), options.kills, chance) else 1
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
