"""Whether the settings hold, and what is missing in them."""

from __future__ import annotations

from collections.abc import Iterable

from eveobs.errors import ConfigError
from eveobs.operate.health.checking import Check, threaded
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.finding import Finding, healthy, unhealthy
from eveobs.operate.health.home import Home
from eveobs.settings.origin import DEFAULT

NAME = "configuration"


def checks(home: Home, _: EsiLook) -> Iterable[Check]:
    """One."""
    yield Check(NAME, threaded(lambda: configuration(home)))


def configuration(home: Home) -> Finding:
    """Settings that were read are right: what is wrong keeps them from being read."""
    loaded = home.loaded
    files = [str(file.path) for file in loaded.files if file.exists]
    changed = sum(origin != DEFAULT for origin in loaded.origins.values())
    hint = "; ".join(warning.replace("\n", "; ") for warning in loaded.warnings)
    if not hint and not loaded.settings.esi.contact:
        hint = "CCP likes to know who asks: `eveobs config set esi.contact YOUR-ADDRESS`."
    figure = f"{changed} set, {len(files)} {'file' if len(files) == 1 else 'files'}"
    return healthy(figure, hint, files=files, changed=changed)


def broken(error: ConfigError) -> Finding:
    """Settings that could not be read."""
    return unhealthy(error.message, error.hint or "Look at `eveobs config check`.")
