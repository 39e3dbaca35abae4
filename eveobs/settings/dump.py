"""Settings as text for people and programs, secrets masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from eveobs.settings.keys import keys, sections
from eveobs.settings.loading import Loaded
from eveobs.settings.secret import Secret

Plain = str | int | float | bool | list[str]


def plain(value: object, *, reveal: bool = False) -> Plain:
    """A value of the tree as JSON and TOML know it; a secret only if `reveal`ed."""
    if isinstance(value, Secret):
        return value.reveal() if reveal else str(value)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple | list):
        return [str(one) for one in value]
    raise TypeError(f"no setting is a {type(value).__name__}")


def toml_value(value: Plain) -> str:
    """`value` as TOML writes it, on one line."""
    import tomli_w

    if isinstance(value, list):
        return f"[{', '.join(toml_value(one) for one in value)}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def value_at(loaded: Loaded, dotted: str) -> object:
    """The value of the key `dotted`, which exists."""
    section, _, name = dotted.partition(".")
    return getattr(getattr(loaded.settings, section), name)


def as_plain_tree(loaded: Loaded) -> dict[str, dict[str, Plain]]:
    """Section → key → value, secrets masked."""
    tree: dict[str, dict[str, Plain]] = {section: {} for section in sections()}
    for key in keys().values():
        tree[key.section][key.name] = plain(value_at(loaded, key.dotted))
    return tree


def as_toml(loaded: Loaded, *, with_origins: bool = False) -> str:
    """The effective settings as a TOML file, with a comment on each origin if asked."""
    origins = _comments(loaded) if with_origins else {}
    parts = []
    for section, table in as_plain_tree(loaded).items():
        lines = {name: f"{name} = {toml_value(value)}" for name, value in table.items()}
        parts.append("\n".join([f"[{section}]", *_commented(section, lines, origins), ""]))
    return "\n".join(parts)


def as_origin_tree(loaded: Loaded) -> dict[str, dict[str, dict[str, Plain]]]:
    """Section → key → `value` and `origin`, with `ignored` where a file that is not trusted has
    another value.
    """
    tree: dict[str, dict[str, dict[str, Plain]]] = {}
    for section, table in as_plain_tree(loaded).items():
        for name, value in table.items():
            dotted = f"{section}.{name}"
            facts: dict[str, Plain] = {"value": value, "origin": str(loaded.origins[dotted])}
            if dotted in loaded.ignored:
                facts["ignored"] = str(loaded.ignored[dotted])
            tree.setdefault(section, {})[name] = facts
    return tree


def _comments(loaded: Loaded) -> dict[str, str]:
    """By dotted key: where the value is from, and which other one is ignored."""
    comments = {dotted: str(origin) for dotted, origin in loaded.origins.items()}
    for dotted, origin in loaded.ignored.items():
        comments[dotted] += f" (ignored: {origin}, not trusted)"
    return comments


def _commented(section: str, lines: Mapping[str, str], origins: Mapping[str, str]) -> Iterator[str]:
    # A very long value does not push the comments of the others off the screen.
    width = min(60, max(len(line) for line in lines.values()))
    for name, line in lines.items():
        origin = origins.get(f"{section}.{name}")
        yield f"{line.ljust(width)}  # {origin}" if origin else line
