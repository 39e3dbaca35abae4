"""How each shell hands over the words, and how it wants the candidates.

All of them call `eveobs` with `_EVEOBS_COMPLETE` set to their name and the words up to the cursor
as arguments, the one under it last. bash hands them over as they were typed, with their quotes; the
others take the quotes off before and put them on afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from eveobs.cli.completing.words import Candidate

SHELLS = ("bash", "zsh", "fish", "powershell")
FILES = {"bash": "eveobs.bash", "zsh": "_eveobs", "fish": "eveobs.fish", "powershell": "eveobs.ps1"}
"""What the script of each is called where shells look for it."""
SPECIAL = frozenset(" \t\"'\\$`!&|;()<>*?[]{}#~")
IN_DOUBLE = frozenset('"\\$`!')


def words_of(shell: str, words: Sequence[str]) -> list[str]:
    """The words as eveobs would get them."""
    if shell != "bash":
        return list(words) or [""]
    joined: list[str] = []
    glue = False
    for word in words:
        if word == "=" and joined and joined[-1].startswith("-"):
            joined[-1] += "="
            glue = True
        elif glue:
            joined[-1] += word
            glue = False
        else:
            joined.append(word)
    return [unquoted(word) for word in joined] or [""]


def answer(shell: str, words: Sequence[str], found: Iterable[Candidate]) -> str:
    """The candidates as the shell wants them, one a line."""
    if shell == "bash":
        typed = words[-1] if words else ""
        return "".join(f"{_for_bash(typed, words, one.word)}\n" for one in found)
    mark = ":::" if shell == "powershell" else "\t"
    return "".join(f"{one.word}{mark}{' '.join(one.help.split())}\n" for one in found)


def _for_bash(typed: str, words: Sequence[str], word: str) -> str:
    """What takes the place of `typed`: quoted as it was begun. bash takes what follows a = for a
    word of its own.
    """
    if typed == "=" or (len(words) > 1 and words[-2] == "="):
        word = word.partition("=")[2]
    if typed.startswith("'"):
        return word.replace("'", "'\\''")
    if typed.startswith('"'):
        return "".join(f"\\{c}" if c in IN_DOUBLE else c for c in word)
    return "".join(f"\\{c}" if c in SPECIAL else c for c in word)


def unquoted(word: str) -> str:
    """What the shell makes of a word; its last quote may be missing."""
    found: list[str] = []
    quote = ""
    escaped = False
    for c in word:
        if escaped:
            found.append(c if quote != '"' or c in IN_DOUBLE else f"\\{c}")
            escaped = False
        elif c == "\\" and quote != "'":
            escaped = True
        elif c == quote:
            quote = ""
        elif not quote and c in "\"'":
            quote = c
        else:
            found.append(c)
    return "".join(found)
