"""Which words can stand where the cursor is. Pure: a tree and the words before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Node = Mapping[str, Any]
"""A command: `commands` below it, `options` by flag and `arguments`, as `tree` makes them."""
Source = Mapping[str, Any]
"""Where values are from: a `list` of them, or what `known` can ask the store for."""


class Candidate(NamedTuple):
    """A word that can be completed to, and what it means."""

    word: str
    help: str = ""


Values = Callable[[Source, str], Iterable[str]]
"""Gives the values of a source that begin so."""


def candidates(tree: Node, words: Sequence[str], values: Values) -> list[Candidate]:
    """What the last of `words` (it may be empty) can become after those before it."""
    *before, last = words
    node, wanting, number = _walk(tree, before)
    if wanting is not None:
        return _of_source(wanting, last, values)
    flag, equals, rest = last.partition("=")
    known = _options(tree, node)
    if equals and flag in known:
        found = _of_source(known[flag].get("source"), rest, values)
        return [Candidate(f"{flag}={one.word}", one.help) for one in found]
    if last.startswith("-"):
        options = known.items()
        return [Candidate(name, one["help"]) for name, one in options if name.startswith(last)]
    below = [
        Candidate(name, one["help"])
        for name, one in node["commands"].items()
        if name.startswith(last) and number == 0
    ]
    return below + _of_source(_argument(node, number), last, values)


def _walk(tree: Node, words: Iterable[str]) -> tuple[Node, Source | None, int]:
    """The command that `words` name, the source of the option that waits for its value, and how
    many arguments there are already.
    """
    node, waiting, number = tree, None, 0
    for word in words:
        if waiting is not None:
            waiting = None
        elif word.startswith("-") and word != "-":
            option = _options(tree, node).get(word)
            if option is not None and option["takes"]:
                waiting = option.get("source") or {}
        elif number == 0 and word in node["commands"]:
            node = node["commands"][word]
        else:
            number += 1
    return node, waiting, number


def _options(tree: Node, node: Node) -> Mapping[str, Any]:
    """Those of the command, then the global ones, which any command takes."""
    everywhere = {flag: one for flag, one in tree["options"].items() if flag != "--version"}
    return {**node["options"], **{k: v for k, v in everywhere.items() if k not in node["options"]}}


def _argument(node: Node, number: int) -> Source | None:
    arguments = node["arguments"]
    if not arguments:
        return None
    place = min(number, len(arguments) - 1)
    if place < number and not arguments[place].get("many"):
        return None
    found: Source = arguments[place]
    return found


def _of_source(source: Source | None, last: str, values: Values) -> list[Candidate]:
    if not source:
        return []
    if source.get("commas"):
        done, comma, part = last.rpartition(",")
        sign = "-" if source.get("signed") and part.startswith("-") else ""
        taken = {one.lstrip("-") for one in done.split(",")}
        found = (one for one in values(source, part.removeprefix(sign)) if one not in taken)
        return [Candidate(f"{done}{comma}{sign}{one}") for one in found]
    return [Candidate(one) for one in values(source, last)]
