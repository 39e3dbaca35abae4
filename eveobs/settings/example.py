"""The commented example of eveobs.toml, made of the tree."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator

from eveobs.settings.dump import plain, toml_value
from eveobs.settings.keys import ANY_TEXT, Key, keys, sections

_WIDTH = 96
_HEAD = """\
Settings of eveobs. Every key is here with its default, commented out: take the # away from
those you change, so that the others follow the defaults of newer versions.

Read in this order, a later one winning: the system's file, your own (`eveobs config path` says
where both are), eveobs.toml in the working folder or the one of --config, the environment, the
options of a command. The variable of a key is named below it; an empty one counts as not set.
Relative paths start at the folder of this file; those of a variable or an option at the
working folder. EVEOBS_HOME puts config, data, cache and state under one folder.

Until you have trusted it (`eveobs config trust`), a file in the working folder may set only what
is harmless: selection, filters, display and limits of work.

`eveobs config validate` checks, `eveobs config show --origin` says what holds and why.
"""


def example() -> str:
    """The text of eveobs.toml.example."""
    blocks = ["".join(f"# {line}".rstrip() + "\n" for line in _HEAD.splitlines())]
    for section, table in sections().items():
        blocks.append(f"[{section}]\n{_comment(inspect.cleandoc(table.__doc__ or ''))}")
        blocks += [_key(key) for key in keys().values() if key.section == section]
    return "\n".join(blocks)


def _comment(text: str) -> str:
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines)


def _key(key: Key) -> str:
    expected = "" if key.expected == ANY_TEXT else f" Expected: {key.expected}."
    about = _comment(f"{key.description}{expected}")
    return f"{about}{_comment(', or '.join(_variables(key)))}{commented_line(key)}\n"


def _variables(key: Key) -> Iterator[str]:
    yield key.variable
    if key.file_variable:
        yield f"{key.file_variable} (a file that holds it)"
    for old in key.old_variables:
        yield f"{old} (old name)"


def commented_line(key: Key) -> str:
    """The line that gives `key` its default, commented out."""
    return f"#{key.name} = {toml_value(plain(key.default))}"
