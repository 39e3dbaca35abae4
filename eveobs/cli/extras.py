"""Libraries that not every installation has."""

from __future__ import annotations

from importlib.util import find_spec

from eveobs.errors import ConfigError


def need(library: str, extra: str, what: str) -> None:
    """That `library` is installed. Raises ConfigError, which names the extra that brings it."""
    if find_spec(library) is None:
        raise ConfigError(f"{what} needs {library}", hint=f"`pip install eveobs[{extra}]`.")
