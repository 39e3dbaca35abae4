"""What each layer says, before it is known to fit: file, environment, command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from eveobs.settings.bounded_read import read_bounded
from eveobs.settings.document import Document
from eveobs.settings.keys import (
    FILE_SUFFIX,
    PREFIX,
    Key,
    advice_for,
    keys,
    nearest_key,
    sections,
    variables,
)
from eveobs.settings.origin import Origin, Source
from eveobs.settings.values import from_text
from eveobs.settings.wording import Problem, named, nearest, printable

_LARGEST_SECRET = 64 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody's value for a key. A relative path in it starts at `folder`."""

    key: Key
    raw: object
    origin: Origin
    folder: Path


def from_document(document: Document) -> Iterator[Entry | Problem]:
    """What a file says. A key it may not have is a problem, and does not hide the others."""
    for section, table in document.data.items():
        if section not in sections():
            yield _unknown_section(document, section, table)
        elif not isinstance(table, dict):
            what = f"{section} is a section: expected [{section}] and its keys below it"
            yield _file_problem(document, (section,), what)
        else:
            for name, raw in table.items():
                yield _file_entry(document, section, name, raw)


def _file_entry(document: Document, section: str, name: str, raw: object) -> Entry | Problem:
    key = keys().get(f"{section}.{name}")
    if key is None:
        what = f"{section}.{named(name)} is not a setting"
        return _file_problem(document, (section, name), what, advice_for(section, name))
    return Entry(key, raw, Origin(Source.FILE, key.dotted, document), document.path.parent)


def _file_problem(
    document: Document, path: tuple[str, ...], what: str, advice: str = ""
) -> Problem:
    return Problem(printable(document.path), document.place(*path), what, advice)


def _unknown_section(document: Document, name: str, value: object) -> Problem:
    if isinstance(value, dict):
        close = nearest(name, sections())
        advice = f"did you mean [{close}]?" if close else f"sections are {', '.join(sections())}"
        return _file_problem(document, (name,), f"[{named(name)}] is not a section", advice)
    homes = [key.section for key in keys().values() if key.name == name]
    close = nearest(name, keys()) or nearest(name, (key.name for key in keys().values()))
    advice = f"did you mean {close}?" if close else ""
    if homes:
        advice = f"it belongs under {' or '.join(f'[{home}]' for home in homes)}"
    return _file_problem(document, (name,), f"{named(name)} stands outside a section", advice)


def from_environment(environ: Mapping[str, str], cwd: Path) -> Iterator[Entry | Problem]:
    """What the variables say. Empty ones count as not set; old names give way to EVEOBS_ ones."""
    for key in keys().values():
        for name in (key.variable, key.file_variable, *key.old_variables):
            text = environ.get(name, "") if name else ""
            if not text.strip():
                continue
            origin = Origin(Source.ENVIRONMENT, name)
            if name == key.file_variable:
                yield _secret_from_file(key, text, origin, cwd)
            else:
                yield Entry(key, from_text(key, text), origin, cwd)
            break
        yield from _said_twice(key, environ)
    yield from _unknown_variables(environ)


def _environment_problem(name: str, what: str, advice: str = "") -> Problem:
    return Problem("environment", f"environment {printable(name)}", what, advice)


def _said_twice(key: Key, environ: Mapping[str, str]) -> Iterator[Problem]:
    if environ.get(key.variable, "").strip() and environ.get(key.file_variable, "").strip():
        what = f"{key.variable} is set as well; only one of the two can be meant"
        yield _environment_problem(key.file_variable, what, "unset one of them")


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[Problem]:
    for name in sorted(environ):
        if not name.startswith(PREFIX) or "__" not in name or not environ[name].strip():
            continue
        base = name.removesuffix(FILE_SUFFIX)
        key = variables().get(name) or variables().get(base)
        if key is None:
            section, _, rest = name.removeprefix(PREFIX).lower().partition("__")
            close = nearest_key(section, rest)
            advice = f"did you mean {close.variable}?" if close else advice_for(section, rest)
            yield _environment_problem(name, "is not a setting", advice)
        elif name not in {key.variable, key.file_variable}:
            what = f"{key.dotted} is no secret; only secrets are read from a file"
            yield _environment_problem(name, what, f"set {key.variable} to the value itself")


def overlooked_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Warnings about variables with one underscore where there should be two.

    Not an error: such a name may belong to something else.
    """
    single = {name.replace("__", "_"): name for name in variables()}
    for name in sorted(environ):
        meant = single.get(name)
        if meant and meant not in environ:
            yield f"environment {name} is not read; did you mean {meant}?"


def _secret_from_file(key: Key, text: str, origin: Origin, cwd: Path) -> Entry | Problem:
    path = cwd / text.strip()
    try:
        secret = read_bounded(path, _LARGEST_SECRET).decode("utf-8-sig").strip()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        return _environment_problem(origin.name, f"{printable(path)}: {reason}")
    except ValueError:
        return _environment_problem(origin.name, f"{printable(path)} is not UTF-8 text")
    if not secret:
        return _environment_problem(origin.name, f"{printable(path)} is empty")
    if len(secret) > _LARGEST_SECRET:
        return _environment_problem(origin.name, f"{printable(path)} is too large for a secret")
    return Entry(key, secret, origin, cwd)


def from_flags(flags: Mapping[str, object], cwd: Path) -> Iterator[Entry | Problem]:
    """What the command line says. None and empty lists are options that were not given."""
    for dotted, raw in flags.items():
        if raw is None or raw in ([], ()):
            continue
        key = keys().get(dotted)
        if key is None:
            section, _, name = dotted.rpartition(".")
            what = f"{named(dotted)} is not a setting"
            yield Problem(Source.FLAG.value, Source.FLAG.value, what, advice_for(section, name))
            continue
        text = str(raw) if isinstance(raw, Path | str) else None
        if key.is_secret and text and key.shape(text).masked() != text:
            what = f"{key.dotted} is a secret, and the command line can be read by others"
            advice = f"keep it in {key.variable}, or in a file that {key.file_variable} names"
            yield Problem(Source.FLAG.value, Source.FLAG.value, what, advice)
            continue
        value = from_text(key, text) if text is not None else raw
        yield Entry(key, value, Origin(Source.FLAG, dotted), cwd)
