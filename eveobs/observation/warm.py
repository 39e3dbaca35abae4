"""Whether a unit needs doing at all, found out without the network and without SQLAlchemy."""

from __future__ import annotations

from datetime import UTC, datetime

from eveobs.observation.unit import Outcome, Report, Unit
from eveobs.records.schema import Schema
from eveobs.store import glance

LONGEST = 19
"""Digits that an id can have."""


def known_unit(
    name: str, schema: Schema, word: str, details: tuple[str, ...], store_url: str
) -> Unit | None:
    """The unit for a subject in a person's words (name or id), if its name was met before."""
    asked = word.strip()
    kind = schema.subjects[0]
    if asked.isdecimal() and len(asked) <= LONGEST:
        number: int | None = int(asked)
    else:
        number = glance.name_to_id(store_url, kind, asked)
    subject = None if number is None else glance.id_to_name(store_url, number, kind)
    if number is None or subject is None:
        return None
    return Unit(processor=name, subject_id=number, subject_name=subject, details=details)


def nothing_to_do(unit: Unit, schema: Schema, store_url: str, now: datetime) -> Report | None:
    """The report of a unit whose last observation is still fresh; None when it must be run."""
    text = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = glance.fresh(store_url, schema, unit.subject_kind, unit.subject_id, unit.details, text)
    if found is None:
        return None
    outcome = Outcome(
        processor=unit.processor,
        subject=unit.subject_name,
        status="unchanged",
        rows=found.rows,
        cached=found.cached,
        expires=found.expires,
    )
    told = found.list_expires
    return Report(outcome, list_expires=None if told is None else datetime.fromisoformat(told))
