"""The standard set: a small and a large answer, and all ways there are to the large one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eveobs.bench.load import Load
from eveobs.bench.servers import THE_FORGE
from eveobs.bench.target import Case, Mode, Target, cases, target_of
from eveobs.errors import ConfigError, EveobsError, UsageError
from eveobs.observation.observe import observe
from eveobs.observation.unit import Unit
from eveobs.processors.registry import names, processor
from eveobs.store.query import Query
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence

if TYPE_CHECKING:
    from eveobs.settings import Esi

SMALL = "/universe/types/587"
LARGE = f"/contracts/public/{THE_FORGE}"
LIST = "contracts"


def standard_cases(base: str, modes: Sequence[Mode], loads: Sequence[Load]) -> list[Case]:
    """What is measured of the sandbox at `base`: all ways, or those of `modes`."""
    small, large = (target_of(SMALL, base),), (target_of(LARGE, base),)
    rows: list[tuple[str, tuple[Target, ...], Mode]] = []
    for mode in modes or list(Mode):
        if mode is Mode.STORE:
            rows.append((LIST, (), mode))
            continue
        if modes or mode is Mode.NETWORK:
            rows.append((SMALL, small, mode))
        rows.append((LARGE, large, mode))
    return cases(rows, loads)


async def stock(base: str, settings: Esi, folder: Path) -> str:
    """Observe the contracts of the sandbox at `base`; the URL of the store that holds them."""
    import msgspec

    from eveobs.esi.cache import ResponseCache
    from eveobs.esi.client import EsiClient

    url = f"sqlite:///{folder / 'eveobs.sqlite3'}"
    unit = Unit(processor=LIST, subject_id=THE_FORGE, subject_name="The Forge")
    own = msgspec.structs.replace(settings, base_url=base)
    with Store(url) as store:
        async with EsiClient(own, ResponseCache(None)) as client:
            report = await observe(
                unit, processor(LIST), client=client, store=store, progress=Silence()
            )
    if report.error is not None:
        raise report.error
    return url


def reading(store: Store, name: str) -> Callable[[], object]:
    """Reads the whole list `name` of `store`, as `eveobs list` does. Raises UsageError."""
    if name not in names():
        raise UsageError(f"there is no list {name!r}", hint=f"There are: {', '.join(names())}.")
    schema = processor(name).schema
    everything = Query()
    try:
        stored = store.count(schema, everything)
    except EveobsError as error:
        raise ConfigError(f"{name} cannot be read: {error.message}", hint=error.hint) from error
    if not stored:
        raise UsageError(f"no {name} are stored", hint=f"`eveobs fetch {name}` gets them.")

    def read() -> Any:
        for _ in store.rows(schema, everything):
            pass

    return read
