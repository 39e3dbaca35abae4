"""Measure eveobs against the sandbox: start-up, requests a second, memory.

Usage: python scripts/benchmark.py [--contracts N] [--runs N] [NAME...]

Server and client are processes of their own; each figure is the median of the runs and, where it
compares, the ratio of two measurements of the same run. Figures mean something on an idle machine
only. Names: startup, warm, cold, memory, list, outbid, import, deals, orders, export,
sandbox. Without names: all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts.benchmark_programs import (
    BARE_LOOP,
    BARE_ORDERS,
    COUNTING_SERVER,
    THOUSAND,
    TWO_COMMANDS,
)

EVEOBS = str(Path(sys.executable).with_name("eveobs"))
REGION = 10000002


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that is running, and a folder for homes."""

    url: str
    folder: Path

    def home(self, name: str) -> dict[str, str]:
        """The environment of a fresh eveobs that asks this sandbox."""
        home = self.folder / name
        shutil.rmtree(home, ignore_errors=True)
        own = {"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": self.url, "NO_COLOR": "1"}
        return {**os.environ, **own}


@contextmanager
def sandbox(contracts: int, *more: str) -> Iterator[Sandbox]:
    """A sandbox in a process of its own."""
    arguments = [EVEOBS, "sandbox", "--port", "0", "--contracts", str(contracts)]
    arguments += ["--regions", "The Forge", *more]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip().partition("=")[2]
            yield Sandbox(url, Path(folder))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=10)


