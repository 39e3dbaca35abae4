"""The layers put on top of each other: defaults < files < environment < command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eveobs.errors import ConfigError
from eveobs.settings.checks import Standing
from eveobs.settings.document import Document, read_document
from eveobs.settings.keys import keys, sections
from eveobs.settings.layers import (
    Entry,
    from_document,
    from_environment,
    from_flags,
    overlooked_variables,
)
from eveobs.settings.origin import DEFAULT, Origin
from eveobs.settings.paths import ConfigFile, Places, find_places, home_folder, settings_files
from eveobs.settings.tree import Settings
from eveobs.settings.values import UnfitError, fit
from eveobs.settings.wording import Problem, as_error, printable


@dataclass(frozen=True)
class Loaded:
    """The settings of a run, and where each came from.

    `origins` is by dotted key. `files` are in the order they were read, a later one winning.
    `warnings` are for people, on stderr.
    """

    settings: Settings
    origins: Mapping[str, Origin]
    places: Places
    files: tuple[ConfigFile, ...]
    warnings: tuple[str, ...]

    def store_url(self) -> str:
        """The SQLAlchemy URL of the store, with its password if it has one: never show it."""
        url = self.settings.store.url.reveal()
        if url:
            return url
        file = self.places.data / "eveobs.sqlite3"
        if "?" in str(file):
            raise ConfigError(
                f"the store cannot be at {printable(file)}: a URL ends at the ?",
                hint="set EVEOBS_HOME to a folder without it",
            )
        return f"sqlite:///{file}"


@dataclass
class Reading:
    """Everything that was found, right or wrong. `values` and `origins` hold only what fits."""

    places: Places
    files: tuple[ConfigFile, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def load(
    *,
    environ: Mapping[str, str],
    cwd: Path,
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
) -> Loaded:
    """The settings that hold now. Raises ConfigError with everything that is wrong.

    `config` takes the place of eveobs.toml in `cwd`. `flags` are by dotted key; None and empty
    lists are options that were not given.
    """
    reading = read_all(environ=environ, cwd=cwd, config=config, flags=flags)
    if reading.problems:
        raise as_error(reading.problems)
    return Loaded(
        build(reading.values),
        MappingProxyType(reading.origins),
        reading.places,
        reading.files,
        tuple(reading.warnings),
    )


def read_all(
    *,
    environ: Mapping[str, str],
    cwd: Path,
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
) -> Reading:
    """Read every layer, and collect what is wrong instead of stopping at it."""
    reading = Reading(find_places(environ, cwd))
    for key in keys().values():
        reading.values[key.dotted], reading.origins[key.dotted] = key.default, DEFAULT
    home = home_folder(environ)
    files = []
    for kind, path in settings_files(environ, cwd, config, reading.places):
        entries = _file_layer(path)
        files.append(ConfigFile(kind, path, entries is not None))
        _take(reading, entries or (), home)
    reading.files = tuple(files)
    _take(reading, _missing(files), home)
    _take(reading, from_environment(environ, cwd), home)
    _take(reading, from_flags(flags or {}, cwd), home)
    reading.warnings += overlooked_variables(environ)
    _finish(reading)
    return reading


def read_one(path: Path, environ: Mapping[str, str]) -> list[Problem]:
    """What is wrong with the file `path`, whatever else is set."""
    reading = Reading(find_places(environ, path.parent))
    entries = _file_layer(path)
    if entries is None:
        name = printable(path)
        return [Problem(name, name, "there is no such file")]
    _take(reading, entries, home_folder(environ))
    return reading.problems


def build(values: Mapping[str, Any]) -> Settings:
    """The tree of values that fit, by dotted key."""
    tables: dict[str, dict[str, Any]] = {section: {} for section in sections()}
    for dotted, value in values.items():
        section, _, name = dotted.partition(".")
        tables[section][name] = value
    whole: dict[str, Any] = {name: table(**tables[name]) for name, table in sections().items()}
    return Settings(**whole)


def _file_layer(path: Path) -> Iterable[Entry | Problem] | None:
    document = read_document(path)
    if isinstance(document, Document):
        return from_document(document)
    return None if document is None else (document,)


def _missing(files: Iterable[ConfigFile]) -> Iterable[Problem]:
    for kind, path, exists in files:
        if kind == "--config" and not exists:
            name = printable(path)
            advice = f"`eveobs config init --path {name}` writes one"
            yield Problem(name, f"--config {name}", "there is no such file", advice)


def _take(reading: Reading, entries: Iterable[Entry | Problem], home: Path) -> None:
    for entry in entries:
        if isinstance(entry, Problem):
            reading.problems.append(entry)
            continue
        try:
            value = fit(entry.key, entry.raw, Standing(entry.folder, home))
        except UnfitError as error:
            origin = entry.origin
            reading.problems.append(Problem(origin.group, str(origin), str(error)))
            continue
        reading.values[entry.key.dotted] = value
        reading.origins[entry.key.dotted] = entry.origin


def _finish(reading: Reading) -> None:
    if reading.values["cache.dir"]:
        reading.places = replace(reading.places, cache=Path(reading.values["cache.dir"]))
    if reading.values["cache.redis_url"]:
        reading.warnings.append(
            f"{reading.origins['cache.redis_url']}: cache.redis_url is not used by this version; "
            "the cache is on disk"
        )
