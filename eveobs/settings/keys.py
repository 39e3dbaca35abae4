"""The tree as a list of keys: what each is called, takes and expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

import msgspec

from eveobs.settings.checks import Check
from eveobs.settings.meta import OLD_NAMES
from eveobs.settings.secret import Secret
from eveobs.settings.tree import Settings
from eveobs.settings.wording import nearest

PREFIX = "EVEOBS_"
FILE_SUFFIX = "_FILE"
ANY_TEXT = "a text"


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. `shape` is its bare type, `annotated` the type with the limits."""

    section: str
    name: str
    shape: Any
    annotated: Any
    meta: msgspec.Meta
    default: object

    @property
    def dotted(self) -> str:
        """What people call it: esi.base_url."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """Its environment variable: EVEOBS_ESI__BASE_URL."""
        return f"{PREFIX}{self.section}__{self.name}".upper()

    @property
    def file_variable(self) -> str:
        """The variable that names a file with the value; empty unless it is a secret."""
        return self.variable + FILE_SUFFIX if self.is_secret else ""

    @property
    def old_variables(self) -> tuple[str, ...]:
        """Its names of the first EVE Observer."""
        return tuple(old for old, dotted in OLD_NAMES.items() if dotted == self.dotted)

    @property
    def variables(self) -> tuple[str, ...]:
        """All environment variables that it can be set by, the strongest first."""
        files = (self.file_variable,) if self.file_variable else ()
        return (self.variable, *files, *self.old_variables)

    @property
    def description(self) -> str:
        """For operators."""
        return self.meta.description or ""

    @property
    def check(self) -> Check | None:
        """The rule beyond type and limits."""
        found = (self.meta.extra or {}).get("check")
        return found if isinstance(found, Check) else None

    @property
    def harmless(self) -> bool:
        """Whether a file that nobody trusted may set it; no, unless the tree says so."""
        return (self.meta.extra or {}).get("harmless") is True

    @property
    def address(self) -> str:
        """The key of the site that this secret is for; empty for any other key."""
        return str((self.meta.extra or {}).get("address", ""))

    @property
    def is_secret(self) -> bool:
        """Whether the value must not be shown."""
        return isinstance(self.shape, type) and issubclass(self.shape, Secret)

    @property
    def is_list(self) -> bool:
        """Whether it takes several texts."""
        return get_origin(self.shape) is tuple

    @property
    def choices(self) -> tuple[str, ...]:
        """The words it can be; none if it is not such a key."""
        return get_args(self.shape) if get_origin(self.shape) is Literal else ()

    @property
    def may_be_empty(self) -> bool:
        """Whether an empty text means "not set"."""
        return not self.is_list and not self.default

    @property
    def expected(self) -> str:
        """What fits, in words that complete "expected …"."""
        words = self._expected_words()
        takes_text = self.shape is str or self.is_secret
        return f"{words}, or nothing" if self.check and takes_text and not self.default else words

    def _expected_words(self) -> str:
        if self.check:
            return self.check.expected
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.shape is bool:
            return "true or false"
        if self.shape in {int, float}:
            return ("a whole number" if self.shape is int else "a number") + self._limits()
        return 'a list of texts such as ["The Forge", "Domain"]' if self.is_list else ANY_TEXT

    def _limits(self) -> str:
        low, high = self.meta.ge, self.meta.le
        if low is not None and high is not None:
            return f" from {low} to {high}"
        if low is not None:
            return f", {low} or more"
        return f", at most {high}" if high is not None else ""


@cache
def sections() -> Mapping[str, type[msgspec.Struct]]:
    """The tables of the tree, in its order."""
    return MappingProxyType({field.name: field.type for field in msgspec.structs.fields(Settings)})


def _keys_of(section: str, table: type[msgspec.Struct]) -> Iterator[Key]:
    for field in msgspec.structs.fields(table):
        shape, meta = get_args(field.type)
        yield Key(section, field.name, shape, field.type, meta, field.default)


@cache
def keys() -> Mapping[str, Key]:
    """Every key by its dotted name, in the order of the tree."""
    found = [key for section, table in sections().items() for key in _keys_of(section, table)]
    return MappingProxyType({key.dotted: key for key in found})


def nearest_key(section: str, name: str) -> Key | None:
    """The key that was meant: a near name of that section, that name elsewhere, a near path."""
    here = nearest(name, (key.name for key in keys().values() if key.section == section))
    if here:
        return keys()[f"{section}.{here}"]
    same = [key for key in keys().values() if key.name == name]
    close = same[0].dotted if same else nearest(f"{section}.{name}", keys(), cutoff=0.75)
    return keys()[close] if close else None


def advice_for(section: str, name: str) -> str:
    """What to write instead of the unknown key `section`.`name`."""
    close = nearest_key(section, name)
    if close:
        return f"did you mean {close.dotted}?"
    there = [key.name for key in keys().values() if key.section == section]
    if there:
        return f"[{section}] has {', '.join(there)}"
    return f"sections are {', '.join(sections())}"


@cache
def variables() -> Mapping[str, Key]:
    """Every key by its environment variable."""
    return MappingProxyType({key.variable: key for key in keys().values()})
