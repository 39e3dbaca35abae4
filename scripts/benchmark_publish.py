"""Measure publishing to WordPress against PHP itself, on the real WordPress of the tests.

Usage: python scripts/benchmark_publish.py [--documents N] [--runs N]

Each figure is documents a second as a share of what a loop of wp_insert_post or wp_update_post
reaches inside the same site in the same run, with the same five custom fields; the median of the
runs. The client is this process, the site are others. Figures mean something on an idle machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from eveobs.publish.companion import plugin_source
from eveobs.publish.document import Document, fingerprint
from eveobs.publish.kinds import find_kinds
from eveobs.publish.plan import Plan
from eveobs.publish.publishing import Publishing
from eveobs.publish.target import State
from eveobs.publish.targets.wordpress.discovery import Surroundings, find_way
from eveobs.publish.targets.wordpress.line import Line
from eveobs.settings.secret import Secret
from eveobs.telemetry.progress import Silence
from tests.integration.wordpress.site import Site

TEXT = "<p>Twenty runs of a good blueprint, at a fair price, in Jita.</p>\n" * 40
META = ("price", "volume", "issuer", "location", "ends")
LOOP = """
set_time_limit(600);
global $wpdb;
$ids = $wpdb->get_col("SELECT ID FROM $wpdb->posts WHERE post_name LIKE 'loop-%%'");
$start = microtime(true);
for ($n = 0; $n < %(number)d; $n++) {
  $post = [
    'post_type' => 'eve_contract', 'post_status' => 'publish', 'post_name' => "loop-$n",
    'post_title' => "Contract $n %(version)s", 'post_content' => '%(text)s',
    'meta_input' => [
      'price' => "$n.50", 'volume' => "$n", 'issuer' => "Pilot $n", 'location' => 'Jita',
      'ends' => "%(version)s $n",
    ],
  ];
  if ($ids) { wp_update_post(['ID' => $ids[$n]] + $post); } else { wp_insert_post($post); }
}
echo %(number)d / (microtime(true) - $start);
"""


def documents(number: int, version: int) -> list[Document]:
    """Documents with five custom fields, in one of two states."""
    found = []
    for n in range(number):
        texts = (f"{n}.50", str(n), f"Pilot {n}", "Jita", f"{version} {n}")
        found.append(
            Document(
                kind="contract",
                external_id=str(n),
                slug=f"eve-contract-{n}",
                title=f"Contract {n} {version}",
                html=TEXT + str(version),
                excerpt="",
                date=datetime(2026, 9, 1, tzinfo=UTC),
                meta=dict(zip(META, texts, strict=True)),
                terms={},
                image="",
                hash=fingerprint([n, version]),
            )
        )
    return found


def published(site: Site, way: str, some: Sequence[Document], folder: Path) -> tuple[float, int]:
    """Documents a second, and requests, of publishing `some`."""
    around = Surroundings(folder / "journal", {"contract": "Contracts"}, print)
    line = Line(site.url, site.user, Secret(site.app_password))
    started = time.perf_counter()
    with closing(find_way(line, way, around)) as target, Plan() as plan:
        there = target.published(["contract"])
        for one in some:
            known = there.get(one.key)
            if known is None or known.hash != one.hash or known.state is not State.SHOWN:
                plan.add(one, known)
        report = Publishing(target, Silence()).carry_out(plan)
    assert not report.failed, report.failed[0]
    return len(some) / (time.perf_counter() - started), line.sent


def one_run(site: Site, number: int, plugin: str) -> dict[str, float]:
    """The ratios of one run."""
    found: dict[str, float] = {}
    site.install_plugin(plugin)
    site.php("echo 1;")
    loop = {}
    for version, action in ((1, "create"), (2, "update")):
        code = LOOP % {"number": number, "text": TEXT + str(version), "version": version}
        loop[action] = float(site.php(code))
        print(f"  PHP's loop, {action}: {loop[action]:.0f}/s", file=sys.stderr)
    for way in ("rest", "xmlrpc"):
        for source, name in ((plugin, "with the plugin"), ("", "without")):
            site.reset()
            if source:
                site.install_plugin(source)
            with tempfile.TemporaryDirectory() as folder:
                for version, action in ((1, "create"), (2, "update"), (2, "unchanged")):
                    rate, requests = published(site, way, documents(number, version), Path(folder))
                    title = f"{way} {name}, {action}"
                    if action == "unchanged":
                        found[f"{title}: requests"] = requests
                    else:
                        found[title] = rate / loop[action]
                        print(f"  {title}: {rate:.0f}/s, {requests} requests", file=sys.stderr)
    site.reset()
    return found


def memory(site: Site, plugin: str) -> dict[str, float]:
    """The most that publishing takes in Python's memory, for ten times as many documents."""
    peaks = []
    for number in (100, 1000):
        site.reset()
        site.install_plugin(plugin)
        some = documents(number, 1)
        with tempfile.TemporaryDirectory() as folder:
            tracemalloc.start()
            published(site, "rest", some, Path(folder))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    print(f"  peaks: {peaks[0] / 1e6:.2f} and {peaks[1] / 1e6:.2f} MB", file=sys.stderr)
    return {"memory beyond the documents, ten times as many": peaks[1] / peaks[0]}


def main() -> None:
    """Print a line a figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    plugin = plugin_source(find_kinds())
    with tempfile.TemporaryDirectory() as folder:
        site = Site("modern", Path(folder))
        try:
            site.start()
            runs = [one_run(site, arguments.documents, plugin) for _ in range(arguments.runs)]
            figures = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
            figures |= memory(site, plugin)
        finally:
            site.stop()
    for name, value in figures.items():
        print(f"{name:52} {value:.2f}")


if __name__ == "__main__":
    main()
