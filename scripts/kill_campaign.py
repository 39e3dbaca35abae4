"""Kill eveobs at random moments, many times, and see that nothing was lost or invented.

Usage: python scripts/kill_campaign.py [--kills 200] [--seed 1] [--contracts 600]

Each round starts a fetch into one home and kills it with SIGKILL after a random time; sometimes two
at once. At the end one fetch runs undisturbed. The tables must equal those of one clean fetch into
a fresh home, and no item may have been asked for again after it was stored. Exit code 1 otherwise.
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
    time.sleep(chance.uniform(0.05, 3.5))
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait()


def campaign(url: str, folder: Path, kills: int, chance: random.Random) -> bool:
    """Kill, finish, compare."""
    killed, clean = folder / "killed", folder / "clean"
    env = clean_environment(killed, url)
    for number in range(kills):
        kill_once(env, chance)
        if number % 20 == 19:
            print(f"{number + 1} kills, {stored_items(killed)} items stored", flush=True)
    before, stored = item_requests(url), stored_items(killed)
    last = subprocess.run(FETCH, env=env, capture_output=True, text=True, check=False)
    asked = item_requests(url) - before
    if last.returncode:
        print(f"the last run ended with {last.returncode}: {last.stderr}")
        return False
    subprocess.run(FETCH, env=clean_environment(clean, url), check=True, capture_output=True)
    mine, other = tables(killed), tables(clean)
    different = [name for name in other if mine.get(name) != other[name]]
    fair = asked == stored_items(killed) - stored
    print(
        f"the last run asked {asked} items; {stored} were stored before, none of them asked again:"
        f" {fair}"
    )
    print(f"tables equal to a clean run: {'no: ' + ', '.join(different) if different else 'yes'}")
    return fair and not different


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
