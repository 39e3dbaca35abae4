"""Faults in a person's words: `hang`, `500:every=10`, `reset:route=/status,times=3,after=5`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from eveobs.sandbox.faults.aim import Aim
from eveobs.sandbox.faults.kind import Kind, Options
from eveobs.sandbox.faults.kinds import KINDS

AIMS = Aim.__struct_fields__
LIMITS = {
    "seconds": (0, 86_400),
    "part": (0, 1),
    "megabytes": (0, 10_000),
    "status": (200, 599),
    "html": (0, 1),
    "echo": (0, 1),
    "rows": (0, 1_000),
    "add": (-1_000, 1_000),
    "cycles": (-1_000, 1_000),
    "off": (-1e8, 1e8),
}
"""From and to, of every option."""


class SpecError(ValueError):
    """There is no such fault; `hint` says what there is."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Fault(NamedTuple):
    """A fault, and the requests it is meant for."""

    kind: Kind
    options: Options
    aim: Aim

    def as_json(self) -> dict[str, Any]:
        """As `read` takes it."""
        aim = {name: getattr(self.aim, name) for name in AIMS}
        told = {name: value for name, value in aim.items() if value is not None}
        return {"fault": self.kind.name, **told, **self.options}


def parse(text: str) -> Fault:
    """A fault from its name and, after a colon, settings such as `times=3`. Raises SpecError."""
    name, _, rest = text.partition(":")
    settings = {}
    for setting in filter(None, rest.split(",")):
        key, found, value = setting.partition("=")
        if not found:
            raise SpecError(f"{text!r}: {setting!r} is no KEY=VALUE", "such as times=3")
        settings[key.strip()] = value.strip()
    return _fault(name.strip(), settings)


def read(body: bytes) -> list[Fault]:
    """Faults from a JSON list of texts, or of objects whose `fault` is the name.

    Raises SpecError, and msgspec's errors for what is no such list.
    """
    faults = msgspec.json.decode(body, type=list[str | dict[str, str | float | None]])
    return [parse(one) if isinstance(one, str) else _from_object(one) for one in faults]


def _from_object(told: Mapping[str, Any]) -> Fault:
    settings = {key: value for key, value in told.items() if value is not None and key != "fault"}
    return _fault(str(told.get("fault", "")), settings)


def _fault(name: str, settings: Mapping[str, Any]) -> Fault:
    kind = KINDS.get(name)
    if kind is None:
        raise SpecError(f"there is no fault {name!r}", _near(name, sorted(KINDS)))
    known = [*kind.options, *AIMS]
    for key in settings:
        if key not in known:
            raise SpecError(f"the fault {name!r} has no setting {key!r}", _near(key, known))
    options = {
        key: _number(name, key, settings.get(key, kind.options[key])) for key in kind.options
    }
    aim = {key: value for key, value in settings.items() if key in AIMS}
    return Fault(kind, options, _aim(kind, aim))


def _aim(kind: Kind, told: Mapping[str, Any]) -> Aim:
    if kind.span and kind.span.first_page and "page" in told:
        raise SpecError(f"the fault {kind.name!r} is of a whole list", "leave page= out")
    usual = {name: getattr(kind.aim, name) for name in AIMS}
    try:
        return msgspec.convert(usual | dict(told), Aim, strict=False)
    except msgspec.ValidationError as problem:
        raise SpecError(
            f"the fault {kind.name!r}: {problem}", "such as route=/status,times=3"
        ) from problem


def _number(name: str, key: str, value: Any) -> float:
    least, most = LIMITS[key]
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise SpecError(
            f"the fault {name!r}: {key}={value} is out of place",
            f"{key} is a number from {least:g} to {most:g}",
        )
    return number


def _near(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    meant = f"did you mean {' or '.join(repr(name) for name in near)}? " if near else ""
    return f"{meant}there are {', '.join(known)}"
