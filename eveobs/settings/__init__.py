"""One typed tree of settings, and where each value came from.

    defaults < system file < user file < eveobs.toml in the working folder, or --config
             < environment (EVEOBS_SECTION__KEY) < command line

`tree` declares the keys, everything else follows from it. Nothing here reads the process's
environment itself: `load` is handed it.
"""

from __future__ import annotations

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
