"""What a command line of `eveobs fetch` asks of each processor. Loads nothing that costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eveobs.records.schema import SubjectKind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.processors.interface import Processor


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of one processor. `words` name subjects as the person did, by kind: a kind
    without words is not wanted, None stands for all there are. `types`: of which types, where that
    must be said. `named`: on this command line.
    """

    name: str
    processor: Processor
    details: tuple[str, ...]
    words: Mapping[SubjectKind, Sequence[str] | None]
    types: Sequence[str] = ()
    named: bool = False


def wish(name: str, run: Run, values: Mapping[str, Any]) -> Wish:
    """What `values`, options of the command line, and the settings ask of the processor `name`."""
    from eveobs.processors.registry import processor

    found = processor(name)
    schema, observe = found.schema, run.loaded().settings.observe
    details = tuple(
        detail.name
        for detail in schema.details
        if getattr(observe, detail.name, True) and not values.get(f"no_{detail.name}")
    )
    types = tuple(values.get("types") or observe.types) if schema.by_type else ()
    given = {kind: tuple(values.get(kind) or ()) for kind in schema.subjects}
    if any(given.values()):
        words: dict[SubjectKind, Sequence[str] | None] = {k: w for k, w in given.items() if w}
        return Wish(name, found, details, words, types, named=True)
    if SubjectKind.UNIVERSE in schema.subjects:
        return Wish(name, found, details, {SubjectKind.UNIVERSE: None})
    if not schema.owned:
        everywhere = values.get("everywhere")
        regions = {SubjectKind.REGION: None if everywhere else observe.regions}
        return Wish(name, found, details, regions, types)
    settings = {kind: getattr(observe, f"{kind}s") or None for kind in schema.subjects}
    return Wish(name, found, details, settings)
