from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.cli.completing.complete import complete
from eveobs.cli.completing.known import values
from eveobs.cli.completing.shells import answer, unquoted, words_of
from eveobs.cli.completing.words import Candidate, candidates

OPTION = {"takes": True, "help": "H"}
TREE = {
    "help": "",
    "options": {"--quiet": {"takes": False, "help": "Q"}, "--set": OPTION},
    "arguments": [],
    "commands": {
        "list": {
            "help": "L",
            "options": {},
            "arguments": [],
            "commands": {
                "contracts": {
                    "help": "C",
                    "commands": {},
                    "options": {
                        "--region": OPTION | {"source": {"list": ["The Forge", "Domain"]}},
                        "--sort": OPTION
                        | {"source": {"list": ["price", "title"], "commas": True, "signed": True}},
                        "--gone": {"takes": False, "help": "G"},
                    },
                    "arguments": [{"list": ["one", "two"], "many": True}],
                },
                "show": {
                    "help": "S",
                    "commands": {},
                    "options": {},
                    "arguments": [{"list": ["one"], "many": False}],
                },
            },
        }
    },
}


def found(*words: str) -> list[str]:
    return [one.word for one in candidates(TREE, words, lambda s, w: values(s, w, None))]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["l"], ["list"]),
        (["--quiet", ""], ["list"]),
        (["--set", "l"], []),
        (["--set", "list", "l"], ["list"]),
        (["--s"], ["--set"]),
        (["list", "c"], ["contracts"]),
        (["list", "contracts", "--reg"], ["--region"]),
        (["list", "contracts", "--region", "the"], ["The Forge"]),
        (["list", "contracts", "--region=d"], ["--region=Domain"]),
        (["list", "contracts", "--region", "Domain", "--g"], ["--gone"]),
        (["list", "contracts", "--sort", "price,-t"], ["price,-title"]),
        (["list", "contracts", "--sort", "price,"], ["price,title"]),
        (["list", "contracts", "one", "t"], ["two"]),
        (["list", "show", "o"], ["one"]),
        (["list", "show", "one", "o"], []),
        (["list", "show", "--unknown", "o"], ["one"]),
        (["nonsense", "l"], []),
        ([""], ["list"]),
    ],
)
def test_what_can_stand_there(words: list[str], expected: list[str]) -> None:
    assert found(*words) == expected


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\0"), max_size=30)


@given(TEXT.filter(lambda text: text.isprintable()))
def test_bash_gets_every_word_back(word: str) -> None:
    line = answer("bash", ["eveobs", ""], [Candidate(word)])[:-1]
    assert shlex.split(line) == ([word] if word else [])
    assert unquoted(line) == word


@given(TEXT)
def test_what_was_typed_is_what_the_shell_makes_of_it(word: str) -> None:
    assert unquoted(shlex.quote(word)) == word


@given(st.lists(TEXT, max_size=6))
def test_no_words_break_it(words: list[str]) -> None:
    for shell in ("bash", "zsh", "fish", "powershell"):
        found(*words_of(shell, words))


def test_an_equals_sign_is_a_word_for_bash() -> None:
    assert words_of("bash", ["list", "--region", "=", "Do"]) == ["list", "--region=Do"]
    assert answer("bash", ["--region", "=", "Do"], [Candidate("--region=Domain")]) == "Domain\n"
    assert answer("bash", ["--region", "="], [Candidate("--region=The Forge")]) == "The\\ Forge\n"


@pytest.mark.parametrize("store", [b"", b"garbage" * 100])
def test_a_store_that_is_none_gives_nothing(store: bytes, tmp_path: Path) -> None:
    path = tmp_path / "store"
    path.write_bytes(store)
    assert list(values({"names": "region"}, "", path)) == []
    assert list(values({"names": "region"}, "", tmp_path / "none")) == []


def test_a_tab_is_no_place_for_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "eveobs.toml").write_text("[[[")
    (tmp_path / "file").write_text("")
    for home in (tmp_path / "home", tmp_path / "file"):
        environ = {"EVEOBS_HOME": str(home), "_EVEOBS_COMPLETE": "zsh"}
        for _ in range(2):
            assert "fetch" in complete(environ, ["fe"])
        assert complete(environ | {"_EVEOBS_COMPLETE": "csh"}, ["fe"]) == ""
    (tmp_path / "home" / "cache" / "completion.json").write_text("[1, 2")
    environ = {"EVEOBS_HOME": str(tmp_path / "home"), "_EVEOBS_COMPLETE": "fish"}
    assert complete(environ, ["fetch", "contr"]).startswith("contracts\t")
    assert complete({"_EVEOBS_COMPLETE": "bash", "EVEOBS_HOME": "~/x", "HOME": "x"}, ["fe"]) in {
        "",
        "fetch\n",
    }
