"""A run that was saved is read as it was, and what is no such file is refused in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eveobs.bench import saving
from eveobs.bench.load import Load
from eveobs.bench.measuring import Result
from eveobs.bench.sample import FIGURES, Sample
from eveobs.bench.target import Case, Mode
from eveobs.errors import ConfigError, EveobsError

pytestmark = pytest.mark.unit
NOW = datetime(2026, 9, 23, tzinfo=UTC)


def result() -> Result:
    one, other = Sample(seconds=1.5, cpu=0.5, bytes=7, tokens=2), Sample(seconds=1.0)
    for number in range(1, 100):
        one.add("200", number * 100_000)
        one.overhead.add(number * 1000)
    other.add("no answer", 5)
    return Result(Case("/status", Mode.NETWORK, Load(10)), [one, other])


def test_all_figures_are_the_same_again(tmp_path: Path) -> None:
    made = result()
    saving.save(tmp_path / "run.json", [made], NOW)
    ((key, rounds),) = saving.load(tmp_path / "run.json").items()
    assert key == made.case.key == "/status network x10"
    for mine, kept in zip(made.rounds, rounds, strict=True):
        assert kept.statuses == mine.statuses
        for figure in FIGURES.values():
            assert figure.value(kept) == pytest.approx(figure.value(mine), rel=0.01)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "null", "\x00\xff", '{"eveobs_bench": 1}'),
        '{"eveobs_bench":1,"saved":"","eveobs":"","machine":"","cases":{"a":[{}]}}',
        '{"eveobs_bench":1,"saved":"","eveobs":"","machine":"","cases":{"a":[{"latencies":3}]}}',
    ],
)
def test_any_other_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match="no run that eveobs bench saved"):
        saving.load(path)


def test_one_of_another_version_says_so(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    saving.save(path, [result()], NOW)
    saved = json.loads(path.read_text())
    path.write_text(json.dumps({**saved, "eveobs_bench": 99}))
    with pytest.raises(ConfigError, match="of another eveobs"):
        saving.load(path)


def test_a_place_that_is_none_is_found_before_and_after(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no" / "run.json"):
        with pytest.raises(ConfigError):
            saving.check_place(path)
    with pytest.raises(EveobsError, match="cannot be written"):
        saving.save(tmp_path / "no" / "run.json", [result()], NOW)
    with pytest.raises(ConfigError, match="cannot be read"):
        saving.load(tmp_path / "missing.json")
