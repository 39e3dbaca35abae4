"""Metrics have documented names and bounded labels, are read by a Prometheus parser, and go on from
run to run in a file that is whole at any moment.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from eveobs.telemetry.exposition import ForeignError, add_text, exposition, write_file
from eveobs.telemetry.metrics import BOUNDS, METRICS, MOST, OTHER, Durations, Kind, Meter
from eveobs.telemetry.traffic import Traffic
from tests.cli.hostile import ALL

pytestmark = pytest.mark.unit

ROUTE = "/universe/types/{type_id}"
DOCS = Path(__file__).parents[2] / "docs"


def meter() -> Meter:
    return Meter(routes={ROUTE})


def filled() -> Meter:
    """A meter in which every metric has a value."""
    found = meter()
    traffic = Traffic()
    for status in (200, 0, 999):
        traffic.answered("GET", ROUTE, status, traffic.sent())
    traffic.cost("contract", 2, 100)
    traffic.waited(1.5)
    traffic.into(found)
    counts = {"fresh": 3, "revalidated": 2, "missed": 1, "memory": 4, "disk": 1, "bytes_saved": 9}
    found.count_cache({ROUTE: counts})
    found.count_observation("contracts", "complete", new=2, changed=1, gone=0)
    found.set_last_rows({"contracts": 7})
    found.set_observed("contracts", oldest=1e9, newest=2e9)
    found.count_published({"contract": {"create": 4}}, {("contract", "update"): 1})
    found.set_run("fetch", ended=2e9, seconds=1.25, exit_code=7)
    found.set("build_info", "1.0", to=1)
    return found


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return samples(text)[name, frozenset(labels.items())]


def test_a_prometheus_parser_reads_every_metric() -> None:
    families = {one.name: one for one in text_string_to_metric_families(exposition(filled()))}
    for metric in METRICS:
        family = families.pop(f"eveobs_{metric.name}")
        assert (family.type, family.documentation) == (metric.kind.value, metric.help)
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels)
            assert not math.isnan(sample.value)
    assert families == {}


def test_what_was_counted_is_what_is_read() -> None:
    text = exposition(filled())
    asked = {"method": "GET", "route": ROUTE}
    assert value(text, "eveobs_requests_total", **asked, status="200") == 1
    assert value(text, "eveobs_requests_total", **asked, status="none") == 1
    assert value(text, "eveobs_requests_total", **asked, status="other") == 1
    assert value(text, "eveobs_request_duration_seconds_count", route=ROUTE) == 3
    assert value(text, "eveobs_request_duration_seconds_bucket", route=ROUTE, le="0.05") == 3
    assert value(text, "eveobs_tokens_total", group="contract") == 2
    assert value(text, "eveobs_cache_hits_total", level="memory") == 4
    assert value(text, "eveobs_cache_answers_total", route=ROUTE, result="fresh") == 3
    assert value(text, "eveobs_rows_total", processor="contracts", change="new") == 2
    page = {"kind": "contract", "action": "update", "result": "failed"}
    assert value(text, "eveobs_published_total", **page) == 1
    assert value(text, "eveobs_run_exit_code", command="fetch") == 7


def test_a_path_that_is_no_route_is_other() -> None:
    found = meter()
    traffic = Traffic()
    for path in [*ALL, "/universe/types/587", ""]:
        traffic.answered("GET", path, 200, traffic.sent())
    traffic.into(found)
    text = exposition(found)
    routes = {dict(labels).get("route") for _, labels in samples(text)} - {None}
    assert routes == {OTHER}
    total = value(text, "eveobs_requests_total", method="GET", route=OTHER, status="200")
    assert total == len([*ALL, "/universe/types/587", ""])


def test_labels_are_bounded_in_number() -> None:
    found = meter()
    for number in range(MOST + 500):
        found.add("observations", f"processor-{number}", "complete")
    found.add("observations", "processor-1", "complete")
    values = found.numbers["observations"]
    assert len(values) == MOST + 1
    assert values[OTHER, OTHER] == 500
    assert values["processor-1", "complete"] == 2


def test_a_hostile_label_is_read_back_as_it_was() -> None:
    found = meter()
    texts = [text for text in ALL if text.isprintable() or "\n" in text][:100]
    for text in (*texts, 'a"b\\c\nd'):
        found.add("observations", text, "complete")
    read = {dict(labels)["processor"] for _, labels in samples(exposition(found))}
    assert {'a"b\\c\nd'} <= read


def test_wrong_labels_are_a_defect() -> None:
    with pytest.raises(ValueError, match="has the labels"):
        meter().add("observations", "contracts")


def test_a_run_goes_on_where_the_one_before_ended(tmp_path: Path) -> None:
    path = tmp_path / "eveobs.prom"
    warned: list[str] = []
    once = exposition(filled())
    for _ in range(3):
        run = meter()
        run.set("build_info", "1.0", to=1)
        add_text(run, once)
        write_file(path, run, warned.append)
    before, after = samples(once), samples(path.read_text())
    kinds = {one.full_name: one.kind for one in METRICS}
    assert before.keys() == after.keys()
    for (name, labels), number in before.items():
        gauge = kinds.get(name) is Kind.GAUGE
        assert after[name, labels] == pytest.approx(number if gauge else 3 * number), name
    assert warned == []
    assert path.stat().st_mode & 0o777 == 0o644
    assert sorted(one.name for one in tmp_path.iterdir()) == ["eveobs.prom", "eveobs.prom.lock"]


def test_a_gauge_of_another_command_stays(tmp_path: Path) -> None:
    path = tmp_path / "eveobs.prom"
    for command, code in (("fetch", 7), ("publish", 0), ("publish", 1)):
        one = meter()
        one.set_run(command, ended=1, seconds=1, exit_code=code)
        write_file(path, one, print)
    text = path.read_text()
    assert value(text, "eveobs_run_exit_code", command="fetch") == 7
    assert value(text, "eveobs_run_exit_code", command="publish") == 1


@given(st.lists(st.floats(0, 100), max_size=30), st.lists(st.floats(0, 100), max_size=30))
def test_durations_add_up(first: list[float], second: list[float]) -> None:
    def of(some: list[float]) -> Meter:
        found = meter()
        buckets = [sum(a < one <= b for one in some) for a, b in _intervals()]
        found.add_durations(
            "request_duration_seconds", ROUTE, some=Durations(buckets, float(len(some)))
        )
        return found

    both = of(second)
    add_text(both, exposition(of(first)))
    assert samples(exposition(both)) == samples(exposition(of(first + second)))


def _intervals() -> list[tuple[float, float]]:
    return list(zip([-1.0, *BOUNDS], [*BOUNDS, math.inf], strict=True))


@pytest.mark.parametrize(
    "text",
    ["hello there\n", "# HELP node_load1 x\n# TYPE node_load1 gauge\nnode_load1 1\n", "\0" * 99],
)
def test_a_file_that_is_not_ours_is_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "eveobs.prom"
    path.write_text(text)
    with pytest.raises(ForeignError):
        write_file(path, filled(), print)
    assert path.read_text() == text


def test_a_file_that_was_damaged_begins_anew_with_a_word(tmp_path: Path) -> None:
    path = tmp_path / "eveobs.prom"
    write_file(path, filled(), print)
    path.write_bytes(path.read_bytes()[:200] + b'{"\xff\x00')
    warned: list[str] = []
    write_file(path, filled(), warned.append)
    assert len(warned) == 1
    assert "are damaged" in warned[0]
    assert samples(path.read_text()) == pytest.approx(samples(exposition(filled())), rel=1)


def test_what_another_version_wrote_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "eveobs.prom"
    path.write_text(
        "# HELP eveobs_new_thing x\n# TYPE eveobs_new_thing gauge\neveobs_new_thing 1\n"
        "# HELP eveobs_tokens_total x\n# TYPE eveobs_tokens_total counter\n"
        'eveobs_tokens_total{colour="red"} 5\n'
    )
    write_file(path, filled(), print)
    assert value(path.read_text(), "eveobs_tokens_total", group="contract") == 2


def test_a_folder_or_a_device_is_refused(tmp_path: Path) -> None:
    for place in (tmp_path, Path("/dev/null")):
        with pytest.raises(ForeignError, match="it is no file"):
            write_file(place, filled(), print)


CROWD = """
import sys
from pathlib import Path
from eveobs.telemetry.exposition import write_file
from eveobs.telemetry.metrics import Meter
for _ in range(20):
    meter = Meter()
    meter.add("observations", "contracts", "complete")
    write_file(Path(sys.argv[1]), meter, print)
