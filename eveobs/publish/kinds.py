"""Kinds of document. A kind is a template that declares itself, and nothing else.

The declaration is TOML in the comment that the template starts with:

    {#
    kind = "contract"                # also the folder, and the end of the post type `eve_contract`
    singular = "Contract"
    plural = "Contracts"
    records = ["own-contracts", "contracts"]     # processors; each chosen in eveobs.toml
    title = "{{ items_summary }}"                # plain text, as a Jinja template
    excerpt = "…"                                # likewise
    date = "date_issued"                         # what follows are Jinja expressions
    image = "picture('types', items[0].type_id, 'icon')"
    [meta]
    price = "price"                              # a text in the end; none is ""
    [terms]
    status = "status"                            # a name, or a list of names; none is no term
    #}

A template of the user's folder takes the place of the one of that name, or declares another kind.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from eveobs.errors import ConfigError
from eveobs.publish.template_sandbox import read_template

TEMPLATES = Path(__file__).parent / "templates"
SUMMARY = "summary"
"""The kind of the pages that sum up another kind; their external id is its name."""
MARKET, TYPE = "market", "type"
"""The kinds of the pages of a region (their external ids are those of the regions), and of a type
in a region ("10000002-691"). They are made of all public contracts, and of no single record.
"""
ORDER = ("contract", "blueprint", "character", "corporation", MARKET, TYPE)
_DECLARATION = re.compile(r"\A\{#-?(.*?)-?#\}", re.DOTALL)


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """What a template declares; see the module."""

    kind: str
    singular: str
    plural: str
    title: str
    excerpt: str
    date: str
    records: tuple[str, ...] = ()
    image: str = "''"
    meta: Mapping[str, str] = {}
    terms: Mapping[str, str] = {}
    template: str = ""
    source: str = ""

    @cached_property
    def version(self) -> str:
        """Another one for every other template of this kind."""
        return sha256(self.source.encode()).hexdigest()[:16]


def find_kinds(folder: Path | None = None) -> dict[str, Kind]:
    """All kinds by name: eveobs's own, and those of the user's `folder` over them.

    Raises ConfigError for a template that declares none, or wrongly.
    """
    files = {path.name: path for path in sorted(TEMPLATES.glob("*.html"))}
    if folder is not None:
        files |= {path.name: path for path in sorted(folder.glob("*.html"))}
    parts = "".join(_read(path) for name, path in sorted(files.items()) if name.startswith("_"))
    found = [_kind(path, parts) for name, path in files.items() if not name.startswith("_")]
    return {one.kind: one for one in sorted(found, key=_place)}


def _place(kind: Kind) -> tuple[int, str]:
    place = ORDER.index(kind.kind) if kind.kind in ORDER else len(ORDER)
    return place, kind.kind


def _kind(path: Path, parts: str) -> Kind:
    source = _read(path)
    declared = _DECLARATION.match(source)
    if not declared:
        raise ConfigError(
            f"{path}: it does not start with a declaration in {{# #}}",
            hint="A file that only others include has a name that starts with _.",
        )
    try:
        about: dict[str, Any] = tomllib.loads(declared[1])
        kind = msgspec.convert(about | {"template": path.name, "source": source + parts}, Kind)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: its declaration is wrong: {error}") from None
    if not re.fullmatch(r"[a-z]{1,16}", kind.kind):
        raise ConfigError(f"{path}: kind {kind.kind!r} is not 1 to 16 letters from a to z")
    return kind


def _read(path: Path) -> str:
    try:
        return read_template(path.parent, path.name)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{path} cannot be read: {why}") from error


def plurals(kinds: Sequence[Kind]) -> dict[str, str]:
    """What people call many of a kind."""
    return {kind.kind: kind.plural for kind in kinds}
