"""Where eveobs keeps things, and which files it reads its settings from."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from eveobs.errors import ConfigError

FILE_NAME = "eveobs.toml"
HOME_VARIABLE = "EVEOBS_HOME"
WORKING_FOLDER = "working folder"
"""The kind of the one file that its reader may not have written."""
_APP = "eveobs"


@dataclass(frozen=True, slots=True)
class Places:
    """The four folders; none of them need exist. `cache` is `cache.dir` where that is set."""

    config: Path
    data: Path
    cache: Path
    state: Path


class ConfigFile(NamedTuple):
    """A file of settings that was considered. `kind`: system, user, working folder or --config."""

    kind: str
    path: Path
    exists: bool


def home_folder(environ: Mapping[str, str]) -> Path:
    """What `~` means. Not absolute if nobody knows: a container's user without HOME."""
    home = Path(environ.get("HOME" if sys.platform != "win32" else "USERPROFILE", ""))
    # Path.expanduser raises where os.path.expanduser leaves the ~.
    return home if home.is_absolute() else Path(os.path.expanduser("~"))  # noqa: PTH111


def find_places(environ: Mapping[str, str], cwd: Path) -> Places:
    """The folders: under EVEOBS_HOME, else where the platform keeps such things.

    Raises ConfigError if the platform names no home.
    """
    own = environ.get(HOME_VARIABLE, "").strip()
    if not own:
        kinds = ("config", "data", "cache", "state")
        return Places(*(_platform_place(kind, environ) for kind in kinds))
    if own == "~" or own.startswith("~/"):
        home = home_folder(environ)
        if not home.is_absolute():
            raise _homeless(HOME_VARIABLE)
        own = str(home / own[2:])
    root = Path(os.path.normpath(cwd / own))
    return Places(*(root / name for name in ("config", "data", "cache", "state")))


def _platform_place(kind: str, environ: Mapping[str, str]) -> Path:
    # The XDG specification: a relative path is to be ignored.
    xdg = Path(environ.get(f"XDG_{kind.upper()}_HOME", "") if sys.platform != "win32" else "")
    if xdg.is_absolute():
        return xdg / _APP
    import platformdirs  # not needed with EVEOBS_HOME

    ask: Callable[..., Path] = getattr(platformdirs, f"user_{kind}_path")
    try:
        found = ask(_APP, appauthor=False)
    except RuntimeError as error:
        raise _homeless(f"the {kind} folder") from error
    if not found.is_absolute():  # what older versions of platformdirs do about it
        raise _homeless(f"the {kind} folder")
    return found


def _homeless(what: str) -> ConfigError:
    return ConfigError(
        f"{what} cannot be found: your user has no home folder",
        hint=f"set {HOME_VARIABLE} to the full path of a folder where eveobs may keep everything",
    )


def system_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The files an administrator may write, the weakest first."""
    listed = environ.get("XDG_CONFIG_DIRS", "") if sys.platform != "win32" else ""
    folders = [Path(one) / _APP for one in listed.split(os.pathsep) if Path(one).is_absolute()]
    if not folders:
        import platformdirs

        folders = [platformdirs.site_config_path(_APP, appauthor=False)]
    return tuple(folder / FILE_NAME for folder in reversed(folders))


def settings_files(
    environ: Mapping[str, str], cwd: Path, config: Path | None, places: Places
) -> tuple[tuple[str, Path], ...]:
    """Kind and path of every file to read, the weakest first, none twice.

    Folders above the working folder are never searched.
    """
    last = (WORKING_FOLDER, cwd / FILE_NAME)
    if config is not None:
        last = ("--config", cwd / config)
    found = [("system", path) for path in system_files(environ)]
    found += [("user", places.config / FILE_NAME), last]
    # The strongest place of a file counts: the working folder may be the user's config folder,
    # also by a link to that. It is the user's own file all the same, and needs no trust.
    strongest = {in_place(path): index for index, (_, path) in enumerate(found)}
    kinds = {in_place(path): kind for kind, path in reversed(found)}
    return tuple(
        (kinds[in_place(path)] if kind == WORKING_FOLDER else kind, path)
        for index, (kind, path) in enumerate(found)
        if strongest[in_place(path)] == index
    )


def in_place(path: Path) -> Path:
    """The path without links in its folders; the last part may be one. A link to the user's own
    file from elsewhere is another file, since relative paths in it start elsewhere.
    """
    # Path.resolve raises for links in a circle before Python 3.13.
    return Path(os.path.realpath(path.parent)) / path.name
