"""One typed tree of settings, and where each value came from.

    defaults < system file < user file < eveobs.toml in the working folder, or --config
             < environment (EVEOBS_SECTION__KEY) < command line

`tree` declares the keys, everything else follows from it. Nothing here reads the process's
environment itself: `load` is handed it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eveobs.settings.loading import Loaded, Reading, load, read_all, read_one
    from eveobs.settings.origin import Origin, Source
    from eveobs.settings.paths import ConfigFile, Places
    from eveobs.settings.secret import Secret, SecretUrl
    from eveobs.settings.tree import (
        Cache,
        Esi,
        Log,
        Observe,
        Settings,
        Sso,
        StaticData,
        Store,
        Wordpress,
    )

__all__ = [
    "Cache",
    "ConfigFile",
    "Esi",
    "Loaded",
    "Log",
    "Observe",
    "Origin",
    "Places",
    "Reading",
    "Secret",
    "SecretUrl",
    "Settings",
    "Source",
    "Sso",
    "StaticData",
    "Store",
    "Wordpress",
    "load",
    "read_all",
    "read_one",
]

_HOMES = {
    "loading": ("Loaded", "Reading", "load", "read_all", "read_one"),
    "origin": ("Origin", "Source"),
    "paths": ("ConfigFile", "Places"),
    "secret": ("Secret", "SecretUrl"),
}


def __getattr__(name: str) -> object:
    """Each name from its module, when it is asked for: completion needs `paths` and no more."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((module for module, names in _HOMES.items() if name in names), "tree")
    return getattr(import_module(f"{__name__}.{home}"), name)
