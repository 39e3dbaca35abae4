"""Global options mean the same before and after the command, and never eat another's value."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from eveobs.cli.by_default import HERE
from eveobs.cli.global_options import NOTE
from tests.cli.test_app import EVERY
from tests.conftest import Eveobs, process

pytestmark = pytest.mark.unit

GLOBAL = ("--config", "--set", "--quiet", "-q", "--verbose", "-v", "--log-format", "--no-color")
LATE = (*GLOBAL, "--no-input", "--metrics-file", "--profile")


@pytest.mark.parametrize("names", [one for one in EVERY if one and one[-1] != HERE], ids=" ".join)
def test_every_command_takes_them_and_says_so(names: tuple[str, ...]) -> None:
    command = EVERY[names]
    flags = [flag for one in command.params for flag in one.opts]
    assert {*LATE} <= {*flags}
    assert len(flags) == len({*flags}), "a flag of the command's own is not taken away from it"
    assert " ".join(Eveobs({})(*names, "--help").stdout.split()).endswith(NOTE)


def test_an_option_of_outbid_and_a_global_one_stand_side_by_side(filled: Eveobs) -> None:
    mine = ("--set", "me.characters=2112000001")  # who has nothing on offer
    after = filled("outbid", "--check", "--quiet", "--json", *mine)
    before = filled("--quiet", *mine, "outbid", "--check", "--json")
    assert after.exit_code == before.exit_code == 0
    assert after.stderr == before.stderr == ""
    assert json.loads(after.stdout) == []


def test_quiet_after_the_command_is_quiet(filled: Eveobs) -> None:
    loud = filled("list", "contracts", "--limit", "1")
    assert "--limit 0 shows all" in loud.stderr
    for quiet in ("-q", "--quiet"):
        result = filled("list", "contracts", quiet, "--limit", "1")
        assert (result.exit_code, result.stderr, result.stdout) == (0, "", loud.stdout)
        assert filled("list", quiet, "contracts", "--limit", "1").stderr == ""


def test_settings_of_both_sides_add_up_and_the_later_wins(eveobs: Eveobs, tmp_path: Path) -> None:
    first = tmp_path / "first.toml"
    first.write_text("[esi]\nconcurrency = 2\n")
    second = tmp_path / "second.toml"
    second.write_text("[esi]\nconcurrency = 6\n")
    words = ("--set", "esi.language=de", "--config", str(first), "config", "show")
    esi = eveobs.json(*words, "--set", "esi.max_retries=1", "--config", str(second))["esi"]
    assert (esi["language"], esi["max_retries"], esi["concurrency"]) == ("de", 1, 6)
    later = eveobs.json("--set", "esi.language=de", "config", "--set", "esi.language=fr", "show")
    assert later["esi"]["language"] == "fr"


def test_verbosity_adds_up(eveobs: Eveobs) -> None:
    """-v says what is done, -vv each request; each path is asked once, so that nothing is cached."""
    said = [
        process(eveobs.env, *before, "api", path, *after).stderr
        for before, path, after in (
            ((), "/universe/types/34", ()),
            (("-v",), "/universe/types/35", ()),
            (("-v",), "/universe/types/36", ("-v",)),
            ((), "/universe/types/37", ("-vv", "--no-color")),
        )
    ]
    assert said[0] == ""
    assert "/universe/types/36" in said[2]
    assert "/universe/types/37" in said[3]
    assert "/universe/types/35" not in said[1]


def test_errors_are_json_where_that_was_said_after_the_command(eveobs: Eveobs) -> None:
    result = eveobs("show", "contract", "1", "--log-format", "json")
    assert result.exit_code != 0
    assert [json.loads(line) for line in result.stderr.splitlines()]
    wrong = eveobs("list", "contracts", "--log-format", "xml")
    assert wrong.exit_code == 2
    assert "--log-format" in wrong.stderr


def test_a_file_of_metrics_and_a_profile_may_be_asked_for_late(
    eveobs: Eveobs, tmp_path: Path
) -> None:
    file = tmp_path / "eveobs.prom"
    result = eveobs("--metrics-file", str(file), "api", "/status", "--profile")
    assert result.exit_code == 0
    assert "eveobs_run_exit_code" in file.read_text()
    assert re.search(r"\bms\b|seconds|%", result.stderr)


def test_the_value_of_an_option_is_never_taken_for_a_global_one(filled: Eveobs) -> None:
    result = filled("list", "contracts", "--title", "-q", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
    sql = filled("sql", "--", "-v")
    assert "SQL" in sql.output or "question" in sql.output, "what comes after -- is an argument"
    assert sql.exit_code == 2


def test_a_command_with_commands_beside_it_takes_them_before_their_names(eveobs: Eveobs) -> None:
    result = eveobs("alerts", "-q", "--set", "alerts.expiring_hours=3", "test")
    assert "No such" not in result.output
    assert "target" in result.output
    assert eveobs("publish", "--no-color", "plugin").stdout.startswith("<?php")
    assert eveobs("publish", "-q").exit_code == eveobs("-q", "publish").exit_code


def test_the_command_inside_a_sandbox_keeps_its_own(tmp_path: Path) -> None:
    env = {**os.environ, "EVEOBS_HOME": str(tmp_path)}
    inner = "import sys; print(sys.argv[1:])"
    result = process(env, "sandbox", "-q", "--", "python3", "-c", inner, "-q", "--set", "x=y")
    assert result.stdout.strip() == "['-q', '--set', 'x=y']"


def test_a_shell_completes_them_after_the_command() -> None:
    from eveobs.cli.completing.tree import tree
    from eveobs.cli.completing.words import candidates

    node = tree()
    found = [one.word for one in candidates(node, ["outbid", "--no-"], lambda *_: ())]
    assert {"--no-color", "--no-input"} <= {*found}
    assert candidates(
        node,
        ["list", "contracts", "--log-format", "js"],
        lambda s, w: [one for one in s.get("list", ()) if one.startswith(w)],
    )
    assert "--version" not in [
        one.word for one in candidates(node, ["outbid", "--v"], lambda *_: ())
    ]
