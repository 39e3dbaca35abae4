"""The layers put on top of each other: defaults < files < environment < command line."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eveobs.errors import ConfigError
from eveobs.settings.checks import Standing, web_origin
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
from eveobs.settings.paths import (
    WORKING_FOLDER,
    ConfigFile,
    Places,
    find_places,
    home_folder,
    settings_files,
)
from eveobs.settings.secret import Withheld
from eveobs.settings.tree import Settings
from eveobs.settings.trust import Trust, TrustStore
from eveobs.settings.values import UnfitError, fit
from eveobs.settings.wording import Problem, as_error, printable


@dataclass(frozen=True)
class Loaded:
    """The settings of a run, and where each came from.

    `origins` is by dotted key. `files` are in the order they were read, a later one winning.
    `warnings` are for people, on stderr; further lines of one are hints. `ignored` are the places
    of settings in a file that is not trusted, by dotted key.
    """

    settings: Settings
    origins: Mapping[str, Origin]
    places: Places
    files: tuple[ConfigFile, ...]
    warnings: tuple[str, ...]
    ignored: Mapping[str, Origin] = field(default_factory=dict)

    def files_with_secrets(self) -> set[Path]:
        """The files that a secret of these settings is from."""
        known = keys()
        return {
            origin.document.path
            for name, origin in self.origins.items()
            if origin.document is not None and known[name].is_secret
        }

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

    def sql_url(self) -> str:
        """The SQLAlchemy URL that `eveobs sql` uses; secret, as `store_url`."""
        return self.settings.store.sql_url.reveal() or self.store_url()


@dataclass
class Reading:
    """Everything that was found, right or wrong. `values` and `origins` hold only what fits.

    `addresses`: for each secret that is bound to a site, the value and origin of the address that
    the same layer gives; None where that layer gives none.
    """

    places: Places
    files: tuple[ConfigFile, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ignored: dict[str, Origin] = field(default_factory=dict)
    addresses: dict[str, tuple[str, Origin] | None] = field(default_factory=dict)


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
        MappingProxyType(reading.ignored),
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
    trust = TrustStore(reading.places.state)
    for kind, path in settings_files(environ, cwd, config, reading.places):
        document = read_document(path, regular=kind == WORKING_FOLDER)
        files.append(ConfigFile(kind, path, document is not None))
        entries = _entries(document)
        if kind == WORKING_FOLDER and isinstance(document, Document):
            entries = _allowed(reading, document, list(entries), trust)
        _take(reading, entries, home)
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
    document = read_document(path)
    if document is None:
        name = printable(path)
        return [Problem(name, name, "there is no such file")]
    _take(reading, _entries(document), home_folder(environ))
    return reading.problems


def build(values: Mapping[str, Any]) -> Settings:
    """The tree of values that fit, by dotted key."""
    tables: dict[str, dict[str, Any]] = {section: {} for section in sections()}
    for dotted, value in values.items():
        section, _, name = dotted.partition(".")
        tables[section][name] = value
    whole: dict[str, Any] = {name: table(**tables[name]) for name, table in sections().items()}
    return Settings(**whole)


def needs_trust(document: Document) -> list[Entry]:
    """The settings of a file that count only where the file is trusted."""
    return [
        entry
        for entry in from_document(document)
        if isinstance(entry, Entry) and not entry.key.harmless
    ]


def _entries(document: Document | Problem | None) -> Iterable[Entry | Problem]:
    if isinstance(document, Document):
        return from_document(document)
    return () if document is None else (document,)


def _allowed(
    reading: Reading, document: Document, entries: list[Entry | Problem], trust: TrustStore
) -> list[Entry | Problem]:
    """What counts of a file in the working folder: all of one that is trusted, else the harmless.

    What is ignored is not even checked: nothing of it reaches a rule or a message but its name.
    """
    ignored = [one for one in entries if isinstance(one, Entry) and not one.key.harmless]
    if not ignored:
        return entries
    status = trust.status(document.path, document.digest)
    if status is Trust.TRUSTED:
        return entries
    reading.ignored = {one.key.dotted: one.origin for one in ignored}
    file = printable(document.path)
    reading.warnings.append(
        f"{file} {status}; ignored: {', '.join(reading.ignored)}\nhint: {trust_hint(file)}"
    )
    return [one for one in entries if isinstance(one, Problem) or one.key.harmless]


def trust_hint(file: str) -> str:
    """How to trust `file`."""
    return f"eveobs config trust {shlex.quote(file)}"


def _missing(files: Iterable[ConfigFile]) -> Iterable[Problem]:
    for kind, path, exists in files:
        if kind == "--config" and not exists:
            name = printable(path)
            advice = f"`eveobs config init --path {name}` writes one"
            yield Problem(name, f"--config {name}", "there is no such file", advice)


def _take(reading: Reading, entries: Iterable[Entry | Problem], home: Path) -> None:
    """Put one layer on top of those before it."""
    layer: dict[str, Any] = {}
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
        layer[entry.key.dotted] = value
        reading.origins[entry.key.dotted] = entry.origin
    reading.values.update(layer)
    for dotted in layer:
        if address := keys()[dotted].address:
            given = layer.get(address)
            reading.addresses[dotted] = (given, reading.origins[address]) if given else None


def _finish(reading: Reading) -> None:
    _withhold(reading)
    if reading.values["cache.dir"]:
        reading.places = replace(reading.places, cache=Path(reading.values["cache.dir"]))
    if reading.values["cache.redis_url"]:
        reading.warnings.append(
            f"{reading.origins['cache.redis_url']}: cache.redis_url is not used by this version; "
            "the cache is on disk"
        )


def _withhold(reading: Reading) -> None:
    """Keep each secret from any site but the one that it was given for.

    A layer that gives a secret and its address binds the two: an address from a later layer does
    not get the secret. A layer that gives the secret alone leaves the choice to the others.
    """
    for dotted, given in reading.addresses.items():
        address = keys()[dotted].address
        effective = reading.values[address]
        if not reading.values[dotted] or given is None or not effective:
            continue
        meant, place = given
        if web_origin(meant) == web_origin(effective):
            continue
        reading.values[dotted] = Withheld(
            f"{dotted} is for {meant} ({place}), and {address} is {effective} "
            f"({reading.origins[address]})",
            f"set {dotted} where {address} is set, or take one of the two addresses away",
        )
