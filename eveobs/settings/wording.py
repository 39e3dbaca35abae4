"""How what someone wrote, and what is wrong with it, is put into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eveobs.errors import ConfigError
from eveobs.settings.secret import mask_credentials

_LONGEST = 80
_ALL_KEYS_HINT = "`eveobs config show` lists every key with its value"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the configuration.

    `source` is the file, "environment" or "command line"; `where` is exact: a file with its line,
    a variable. `advice` may be empty.
    """

    source: str
    where: str
    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.advice}" if self.advice else "")


def as_error(problems: Sequence[Problem]) -> ConfigError:
    """All of `problems` (at least one) in one error, the first line being the summary."""
    if len(problems) == 1:
        only = problems[0]
        return ConfigError(f"{only.where}: {only.what}", hint=only.advice or _ALL_KEYS_HINT)
    lines = "".join(f"\n  {problem}" for problem in problems)
    return ConfigError(f"{len(problems)} problems in the configuration:{lines}")


def printable(text: object) -> str:
    """`text` for a terminal or a comment: control and direction characters as escapes."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in str(text))


def shown(raw: object) -> str:
    """A wrong value, recognisable, short, harmless and without a password."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, str):
        text = repr(mask_credentials(raw))
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    if isinstance(raw, int | float):
        return _number(raw)
    if isinstance(raw, list | tuple):
        return "a list that does not fit" if raw else "an empty list"
    return "a table" if isinstance(raw, dict) else f"a {type(raw).__name__}"


def _number(number: float) -> str:
    try:
        text = str(number)
    except ValueError:  # Python refuses to write integers of more than 4,300 digits
        return "a huge number"
    return text if len(text) <= _LONGEST else "a huge number"


def named(key: str) -> str:
    """A key as someone wrote it, in quotes unless it is plain."""
    plain = key.replace("_", "").replace("-", "").replace(".", "")
    return key if plain.isascii() and plain.isalnum() and len(key) <= _LONGEST else shown(key)


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The one of `known` that `word` was probably meant to be."""
    import difflib  # only for mistakes

    folded = {one.lower(): one for one in known}
    close = difflib.get_close_matches(word.lower()[:_LONGEST], folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None