def timed(arguments: list[str], env: dict[str, str] | None = None) -> tuple[float, str]:
    """Wall seconds and standard output of one process."""
    started = time.perf_counter()
    done = subprocess.run(arguments, env=env, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{arguments}: exit code {done.returncode}\n{done.stderr}")
    return seconds, done.stdout


def median_of(runs: int, measure: Callable[[], float]) -> float:
    """The median of `runs` measurements."""
    return statistics.median(measure() for _ in range(runs))


def ratio(runs: int, mine: list[str], other: list[str], env: dict[str, str] | None = None) -> float:
    """How much longer `mine` takes than `other`, in turn, several times a run."""
    timed(mine, env)
    timed(other, env)
    return median_of(runs * 5, lambda: timed(mine, env)[0] / timed(other, env)[0])


def tell(what: str, figure: str) -> None:
    """One line of the report."""
    print(f"{what:58} {figure}")


def startup(runs: int, _: int) -> None:
    """`--version` and `--help` against the least that Typer costs."""
    python = sys.executable
    version = ratio(runs, [EVEOBS, "--version"], [python, "-c", "import typer"])
    tell("eveobs --version / python -c 'import typer'", f"{version:.2f}")
    two = [python, "-c", TWO_COMMANDS, "--help"]
    help_ratio = ratio(runs, [EVEOBS, "--help"], two)
    tell("eveobs --help / help of a two-command Typer app", f"{help_ratio:.2f}")


def warm(runs: int, _: int) -> None:
    """A fetch that has nothing to ask against `--version`."""
    with sandbox(1000) as server:
        env = server.home("warm")
        fetch = [EVEOBS, "fetch", "contracts", "--json"]
        timed(fetch, env)
        figure = ratio(runs, fetch, [EVEOBS, "--version"], env)
        requests = json.loads(timed(fetch, env)[1])[0]["requests"]
    tell("warm fetch / eveobs --version", f"{figure:.2f}   ({requests} requests sent)")


def cold(runs: int, contracts: int) -> None:
    """Requests a second of a whole cold fetch against a bare loop over the same URLs."""
    rates = []
    for _ in range(runs):  # a sandbox each: one error limit would not do for all
        with sandbox(contracts) as server:
            first = server.home("first")  # after which the sandbox has every answer at hand
            timed([EVEOBS, "fetch", "contracts", "--json"], first)
            urls = server.folder / "urls.json"
            urls.write_text(json.dumps(same_urls(server, first)))
            env = server.home("cold")
            seconds, out = timed([EVEOBS, "fetch", "contracts", "--json"], env)
            outcome = json.loads(out)[0]
            bare = float(timed([sys.executable, "-c", BARE_LOOP, str(urls)])[1])
            rates.append((outcome["requests"] / seconds, bare))
    mine, other = sorted(rates, key=lambda pair: pair[0] / pair[1])[len(rates) // 2]
    tell(f"cold fetch of {contracts:,} contracts, requests/s, whole command", f"{mine:,.0f}")
    tell("bare aiohttp loop over the same URLs, requests/s", f"{other:,.0f}")
    tell("ratio", f"{mine / other:.2f}")


def latency(runs: int, contracts: int) -> None:
    """A cold fetch from a server 50 ms away, against a bare loop on as many connections."""
    rates = []
    for _ in range(runs):
        with sandbox(contracts, "--latency", "50") as server:
            env = server.home("far")
            seconds, out = timed([EVEOBS, "fetch", "contracts", "--json"], env)
            urls = server.folder / "urls.json"
            urls.write_text(json.dumps(same_urls(server, env)))
            bare = float(timed([sys.executable, "-c", BARE_LOOP, str(urls)])[1])
            outcome = json.loads(out)[0]
            asked = outcome["requests"]
            rates.append((asked / seconds, asked / outcome["seconds"], bare))
    whole, fetching, bare = sorted(rates)[len(rates) // 2]
    tell("50 ms away, 20 connections: requests/s, bare loop", f"{bare:,.0f}")
    tell("  of that: while fetching, whole command", f"{fetching / bare:.2f}, {whole / bare:.2f}")


def concurrent(runs: int, _: int) -> None:
    """1,000 requests under way at once, from one client, to a server that counts them."""
    held = []
    for _run in range(runs):
        server = subprocess.Popen(
            [sys.executable, "-c", COUNTING_SERVER], stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            held.append(timed([sys.executable, "-c", THOUSAND, url])[1].strip())
        finally:
            server.terminate()
            server.wait(timeout=10)
    tell("1,000 concurrent requests: most held at once, errors, seconds", sorted(held)[runs // 2])


def same_urls(server: Sandbox, env: dict[str, str]) -> list[str]:
    """The URLs that a cold fetch asked, but for the few of names and regions."""
    arguments = [EVEOBS, "list", "contracts", "--csv", "--fields", "contract_id,type"]
    rows = [line.split(",") for line in timed(arguments, env)[1].splitlines()[1:]]
    base = f"{server.url}/contracts/public"
    pages = [f"{base}/{REGION}?page={n}" for n in range(1, len(rows) // 1000 + 2)]
    items = [f"{base}/items/{key}?page=1" for key, kind in rows if kind != "courier"]
    bids = [f"{base}/bids/{key}?page=1" for key, kind in rows if kind == "auction"]
    return pages + items + bids


def memory(runs: int, contracts: int) -> None:
    """Peak memory and time of a fetch, for ten times the contracts."""
    figures = []
    for number in (contracts // 10, contracts):
        peaks = []
        for _ in range(runs):
            with sandbox(number) as server:
                peaks.append(peak(server.home("memory")))
        figures.append(sorted(peaks)[len(peaks) // 2])
    (small, few), (large, many) = figures
    tell(f"peak memory, {contracts:,} contracts", f"{large:.0f} MB")
    tell("ten times the contracts: memory, time", f"x{large / small:.2f}, x{many / few:.2f}")


def peak(
    env: dict[str, str], arguments: Sequence[str] = ("fetch", "contracts")
) -> tuple[float, float]:
    """Megabytes and seconds of one command, a cold fetch if none is given."""
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execve(EVEOBS, [EVEOBS, "--quiet", *arguments], env)  # noqa: S606
    usage: resource.struct_rusage = os.wait4(child, 0)[2]
    return usage.ru_maxrss / 1024, time.perf_counter() - started


def list_(runs: int, contracts: int) -> None:
    """A filtered and sorted list over many contracts, beyond start-up."""
    with sandbox(contracts) as server:
        env = server.home("list")
        timed([EVEOBS, "fetch", "contracts", "--no-items", "--no-bids"], env)
        wanted = [EVEOBS, "list", "contracts", "--min-price", "1b", "--sort", "-price"]
        empty = server.home("empty")  # the same with nothing in it is what start-up costs
        wanted += ["--limit", "50"]
        timed(wanted, empty)
        extra = median_of(runs, lambda: timed(wanted, env)[0] - timed(wanted, empty)[0])
    tell(f"list over {contracts:,}: filter, sort, first 50; beyond start-up", f"{extra:.2f} s")


def outbid(runs: int, contracts: int) -> None:
    """Who undercuts 200 contracts among many, beyond start-up: seconds and megabytes."""
    with sandbox(contracts) as server:
        env, empty = server.home("outbid"), server.home("empty")
        timed([EVEOBS, "--quiet", "fetch", "contracts", "--region", "The Forge", "--no-bids"], env)
        ask = [EVEOBS, "list", "contracts", "--type", "item_exchange", "--limit", "200", "--csv"]
        ids = timed([*ask, "--fields", "contract_id"], env)[1].split()[1:]
        wanted = ["outbid", *(f"--contract={one}" for one in ids), "--json"]
        timed([EVEOBS, "outbid"], empty)
        with_them = [peak(env, wanted) for _ in range(runs)]
        without = [peak(empty, ["outbid"]) for _ in range(runs)]
    megabytes, seconds = (
        statistics.median(one[place] for one in with_them)
        - statistics.median(one[place] for one in without)
        for place in (0, 1)
    )
    what = f"outbid, 200 of {contracts:,}; beyond start-up"
    tell(what, f"{seconds:.2f} s, {megabytes:.0f} MB")


def import_(runs: int, contracts: int) -> None:
    """An archive of many contracts into an empty store, and the same once more."""
    with sandbox(contracts) as server:
        env, file = server.home("export"), str(server.folder / "contracts.tar.bz2")
        timed([EVEOBS, "--quiet", "fetch", "contracts", "--no-bids"], env)
        exported = peak(env, ["export", "contracts", "--format", "everef", "-o", file])
        firsts, agains = [], []
        for _ in range(runs):
            empty = server.home("import")
            firsts.append(peak(empty, ["import", "everef", file]))
            agains.append(peak(empty, ["import", "everef", file]))
        items = timed([EVEOBS, "sql", "SELECT count(*) FROM contract_items", "--csv"], empty)[1]
    what = f"{contracts:,} contracts, {int(items.split()[1]):,} items"
    for told, figures in (("export", [exported]), ("import", firsts), ("once more", agains)):
        megabytes, seconds = sorted(figures)[len(figures) // 2]
        tell(f"everef, {told}: {what}", f"{seconds:.1f} s, {megabytes:.0f} MB")


def deals(runs: int, contracts: int) -> None:
    """Contracts under their parts' value, with a market of 100,000 orders, beyond start-up."""
    with sandbox(contracts, "--orders", "100000") as server:
        env, empty = server.home("deals"), server.home("empty")
        for one in (env, empty):
            timed([EVEOBS, "--quiet", "fetch", "market-orders"], one)
        timed([EVEOBS, "--quiet", "fetch", "contracts", "--no-bids"], env)
        wanted = ["deals", "--json", "--min-profit", "0"]
        for most in ("50", "0"):
            ask = [*wanted, "--limit", most]
            with_them = [peak(env, ask) for _ in range(runs)]
            without = [peak(empty, ask) for _ in range(runs)]
            megabytes, seconds = (
                statistics.median(one[place] for one in with_them)
                - statistics.median(one[place] for one in without)
                for place in (0, 1)
            )
            found = len(json.loads(timed([EVEOBS, *ask], env)[1]))
            what = f"deals among {contracts:,}: {found:,} of them"
            tell(what, f"{seconds:.2f} s, {megabytes:.0f} MB")


def orders(runs: int, number: int) -> None:
    """A region's market fetched and stored, against the least code that does both."""
    figures = []
    with sandbox(0, "--orders", str(number), "--cycle", "18000") as server:
        url = f"{server.url}/markets/{REGION}/orders?order_type=all"
        for turn in range(runs + 1):  # the first finds no page made
            path = server.folder / f"bare-{turn}.sqlite3"
            bare = timed([sys.executable, "-c", BARE_ORDERS, url, str(path)])[0]
            env = server.home("orders")
            fetch = ("fetch", "market-orders", "--region", "The Forge")
            figures.append((bare, *peak(env, fetch)))
            path.unlink()
    bare, megabytes, seconds = sorted(figures[1:], key=lambda one: one[0] / one[2])[runs // 2]
    tell(f"{number:,} orders fetched and stored, whole command", f"{seconds:.1f} s")
    tell("the same by aiohttp, json and sqlite3 alone", f"{bare:.1f} s, ratio {bare / seconds:.2f}")
    tell("peak memory", f"{megabytes:.0f} MB")


def export(runs: int, contracts: int) -> None:
    """Everything as CSV, against Python's csv module writing the same rows."""
    with sandbox(contracts) as server:
        env = server.home("export")
        timed([EVEOBS, "--quiet", "fetch", "contracts", "--region", "The Forge"], env)
        script = Path(__file__).with_name("benchmark_export.py")
        out = timed([sys.executable, str(script), env["EVEOBS_HOME"], str(runs)], env)[1]
    for line in out.splitlines():
        kind, figure, mine, bare = line.split()
        what = f"export {kind}, speed / csv module's, {contracts:,} contracts"
        tell(what, f"{figure}   ({mine} s, {bare} s)")


def sandbox_rate(_: int, contracts: int) -> None:
    """Small answers a second of the sandbox, by wrk."""
    if not shutil.which("wrk"):
        tell("sandbox, answers/s", "not measured: wrk is not installed")
        return
    with sandbox(contracts) as server:
        out = timed(["wrk", "-t1", "-c20", "-d5", f"{server.url}/status"])[1]
    line = next(line for line in out.splitlines() if line.startswith("Requests/sec"))
    tell("sandbox, small answers/s", line.split()[1])


BENCHMARKS = {
    "startup": startup,
    "warm": warm,
    "cold": cold,
    "latency": latency,
    "concurrent": concurrent,
    "memory": memory,
    "list": list_,
    "outbid": outbid,
    "import": import_,
    "deals": deals,
    "orders": orders,
    "export": export,
    "sandbox": sandbox_rate,
}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--contracts", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for name in options.names or BENCHMARKS:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}")
        BENCHMARKS[name](options.runs, options.contracts)


if __name__ == "__main__":
    main()
