"""`eveobs history` draws where it is asked to, and where a person sees it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import Eveobs, process

pytest.importorskip("plotext")
pytestmark = pytest.mark.integration


@pytest.fixture
def auction(filled: Eveobs) -> str:
    query = "SELECT contract_id FROM contract_bids GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    return str(filled.json("sql", query)[0]["contract_id"])


def test_a_chart_is_drawn_only_when_asked_for(filled: Eveobs, auction: str) -> None:
    table = filled("history", "contract", auction).stdout
    drawn = filled("history", "contract", auction, "--chart").stdout
    assert drawn.endswith(table)
    assert drawn.startswith(f"contract {auction}")
    assert " bids\n" in drawn
    assert "\x1b" not in drawn


def test_type_has_prices_and_counts(filled: Eveobs) -> None:
    sold = filled.json("find", "blueprint", "--limit", "1")[0]
    drawn = filled("history", "type", str(sold["type_id"]), "--chart").stdout
    assert "lowest price a" in drawn
    assert "o taken or withdrawn" in drawn
    assert "--chart" not in filled("history", "type", "587", "--region", "Domain", "--chart").stdout


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
@pytest.mark.parametrize("what", ["contract", "type"])
def test_a_plot_beside_any_output(
    what: str, ending: str, filled: Eveobs, auction: str, tmp_path: Path
) -> None:
    file = tmp_path / f"x.{ending}"
    which = auction if what == "contract" else "Rifter Blueprint"
    rows = filled.json("history", what, which, "--plot", str(file))
    assert rows == filled.json("history", what, which)
    assert file.stat().st_size > 5000
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == [file.name]


@pytest.mark.parametrize(
    "words",
    [("--plot", "x.pdf"), ("--plot", "x"), ("--chart", "--json"), ("--chart", "--csv")],
)
def test_what_cannot_be_drawn(words: tuple[str, ...], filled: Eveobs, auction: str) -> None:
    result = filled("history", "contract", auction, *words)
    assert result.exit_code == 2
    assert "hint: " in result.stderr
    assert result.stdout == ""


def test_without_the_extra(filled: Eveobs, auction: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *_: None if name in ('plotext', 'matplotlib') else find(name, *_)\n"
    )
    env = {**filled.env, "PYTHONPATH": str(tmp_path)}
    for words in (("--chart",), ("--plot", "x.png")):
        result = process(env, "history", "contract", auction, *words)
        assert result.returncode == 3
        assert "pip install eveobs[plots]" in result.stderr
    assert process(env, "history", "contract", auction).returncode == 0


def test_in_ascii(filled: Eveobs, auction: str) -> None:
    env = {**filled.env, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    result = process(env, "history", "contract", auction, "--chart")
    assert result.returncode == 0, result.stderr
    assert result.stdout.isascii()
    assert "+--" in result.stdout


def test_start_up_does_not_pay_for_it(filled: Eveobs, auction: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        "atexit.register(lambda: print(sorted({'plotext', 'matplotlib'} & {*sys.modules}), file=sys.stderr))\n"
    )
    env = {**os.environ, **filled.env, "PYTHONPATH": str(tmp_path)}
    assert process(env, "history", "contract", auction, "--json").stderr.endswith("[]\n")
    assert process(env, "history", "--help").stderr.endswith("[]\n")


def test_fields_are_chosen_as_elsewhere(filled: Eveobs, auction: str) -> None:
    rows = filled.json("history", "contract", auction, "--fields", "what,at")
    assert list(rows[0]) == ["what", "at"]
    lines = filled("history", "contract", auction, "--csv", "--fields", "what").stdout.split()
    assert lines[:2] == ["what", "issued"]
    assert filled("history", "contract", auction, "--fields", "nonsense").exit_code == 2