"""


@pytest.mark.integration
def test_several_processes_lose_no_count_and_nobody_reads_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "eveobs.prom"
    crowd = [subprocess.Popen([sys.executable, "-c", CROWD, str(path)]) for _ in range(3)]
    while any(one.poll() is None for one in crowd):
        if path.exists():
            assert samples(path.read_text())
    assert [one.wait() for one in crowd] == [0] * 3
    found = value(
        path.read_text(), "eveobs_observations_total", processor="contracts", status="complete"
    )
    assert found == 60


# -- what is documented ----------------------------------------------------------------------------


def test_the_documentation_has_every_metric_with_its_labels() -> None:
    text = (DOCS / "how-to" / "monitor.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(eveobs_\w+)` \| (.*?) \|", text, re.MULTILINE))
    expected = {
        one.full_name: ", ".join(f"`{label}`" for label in one.labels) or "–" for one in METRICS
    }
    assert rows == expected


def expressions(part: Any) -> list[str]:
    """Every query in a dashboard."""
    if isinstance(part, dict):
        own = [part[key] for key in ("expr", "query") if isinstance(part.get(key), str)]
        return own + [one for inner in part.values() for one in expressions(inner)]
    if isinstance(part, list):
        return [one for inner in part for one in expressions(inner)]
    return []


def test_the_dashboard_asks_for_nothing_that_is_not_there() -> None:
    dashboard = json.loads((DOCS / "grafana" / "eveobs.json").read_text(encoding="utf-8"))
    asked = " ".join(expressions(dashboard))
    known = {one.full_name: one for one in METRICS}
    names = set(re.findall(r"\beveobs_\w+", asked))
    plain = {re.sub(r"_(bucket|sum|count)$", "", one) for one in names}
    assert plain <= known.keys()
    assert known.keys() - plain <= {"eveobs_build_info"}  # all that is measured can be seen
    labels = set(re.findall(r"\bby \(([^)]*)\)", asked))
    used = {label.strip() for group in labels for label in group.split(",")}
    assert used <= {label for one in METRICS for label in one.labels} | {"le"}
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
