"""The options that say in which form rows are printed: the same on every command that prints rows."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from eveobs.cli.options import OUTPUT
from tests.cli.test_app import EVERY
from tests.conftest import Eveobs, process

pytestmark = pytest.mark.unit

FLAGS = ("--json", "--ndjson", "--csv", "--format", "--fields", "--field", "--columns", "--jq")
OWN_FORM = {
    ("api",),  # bodies; health and checks have a form of their own
    ("audit", "verify"),
    ("bench",),
    ("config", "path"),
    ("config", "show"),
    ("config", "trust"),
    ("config", "validate"),
    ("export",),
    ("health",),
}
"""Commands with --json that do not print rows, or not only."""


def flags_of(names: tuple[str, ...]) -> set[str]:
    return {flag for one in EVERY[names].params for flag in one.opts}


def test_one_declaration_is_shared_by_all_commands_that_print_rows() -> None:
    printing = {names for names in EVERY if "--json" in flags_of(names)} - OWN_FORM
    assert {("list", "contracts"), ("show", "contract"), ("fetch", "all"), ("sql",)} <= printing
    assert {("find",), ("outbid",), ("deals",), ("appraise",), ("limits", "here")} <= printing
    assert {("history", "type"), ("auth", "list"), ("audit", "tail"), ("cache", "ls")} <= printing
    assert {("alerts", "here"), ("import", "everef"), ("static-data", "status")} <= printing
    assert len(OUTPUT) == len(FLAGS)
    for names in printing:
        assert {*FLAGS} <= flags_of(names), names


def test_the_readme_names_the_commands_with_another_form() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"What prints no rows has less:\n(.*?)\n\n", readme, re.DOTALL)
    named = {*re.findall(r"`([a-z ]+)(?: --list)?`", " ".join(told.split()))}
    formatted = OWN_FORM - {("config", "validate")}  # which prints verdicts, without an option
    assert {" ".join(names) for names in formatted} <= named
    for names in EVERY:
        if "--format" in flags_of(names) and names not in OWN_FORM:
            assert {*FLAGS} <= flags_of(names), names
    assert "`health` has `--format table`, `json` and `nagios`" in told


LIST = ("list", "contracts", "--limit", "4", "--sort", "contract_id")


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
def test_a_format_is_the_flag_of_that_name(form: str, filled: Eveobs) -> None:
    flag, named = filled(*LIST, f"--{form}"), filled(*LIST, "--format", form)
    assert flag.exit_code == named.exit_code == 0
    assert flag.stdout == named.stdout
    assert filled(*LIST, f"--{form}", "--format", form).stdout == flag.stdout


def test_a_table_is_what_there_is_without_it(filled: Eveobs) -> None:
    assert filled(*LIST, "--format", "table").stdout == filled(*LIST).stdout


def test_a_count_is_a_number_and_ids_are_lines(filled: Eveobs) -> None:
    rows = filled.json(*LIST)
    assert filled(*LIST, "--format", "count").stdout == "4\n"
    every = filled.json("list", "contracts", "--type", "auction")
    counted = filled("list", "contracts", "--type", "auction", "--format", "count")
    assert counted.stdout == f"{len(every)}\n"
    ids = filled(*LIST, "--format", "ids").stdout.splitlines()
    assert [*map(int, ids)] == [one["contract_id"] for one in rows]
    assert filled("show", "contract", ids[0], "--format", "ids").stdout == f"{ids[0]}\n"
    sql = "SELECT contract_id, title FROM contracts ORDER BY 1 LIMIT 4"
    assert filled("sql", sql, "--format", "ids").stdout.splitlines() == ids
    refused = filled("limits", "--format", "ids")
    assert refused.exit_code == 2
    assert "no ids" in refused.stderr


def test_tsv_is_csv_with_tabs(filled: Eveobs) -> None:
    rows = [*csv.reader(io.StringIO(filled(*LIST, "--csv").stdout))]
    tabs = filled(*LIST, "--format", "tsv").stdout
    assert [line.split("\t") for line in tabs.splitlines()] == rows


def test_a_field_is_its_bare_values(filled: Eveobs) -> None:
    rows = filled.json(*LIST)
    issuers = filled(*LIST, "--field", "issuer_name").stdout.splitlines()
    assert issuers == [one["issuer_name"] for one in rows]
    assert filled("find", "Rifter", "--field", "price").exit_code == 0
    wrong = filled(*LIST, "--field", "isuer_name")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "'issuer_name'" in wrong.stderr
    shown = filled("show", "contract", str(rows[0]["contract_id"]), "--field", "price")
    assert float(shown.stdout) == rows[0]["price"]


def test_jq_filters_what_json_would_be(filled: Eveobs) -> None:
    pytest.importorskip("jq")
    rows = filled.json(*LIST)
    prices = filled(*LIST, "--jq", ".[].price").stdout.splitlines()
    assert [*map(float, prices)] == [one["price"] for one in rows]
    names = filled(*LIST, "--json", "--jq", ".[].issuer_name").stdout.splitlines()
    assert names == [one["issuer_name"] for one in rows], "texts have no quotes"
    assert filled(*LIST, "--jq", "length").stdout == "4\n"
    key = str(rows[0]["contract_id"])
    assert filled("show", "contract", key, "--jq", ".contract_id").stdout == f"{key}\n"
    assert json.loads(filled(*LIST, "--jq", ".[0]").stdout) == rows[0]
    for program in (".[", ".a.b", "", "nonsense"):
        result = filled(*LIST, "--jq", program)
        assert (result.exit_code, result.stdout) == (2, ""), program
        assert "Traceback" not in result.output
        assert result.stderr.startswith("error: --jq")
        assert "hint: " in result.stderr


def test_without_the_library_the_extra_is_named(
    filled: Eveobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eveobs.cli.extras.find_spec", lambda name: None)
    result = filled(*LIST, "--jq", ".")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "pip install eveobs[jq]" in result.stderr


def test_columns_of_a_table_by_header_or_field(filled: Eveobs) -> None:
    table = filled(*LIST, "--columns", "ends,price,Issuer,buyout")
    assert table.exit_code == 0
    assert table.stdout.splitlines()[0].split() == ["Ends", "Price", "Issuer", "buyout"]
    wrong = filled(*LIST, "--columns", "prise")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "'price'" in wrong.stderr
    card = filled("show", "contract", filled(*LIST, "--format", "ids").stdout.split()[0])
    few = filled("show", "contract", card.stdout.split()[1], "--columns", "Price")
    assert len(few.stdout.splitlines()) < len(card.stdout.splitlines())


@pytest.mark.parametrize(
    "words",
    [
        ("--json", "--csv"),
        ("--json", "--format", "csv"),
        ("--csv", "--jq", "."),
        ("--json", "--field", "price"),
        ("--fields", "price", "--field", "price"),
        ("--columns", "price", "--json"),
        ("--columns", "price", "--fields", "price"),
        ("--format", "yaml"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_used_together_is_a_usage_error(
    words: tuple[str, ...], filled: Eveobs
) -> None:
    result = filled(*LIST, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr


def test_the_json_of_a_list_has_the_summaries_of_its_table(filled: Eveobs) -> None:
    rows = filled.json("list", "contracts", "--type", "item_exchange")
    assert all("items_summary" in one for one in rows)
    table = filled("list", "contracts", "--type", "item_exchange", "--columns", "contract,items")
    shown = {line.split()[0]: line for line in table.stdout.splitlines()[1:]}
    for one in rows:
        assert " ".join(one["items_summary"].split()) in " ".join(
            shown[str(one["contract_id"])].split()
        )


CLOSED = """
import subprocess, sys
command = [sys.executable, "-m", "eveobs", "list", "contracts", *sys.argv[1:]]
eveobs = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
eveobs.stdout.read(1)
eveobs.stdout.close()
print(eveobs.stderr.read().decode(), end="")
sys.exit(eveobs.wait())
"""


@pytest.mark.parametrize(
    "words", [("--format", "tsv"), ("--field", "title"), ("--jq", ".[]"), ("--format", "ids")]
)
def test_a_closed_pipe_is_quiet(words: tuple[str, ...], filled: Eveobs) -> None:
    import os

    ran = subprocess.run(
        [sys.executable, "-c", CLOSED, *words],
        env={**os.environ, **filled.env},
        capture_output=True,
        text=True,
    )
    assert ran.stdout == ""
    assert ran.returncode in (0, 141), "0 where all of it fits into the pipe"


def test_formats_for_programs_load_no_jq_and_no_rich(filled: Eveobs) -> None:
    script = (
        "import sys; from eveobs.cli.app import app\n"
        "app(['list', 'contracts', '--limit', '2', '--format', 'tsv'], standalone_mode=False)\n"
        "print({'jq', 'rich'} & sys.modules.keys(), file=sys.stderr)"
    )
    import os

    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **filled.env},
        capture_output=True,
        text=True,
    )
    assert ran.stderr.strip().endswith("set()"), ran.stderr


def test_a_terminal_that_is_ascii_gets_ascii(filled: Eveobs) -> None:
    odd = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", **filled.env}
    for words in (("--format", "tsv"), ("--field", "title"), ("--jq", ".[].title")):
        result = process(odd, "list", "contracts", *words)
        assert result.returncode == 0, result.stderr
        assert result.stdout.isascii()


@pytest.mark.parametrize(
    "words",
    [
        ("alerts", "--dry-run"),
        ("cache", "verify"),
        ("static-data", "status"),
        ("publish", "verify"),
    ],
)
def test_commands_without_a_list_of_their_own_take_them_too(
    words: tuple[str, ...], filled: Eveobs
) -> None:
    counted = filled(*words, "--format", "count")
    if words[0] == "publish":  # of which nothing is set up here
        assert counted.exit_code == 3
        return
    assert (counted.exit_code, counted.stdout) == (0, "0\n"), counted.output
    assert filled(*words, "--format", "table").stdout == filled(*words).stdout
    both = filled(*words, "--json", "--csv")
    assert (both.exit_code, both.stdout) == (2, "")
