"""The tree and the place of the store, kept in a file as long as nothing they hang on changes."""

from __future__ import annotations

import json
import site
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eveobs import __version__

if TYPE_CHECKING:
    from eveobs.settings.paths import Places

FILE = "completion.json"
STORE_VARIABLES = ("EVEOBS_STORE__URL", "EVEOBS_STORE__URL_FILE", "DATABASE_URL", "EVEOBS_HOME")
MAX_BYTES = 8 * 1024 * 1024
"""The tree takes some hundred kilobytes."""
MOST = 20
"""Places of stores that are remembered."""


def kept(environ: Mapping[str, str], cwd: Path) -> tuple[dict[str, Any], Path | None]:
    """The tree, and the file of the store (None: it is none)."""
    from eveobs.settings.paths import find_places

    places = find_places(environ, cwd)
    file = places.cache / FILE
    found = before = _read(file)
    stamp = _of_programs()
    if found.get("programs") != stamp:
        found = {"programs": stamp, "tree": _tree(), "stores": {}}
    stamp = _of_settings(environ, cwd, places)
    stores = found["stores"]
    if stamp not in stores:
        few = dict(list(stores.items())[1 - MOST :])
        found = {**found, "stores": {**few, stamp: _store(environ, cwd)}}
    if found is not before:
        _write(file, found)
    store = found["stores"][stamp]
    return found["tree"], Path(store) if store else None


def _of_programs() -> str:
    """What the tree hangs on: eveobs and the packages beside it."""
    packages = {Path(one) for one in {*site.getsitepackages(), *sys.path} if "packages" in one}
    folders = [*sorted(packages), Path(__file__).parents[1]]
    return json.dumps([__version__, sys.version, [(str(one), _moment(one)) for one in folders]])


def _of_settings(environ: Mapping[str, str], cwd: Path, places: Places) -> str:
    """What the place of the store hangs on: files that are there, and variables."""
    from eveobs.settings.paths import FILE_NAME, settings_files
    from eveobs.settings.trust import TrustStore

    files = [path for _, path in settings_files(environ, cwd, None, places)]
    files += [TrustStore(places.state).record(cwd / FILE_NAME)]
    moments = [(str(one), _moment(one)) for one in files if one.is_file()]
    return json.dumps([moments, [environ.get(name, "") for name in STORE_VARIABLES]])


def _moment(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _read(file: Path) -> dict[str, Any]:
    from eveobs.settings.bounded_read import read_bounded

    try:
        found = json.loads(read_bounded(file, MAX_BYTES, regular=True))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, found: Mapping[str, Any]) -> None:
    """Keep it, if that can be."""
    from eveobs.files import private_folder, write_bytes

    try:
        private_folder(file.parent)
        write_bytes(file, json.dumps(found).encode(), private=True, durable=False)
    except OSError:
        return


def _tree() -> dict[str, Any]:
    from eveobs.cli.completing.tree import tree

    return tree()


def _store(environ: Mapping[str, str], cwd: Path) -> str | None:
    from eveobs.errors import EveobsError
    from eveobs.settings import load
    from eveobs.store.glance import sqlite_path

    try:
        path = sqlite_path(load(environ=environ, cwd=cwd).store_url())
    except EveobsError:
        return None
    return None if path is None else str(path)
