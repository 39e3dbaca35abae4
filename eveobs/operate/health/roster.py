"""The checks there are. One more is a module with `checks(home, look)`, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from importlib import import_module

from eveobs.errors import UsageError
from eveobs.operate.health import (
    audit,
    cache,
    configuration,
    contract,
    esi,
    limits,
    process,
    sign_in,
    static_data,
    store,
    wordpress,
)
from eveobs.operate.health.checking import Check, Repeatedly
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.finding import Examined
from eveobs.operate.health.home import Home

Maker = Callable[[Home, EsiLook], Iterable[Check]]

MAKERS: Mapping[tuple[str, ...], Maker] = {
    ("configuration",): configuration.checks,
    ("cache",): cache.checks,
    ("store",): store.checks,
    ("audit",): audit.checks,
    ("esi", "routes", "clock"): esi.checks,
    ("limits", "circuit"): limits.checks,
    ("sso", "sign-in"): sign_in.checks,
    ("static-data",): static_data.checks,
    ("wordpress",): wordpress.checks,
    ("process",): process.checks,
    ("contract",): contract.checks,
}
"""Who makes which checks, in the order they are shown."""
ON_REQUEST = frozenset({"contract"})
"""Checks that run only when they are named: they cost requests, and their answer seldom changes."""
ALL_NAMES: Sequence[str] = tuple(name for names in MAKERS for name in names)
NAMES: Sequence[str] = tuple(name for name in ALL_NAMES if name not in ON_REQUEST)


def chosen(names: Collection[str]) -> Sequence[str]:
    """`names`, or NAMES for none. Raises UsageError for one that there is not."""
    for name in names:
        if name not in ALL_NAMES:
            raise UsageError(
                f"there is no check {name!r}", hint=f"the checks are: {', '.join(ALL_NAMES)}"
            )
    return [name for name in ALL_NAMES if name in names] if names else NAMES


HEAVY: Mapping[str, Sequence[str]] = {
    "esi": ("eveobs.esi.wire", "eveobs.esi.aiohttp_line"),
    "routes": ("eveobs.esi.wire", "eveobs.esi.aiohttp_line"),
    "clock": ("eveobs.esi.wire", "eveobs.esi.aiohttp_line"),
    "contract": ("eveobs.esi.wire", "eveobs.esi.aiohttp_line"),
    "cache": ("eveobs.esi.cache_folder",),
    "store": ("eveobs.store.looking",),
    "static-data": ("eveobs.store.looking",),
    "sso": ("httpx",),
    "sign-in": ("cryptography.hazmat.primitives.ciphers.aead",),
    "process": ("psutil",),
}
"""What checks import: loaded first, or each would be as slow as what the others load."""


def _load(names: Iterable[str]) -> None:
    for name in names:
        for module in HEAVY.get(name, ()):
            import_module(module)


async def look_at(
    home: Home, names: Collection[str], rounds: Repeatedly | None = None
) -> list[Examined]:
    """One look at `home` by the checks of these names, as `chosen` gave them."""
    _load(names)
    async with EsiLook(home) as look:
        checks = [
            check
            for made, maker in MAKERS.items()
            if {*made} & {*names}
            for check in maker(home, look)
            if check.name in names
        ]
        return await (rounds or Repeatedly()).examine(checks)
