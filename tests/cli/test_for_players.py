"""What players look for is what lists show first, and what cannot be undone is asked about."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import time
from fcntl import ioctl
from pathlib import Path
from select import select
from termios import TIOCSCTTY

import pytest

from tests.conftest import Eveobs, NewEden, process
from tests.signing import Person, signed_home

pytestmark = pytest.mark.integration


def at_a_terminal(env: dict[str, str], *arguments: str, typed: str = "") -> tuple[int, str]:
    """The exit code of `eveobs` at a terminal of 80 columns, and what is on it; `typed` is typed
    when a question stands there.
    """
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "-m", "eveobs", *arguments],
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80", **env},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: ioctl(0, TIOCSCTTY, 0),  # noqa: PLW1509 - so that Ctrl-C is a signal
    )
    os.close(theirs)
    seen = ""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not select([ours], [], [], 0.1)[0]:
            if started.poll() is not None:
                break
            continue
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        seen += part.decode(errors="replace")
        if typed and "[y/N]" in seen:
            os.write(ours, typed.encode())
            typed = ""
    os.close(ours)
    return started.wait(timeout=20), seen


@pytest.fixture
def copied(filled: Eveobs, tmp_path: Path) -> Eveobs:
    """The home with The Forge, to be changed."""
    home = tmp_path / "copied"
    shutil.copytree(filled.env["EVEOBS_HOME"], home)
    return Eveobs({**filled.env, "EVEOBS_HOME": str(home)})


# -- lists ----------------------------------------------------------------------------------------


def test_the_item_that_was_looked_for_comes_first(filled: Eveobs) -> None:
    word = "blueprint"
    rows = filled.json("list", "contracts", "--item", word)
    assert len(rows) > 5
    others = 0
    for row in rows[:15]:
        assert word in row["items_summary"].split(" + ")[0].lower()
        items = filled.json("show", "contract", str(row["contract_id"]))["items"]
        others += word not in (items[0]["type_name"] or "").lower()
    assert others, "in some of these contracts another item is the first"


def test_an_item_that_is_asked_for_is_told_as_wanted(filled: Eveobs) -> None:
    sql = (
        "SELECT i.contract_id, n.name FROM contract_items i JOIN names n ON n.id = i.type_id "
        "WHERE NOT i.is_included AND EXISTS (SELECT 1 FROM contract_items o WHERE o.is_included "
        "AND o.contract_id = i.contract_id) AND NOT EXISTS (SELECT 1 FROM contract_items o "
        "WHERE o.is_included AND o.contract_id = i.contract_id AND o.type_id = i.type_id)"
    )
    for row in filled.json("sql", sql)[:3]:
        found = filled.json("list", "contracts", "--item", row["name"])
        (mine,) = [one for one in found if one["contract_id"] == row["contract_id"]]
        assert mine["items_summary"].startswith("wants ")


def test_a_list_of_couriers_shows_reward_and_route(filled: Eveobs) -> None:
    table = filled("list", "contracts", "--type", "courier")
    header = table.stdout.splitlines()[0]
    assert re.findall(r"\S+(?: \S+)*", header)[:6] == [
        "Contract", "Reward", "Collateral", "Volume m³", "From", "To",
    ]  # fmt: skip
    assert "Price" not in header
    narrow = at_a_terminal(
        {**filled.env, "COLUMNS": "60"}, "list", "contracts", "--type", "courier"
    )
    assert "Reward" in narrow[1]
    every = filled("list", "contracts").stdout.splitlines()[0]
    assert {"Price", "Items", "Reward", "To"} <= {*every.split()}
    key = filled("list", "contracts", "--type", "courier", "--format", "ids").stdout.split()[0]
    card = filled("show", "contract", key).stdout.splitlines()
    assert card[1].startswith("Reward")


def test_prices_say_of_what_they_are(filled: Eveobs) -> None:
    def header(*words: str) -> str:
        return filled("find", *words).stdout.splitlines()[0]

    assert "Per run" in header("rifter blueprint", "--bpc")
    assert "Unit price" in header("tritanium")
    assert "Per run" not in header("tritanium")


def test_the_time_that_is_left_is_on_the_screen(filled: Eveobs) -> None:
    code, seen = at_a_terminal(filled.env, "list", "contracts", "--limit", "3")
    assert code == 0
    assert "Ends" in seen
    assert re.search(r"\b\d+[dh] \d+[hm]\b", seen)


# -- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("x.xlsx", "x.csv"), ("x.ods", "x.csv"), ("x.jsnl", "x.ndjson"), ("x.parqet", "x.parquet")],
)
def test_a_file_that_cannot_be_written_is_refused_with_the_nearest(
    name: str, nearest: str, filled: Eveobs, tmp_path: Path
) -> None:
    result = filled("export", "contracts", "-o", str(tmp_path / name))
    assert result.exit_code == 2
    assert not list(tmp_path.glob("x.*"))
    error, hint = result.stderr.splitlines()
    assert error.startswith(f"error: {Path(name).suffix} is not supported")
    assert str(tmp_path / nearest) in hint
    named = filled("export", "contracts", "-o", str(tmp_path / name), "--format", "csv")
    assert named.exit_code == 0, "a format that is named is meant"


# -- questions ------------------------------------------------------------------------------------


def test_clearing_the_cache_is_asked_about_at_a_terminal_only(copied: Eveobs) -> None:
    def entries() -> int:
        return int(copied("cache", "ls", "--format", "count").stdout)

    before = entries()
    assert before > 0
    code, seen = at_a_terminal(copied.env, "cache", "clear", typed="n\n")
    assert (code, entries()) == (1, before)
    assert "nothing was changed" in seen
    code, seen = at_a_terminal(copied.env, "cache", "clear", typed="\x04")
    assert (code, entries()) == (1, before), "the end of input is no yes"
    code, seen = at_a_terminal(copied.env, "cache", "clear", typed="\x03")
    assert (code, entries()) == (130, before)
    code, seen = at_a_terminal(copied.env, "cache", "clear", "--route", "nothing", "--yes")
    assert (code, "[y/N]" in seen) == (0, False)
    code, seen = at_a_terminal(copied.env, "cache", "clear", typed="y\n")
    assert (code, entries()) == (0, 0), seen


@pytest.mark.parametrize("words", [(), ("--no-input",), ("--yes",)])
def test_a_script_is_never_asked(words: tuple[str, ...], copied: Eveobs) -> None:
    if words:
        code, seen = at_a_terminal(copied.env, "cache", "clear", *words)
    else:
        ran = process(copied.env, "cache", "clear", stdin=subprocess.DEVNULL)
        code, seen = ran.returncode, ran.stderr
    assert code == 0
    assert "[y/N]" not in seen
    assert copied("cache", "ls", "--format", "count").stdout == "0\n"


def test_pruning_is_asked_about_when_it_is_known_how_much(copied: Eveobs, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    words = ("publish", "contract", "--from", "contracts", "--folder", str(folder))
    assert copied(*words).exit_code == 0
    pages = {*folder.rglob("*.html")}
    changed = copied("sql", "SELECT contract_id FROM contracts ORDER BY 1 LIMIT 3", "--csv")
    gone = changed.stdout.split()[1:]
    database = Path(copied.env["EVEOBS_HOME"]) / "data" / "eveobs.sqlite3"
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(database)) as store, store:
        store.execute(
            "UPDATE contracts SET gone_at = last_seen, gone_how = 'expired' "  # noqa: S608
            f"WHERE contract_id IN ({','.join(gone)})"
        )
    code, seen = at_a_terminal(copied.env, *words, "--prune", typed="n\n")
    assert code == 1, seen
    assert re.search(r"Remove 3 pages from .*\? \[y/N\]", seen)
    assert {*folder.rglob("*.html")} >= pages
    code, seen = at_a_terminal(copied.env, *words, "--prune", "--yes")
    assert (code, "[y/N]" in seen) == (0, False), seen
    for number in gone:
        assert not [one for one in folder.rglob("*.html") if number in str(one)]


def test_signing_out_is_asked_about(
    new_eden: NewEden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eveobs = Eveobs(signed_home(new_eden.url, tmp_path / "home"))
    Person(monkeypatch).sign_in(eveobs, 2112000000)
    code, seen = at_a_terminal(eveobs.env, "auth", "logout", "2112000000", typed="no\n")
    assert code == 1, seen
    assert len(eveobs.json("auth", "list")) == 1
    code, seen = at_a_terminal(eveobs.env, "auth", "logout", "2112000000", typed="yes\n")
    assert (code, eveobs.json("auth", "list")) == (0, []), seen


# -- signing in -----------------------------------------------------------------------------------


def test_no_input_ends_a_sign_in_at_once(new_eden: NewEden, tmp_path: Path) -> None:
    env = signed_home(new_eden.url, tmp_path / "home")
    for words in ((), ("--no-browser",)):
        began = time.monotonic()
        result = Eveobs(env)("auth", "login", "--no-input", *words)
        assert result.exit_code == 4
        assert time.monotonic() - began < 5
        assert "--no-input" in result.stderr
        assert "hint: " in result.stderr


def test_waiting_for_a_browser_is_said_and_counted_down(new_eden: NewEden, tmp_path: Path) -> None:
    env = {**signed_home(new_eden.url, tmp_path / "home"), "BROWSER": "/bin/true"}
    code, seen = at_a_terminal(env, "auth", "login", "--timeout", "3")
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)
    assert code == 4, plain
    assert re.search(r"https?://\S+/v2/oauth/authorize\S*", plain)
    assert "waiting for the browser, 3s at most; on a machine without one use --no-browser" in plain
    assert len({*re.findall(r"waiting (\d)s: for the browser", plain)}) >= 2, "it counts"
    assert "error: sign-in timed out after 3s" in plain
    assert "--no-browser" in plain.split("hint: ")[1]


def test_the_list_of_sign_ins_says_for_what(
    new_eden: NewEden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eveobs = Eveobs(signed_home(new_eden.url, tmp_path / "home"))
    Person(monkeypatch).sign_in(eveobs, 2112000000, "--for", "blueprints,wallet")
    (row,) = eveobs.json("auth", "list")
    assert row["used_for"].split(", ") == ["blueprints", "wallet-journal", "wallet-transactions"]
    assert row["scopes"]
    assert "Used for" in eveobs("auth", "list").stdout.splitlines()[0]


def test_the_help_of_completion_is_readable() -> None:
    for columns in ("40", "80"):
        text = Eveobs({"COLUMNS": columns})("completion", "--help").stdout
        assert "\\b" not in text
        assert "  bash ~/.local/share/bash-completion/completions/eveobs\n" in text
        assert "  powershell $PROFILE\n" in text
