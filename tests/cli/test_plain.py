"""Whatever strangers type comes out readable, on one line, and can do nothing to a terminal."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eveobs.cli.plain import MOST_MARKS, cells, cut, encodable, plain, stands_alone
from tests.cli.hostile import ALL, KINDS, leaked

pytestmark = pytest.mark.unit

anything = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.lists(st.sampled_from(ALL), max_size=4).map("".join),
    st.text("a \u0301\u0316\u1100\u1161\u11a8\u200d\u202e\ufe0f\u3164\x1b\n\u09c7\u09be\u093c"),
)


def test_the_corpus_is_large_and_has_no_doubles() -> None:
    assert len(ALL) >= 200
    assert len(set(ALL)) == len(ALL)
    assert all(KINDS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_forbidden_is_left(kind: str) -> None:
    for text in KINDS[kind]:
        assert leaked(plain(text)) == set()
        assert "\n" not in plain(text)


@given(anything)
@example("\u1100\u200b\u1161")
@example("a \u0301b")
def test_plain_is_harmless_and_idempotent(text: str) -> None:
    once = plain(text)
    assert leaked(once) == set()
    assert "\n" not in once
    assert plain(once) == once
    assert once == once.strip()
    assert all(unicodedata.category(c)[0] != "C" for c in once)


@pytest.mark.slow
def test_every_code_point_there_is_comes_out_harmless_and_stays_so() -> None:
    for first in range(0, sys.maxunicode + 1, 4096):
        once = plain("".join(f"a{chr(code)}b" for code in range(first, first + 4096)))
        assert not leaked(once), hex(first)
        assert plain(once) == once, hex(first)


@given(anything)
def test_no_letter_carries_a_flood_of_marks_and_nothing_carries_none(text: str) -> None:
    run = MOST_MARKS
    for character in plain(text):
        run = run + 1 if unicodedata.category(character).startswith("M") else 0
        run = MOST_MARKS if character == " " else run
        assert run <= MOST_MARKS


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("T2 fitted Gila - ready!", "T2 fitted Gila - ready!"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("two\r\nlines\tand  more ", "two lines and more"),
        ("exe\u202egpj.scr", "exegpj.scr"),
        ("pay\u200bpal", "paypal"),
        ("a\x9b31mb", "a\ufffd31mb"),
        ("\ud800x\ue000", "\ufffdx\ufffd"),
        ("e\u0301te\u0301", "été"),
        ("Z" + "\u0316" * 99, "Z" + "\u0316" * 3),
        ("\u0301\u0301x", "x"),
        ("\u2764\ufe0f", "\u2764"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\U0001f469"),
        ("格安!! 残りわずか", "格安!! 残りわずか"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("[red]sale[/red]", "[red]sale[/red]"),
        ('<font size="12">x</font>', '<font size="12">x</font>'),
    ],
)
def test_it_stays_readable(typed: str, shown: str) -> None:
    assert plain(typed) == shown


@given(anything, st.sampled_from(["ascii", "latin-1", "cp1252", "cp437", "utf-8", "shift_jis"]))
def test_any_stream_can_carry_it(text: str, encoding: str) -> None:
    encodable(plain(text), encoding).encode(encoding)


def test_signs_of_ours_have_their_ascii_form_and_others_a_question_mark() -> None:
    assert encodable("✓ 5 m³ … 格安", "ascii") == "yes 5 m3 ... ??"
    assert encodable("✓ 格安", "utf-8") == "✓ 格安"
    assert encodable("✓", None) == "✓"


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("格安", 4), ("e\u0316", 1), ("\U0001f680", 2), ("ｱ", 1), ("", 0), ("…", 1)],
)
def test_cells_are_those_of_a_terminal(text: str, width: int) -> None:
    assert cells(text) == width


@given(anything, st.integers(0, 30), st.sampled_from(["…", "..."]))
def test_cut_never_exceeds_the_width_and_keeps_what_fits(text: str, width: int, mark: str) -> None:
    shown = plain(text)
    short = cut(shown, width, mark)
    assert cells(short) <= width
    assert (short == shown) == (cells(shown) <= width)


def test_cut_says_that_something_is_missing() -> None:
    assert cut("Prototype Cloaking Device", 12) == "Prototype C…"
    assert cut("格安残り", 6) == "格安…"
    assert cut("Prototype Cloaking", 12, "...") == "Prototype..."


def test_only_what_stands_by_itself_is_shown_raw() -> None:
    assert all(stands_alone(c) for c in "aé格\U0001f680✓ ")
    assert not any(stands_alone(c) for c in "\x1b\x9b\u202e\u0301\u200d\ufe0f\ud800\u00a0\u1161")
