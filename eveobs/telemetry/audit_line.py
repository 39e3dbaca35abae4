"""A line of the audit: what it says, and the hash that ties it to the line before.

A JSON object on one line, its keys in a fixed order, `hash` the last of them. The hash is the
SHA-256 of the bytes of the line up to where `,"hash":` begins; since `previous`, the hash of the
line before, is among them, no line can be changed without changing all that follow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eveobs.settings.secret import mask_credentials

START = "0" * 64
"""Stands for the line before the first."""
LONGEST = 4000
"""Characters of a value that are kept: the audit says what was done, it is no copy of it."""
_MARK = b',"hash":"'
_TAIL = len(_MARK) + 64 + len(b'"}')


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done (`action`, such as `auth.login`) to `subject`, and how it ended.

    `facts` are what else is worth keeping; a Secret among them is masked.
    """

    action: str
    subject: str
    result: str = "done"
    character: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """What the next line needs to know of this one; `fields` are all that it says."""

    number: int
    previous: str
    hash: str
    fields: Mapping[str, Any]

    def value(self, name: str) -> str:
        """One of its facts, as text; empty where there is none."""
        facts = self.fields.get("facts")
        return str(facts.get(name, "")) if isinstance(facts, dict) else ""


FIRST = Link(0, "", START, {})
"""Stands before the first line."""


class NoLineError(ValueError):
    """These bytes are no line of the audit."""


class AlteredError(ValueError):
    """A line of the audit that is not as it was written; `link` is what it claims to be."""

    def __init__(self, link: Link) -> None:
        super().__init__(f"line {link.number} is not as it was written")
        self.link = link


def written(entry: Entry, before: Link, *, time: str, user: str, run: str) -> tuple[bytes, Link]:
    """The line of `entry` after the line `before`, with its line break, and what it is."""
    fields = {
        "n": before.number + 1,
        "time": time,
        "user": _text(user),
        "run": _text(run),
        "action": _text(entry.action),
        "subject": _text(entry.subject),
        "character": _text(entry.character),
        "result": _text(entry.result),
        "facts": {_text(name): _value(value) for name, value in entry.facts.items()},
        "previous": before.hash,
    }
    # ASCII alone: what strangers typed cannot steer the terminal of somebody who reads the file
    text = json.dumps(fields, ensure_ascii=True, separators=(",", ":")).replace("\x7f", "\\u007f")
    body = text[:-1].encode()
    digest = fingerprint(body)
    line = body + _MARK + digest.encode() + b'"}\n'
    return line, Link(before.number + 1, before.hash, digest, fields)


def read(line: bytes) -> Link:
    """What a line says. Raises NoLineError, and AlteredError where its hash is not its own."""
    line = line.removesuffix(b"\n")
    body, end = line[:-_TAIL], line[-_TAIL:]
    if not end.startswith(_MARK):
        raise NoLineError("it has no hash")
    try:
        fields = json.loads(line)
        link = Link(int(fields["n"]), str(fields["previous"]), str(fields["hash"]), fields)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise NoLineError("it is no JSON object of the audit") from error
    if fingerprint(body) != link.hash:
        raise AlteredError(link)
    return link


def fingerprint(some: bytes) -> str:
    """SHA-256, as hexadecimal digits."""
    return hashlib.sha256(some).hexdigest()


def _value(value: object) -> str | int:
    return value if isinstance(value, int) else _text(value)


def _text(value: object) -> str:
    """As text, without a password; a Secret gives its mask by itself."""
    text = str(value)
    text = mask_credentials(text) if "://" in text else text
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
