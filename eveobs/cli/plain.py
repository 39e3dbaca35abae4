"""Text that strangers typed, made safe to show; and how wide text is on a terminal.

What `plain` gives back stands by itself: no character of it moves the cursor, changes a colour,
joins or reorders its neighbours, or hides. What was there stays readable:

- white space of any kind and width, line breaks and blank letters: one space, none at the ends;
- C0 controls and DEL: their pictures (ESC is "␛", so a colour reads "␛[31m"); C1 controls, private
  and unassigned characters, lone surrogates: "�";
- direction controls, joiners, selectors, tags and all else that is invisible: left out. A family
  emoji falls into its members, as it does on terminals that cannot join them: its width is known;
- the rest in composed form (NFC), with at most three marks on a letter and none on nothing.

Letters that are written from right to left stay as they are. Markup, such as the game's own
`<font size="12">`, stays as typed: nothing after this point interprets it.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

MOST_MARKS = 3
ELLIPSIS = "…"
REPLACEMENT = "\ufffd"

# Written instead of characters of ours that a stream cannot carry; any other becomes "?".
_ASCII = {"…": "...", "✓": "yes", "·": "-", "³": "3", "\u00d7": "x", "µ": "u", "±": "+-"}

_BREAKS = frozenset("\t\n\v\f\r\x85\u2028\u2029")
# Letters, and a braille pattern, that are drawn as nothing.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Default_Ignorable_Code_Point (Unicode 15) as far as the category, Cf or Cn, does not tell.
_INVISIBLE_MARKS = (
    (0x034F, 0x034F),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0xFE00, 0xFE0F),
    (0xE0000, 0xE0FFF),
)
# Vowels and finals of Hangul syllables, drawn into the letter before them.
_JOINING_JAMO = ((0x1160, 0x11FF), (0xD7B0, 0xD7FB))
_DELETE = 0x7F
_C0_END = 0x20
_PICTURES = 0x2400
_PICTURE_OF_DELETE = "\u2421"


def plain(text: str) -> str:
    """`text` without anything that could do more than be read; see the module. Idempotent."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    composed = unicodedata.normalize("NFC", text.translate(_SAFE))
    return " ".join(_few_marks(composed).split())


def encodable(text: str, encoding: str | None) -> str:
    """`text` with what `encoding` cannot carry in ASCII: "..." for "…", "?" where nothing fits."""
    codec = encoding or "utf-8"
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        for sign, substitute in _ASCII.items():
            text = text.replace(sign, substitute)
        return text.encode(codec, "replace").decode(codec)
    return text


def cells(text: str) -> int:
    """How many columns of a terminal plain `text` takes, at most: 2 for CJK and emoji."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def cut(text: str, width: int, ellipsis_: str = ELLIPSIS) -> str:
    """`text` in at most `width` cells; `ellipsis_` stands for what was cut off."""
    if cells(text) <= width:
        return text
    mark = ellipsis_ if len(ellipsis_) < width else ellipsis_[:1]
    kept, room = [], width - len(mark)
    for character in text:
        room -= _cells_of(character)
        if room < 0:
            break
        kept.append(character)
    return ("".join(kept).rstrip() + mark)[: max(width, 0)]


def stands_alone(character: str) -> bool:
    """Whether a character may be shown raw: visible, of a width of its own, attached to nothing."""
    return _SAFE[ord(character)] == character and not _attaches(character)


class _Safe(dict[int, str]):
    """For `str.translate`: what to write for a code point, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = written = _write(chr(code))
        return written


def _write(character: str) -> str:
    category = unicodedata.category(character)
    if character in _BREAKS or character in _BLANKS or category == "Zs":
        return " "
    if ord(character) < _C0_END:
        return chr(_PICTURES + ord(character))
    if ord(character) == _DELETE:
        return _PICTURE_OF_DELETE
    if category == "Cf" or _within(character, _INVISIBLE_MARKS):
        return ""
    return REPLACEMENT if category.startswith("C") else character


_SAFE = _Safe()


def _few_marks(text: str) -> str:
    kept: list[str] = []
    marks = MOST_MARKS  # at the start there is nothing to stand on
    for character in text:
        if not _attaches(character):
            marks = MOST_MARKS if character == " " else 0
        elif marks == MOST_MARKS:
            continue
        else:
            marks += 1
        kept.append(character)
    return "".join(kept)


@lru_cache(maxsize=4096)
def _attaches(character: str) -> bool:
    return unicodedata.category(character).startswith("M") or _within(character, _JOINING_JAMO)


@lru_cache(maxsize=4096)
def _cells_of(character: str) -> int:
    """The larger number where terminals differ (spacing marks, skin tones), so no line wraps."""
    if unicodedata.category(character) in {"Mn", "Me"} or _within(character, _JOINING_JAMO):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _within(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)
