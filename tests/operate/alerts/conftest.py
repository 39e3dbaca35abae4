from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eveobs.operate.alerts.ground import Ground
from eveobs.operate.alerts.rules import RULES
from eveobs.records.collected import DetailAnswer
from eveobs.records.schema import Record, Schema, SubjectKind
from eveobs.records.universe import Name
from eveobs.settings.tree import Alerts
from eveobs.store.applying import Draft
from eveobs.store.notices import Notice
from eveobs.store.store import Store

NOW = datetime(2026, 9, 23, 12, 0, tzinfo=UTC)
ME, OTHER = 2112000001, 2112000002
HOUR = timedelta(hours=1)


@dataclass
class Scene:
    """A store, and the moment it is looked at."""

    store: Store
    settings: Alerts = field(default_factory=Alerts)
    facts: dict[str, Any] = field(default_factory=dict)

    def has(
        self,
        schema: Schema,
        *rows: Record,
        at: datetime = NOW,
        error: str | None = None,
        answers: tuple[DetailAnswer[Record], ...] = (),
        subject: tuple[SubjectKind, int] = (SubjectKind.CHARACTER, ME),
    ) -> None:
        """The list of `subject`, ME unless told otherwise, as it was read `at` that moment."""
        self.store.apply(
            Draft(
                schema=schema,
                subject_kind=subject[0],
                subject_id=subject[1],
                rows=rows,
                pages=1,
                whole=error is None,
                error=error,
                details=(),
                answers=answers,
                moment=at,
                expires=None,
                fresh_until=None,
                started_at=at,
                finished_at=at,
            )
        )

    def named(self, **names: int) -> None:
        """Names, with _ for a space."""
        self.store.keep_names(
            [Name(id=n, name=k.replace("_", " "), category="character") for k, n in names.items()],
            [],
            NOW,
        )

    def sees(self, rule: str) -> list[Notice]:
        """What the rule notices."""
        ground = Ground(self.store, self.settings, NOW, **self.facts)
        return list(RULES[rule].look(ground))


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Store("sqlite:///:memory:") as store:
        yield Scene(store)
