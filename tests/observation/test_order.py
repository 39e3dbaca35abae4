"""Units in the order that spends the rate limits evenly, with what must come first before the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.esi.route import Route
from eveobs.esi.routes import BY_PATH
from eveobs.observation.order import Due, spread
from eveobs.observation.unit import Unit
from eveobs.processors.contracts import PROCESSOR
from eveobs.processors.interface import Needs
from eveobs.records.schema import Record, Schema, SubjectKind

pytestmark = pytest.mark.unit
BOTH = (SubjectKind.CHARACTER, SubjectKind.CORPORATION)


class Thing(Record, frozen=True, kw_only=True, omit_defaults=True):
    thing_id: int


@dataclass(frozen=True)
class Who:
    character_id: int
    name: str = "somebody"
    scopes: frozenset[str] = frozenset()

    async def token(self, origin: str, *, refused: str = "") -> str:
        return refused


class Things:
    """A processor that is never run."""

    def __init__(self, name: str, path: str, *, places: bool = True) -> None:
        there = {"thing_id": "place"} if places else {}
        self.schema = Schema(name, name, BOTH, Thing, "thing_id", places=there)
        self.routes: Sequence[Route] = [BY_PATH["GET", path.format(k)] for k in BOTH]

    def needs(self, kind: SubjectKind) -> Needs:
        raise NotImplementedError(kind)

    def collect(self, client: object, task: object) -> object:
        raise NotImplementedError(client, task)


ASSETS = Things("assets", "/{0}s/{{{0}_id}}/assets")
BLUEPRINTS = Things("blueprints", "/{0}s/{{{0}_id}}/blueprints")
JOBS = Things("industry-jobs", "/{0}s/{{{0}_id}}/industry/jobs")
OWN = Things("own-contracts", "/{0}s/{{{0}_id}}/contracts", places=False)
EVERY = (BLUEPRINTS, JOBS, OWN, ASSETS)


def due(processor: object, character: int, *, corporation: int = 0) -> Due:
    kind = SubjectKind.CORPORATION if corporation else SubjectKind.CHARACTER
    unit = Unit(
        processor=processor.schema.name,  # type: ignore[attr-defined]
        subject_id=corporation or character,
        subject_name="",
        subject_kind=kind,
    )
    return Due(unit, processor, Who(character))  # type: ignore[arg-type]


def region(number: int) -> Due:
    return Due(Unit(processor="contracts", subject_id=number, subject_name=""), PROCESSOR)


def told(dues: Sequence[Due]) -> list[tuple[str, int]]:
    return [(one.unit.processor, one.unit.subject_id) for one in dues]


def test_buckets_take_turns() -> None:
    dues = [due(p, who) for who in (1, 2) for p in (BLUEPRINTS, JOBS, ASSETS)]
    assert told(spread(dues)) == [
        ("assets", 1),
        ("assets", 2),
        ("blueprints", 1),
        ("blueprints", 2),
        ("industry-jobs", 1),
        ("industry-jobs", 2),
    ]


def test_a_bucket_is_a_group_of_a_character_also_for_its_corporation() -> None:
    assert due(BLUEPRINTS, 1).bucket == ("char-industry", 1) == due(JOBS, 1).bucket
    assert due(BLUEPRINTS, 1, corporation=9).bucket == ("corp-industry", 1)
    assert region(7).bucket == ("", 0)


def test_public_contracts_of_all_regions_come_before_own_ones() -> None:
    ordered = told(spread([due(OWN, 1), due(BLUEPRINTS, 1), region(7), region(8)]))
    assert ordered.index(("own-contracts", 1)) > ordered.index(("contracts", 8))


@given(
    st.lists(
        st.tuples(st.sampled_from(EVERY), st.integers(1, 3), st.sampled_from((0, 8, 9))),
        unique_by=lambda one: (one[0].schema.name, one[2] or one[1]),
        max_size=20,
    ),
    st.sets(st.integers(50, 53)),
)
def test_nothing_is_lost_and_nothing_comes_before_what_it_needs(
    units: list[tuple[Things, int, int]], regions: set[int]
) -> None:
    dues = [due(p, who, corporation=c) for p, who, c in units] + [region(r) for r in regions]
    ordered = spread(dues)
    assert sorted(told(ordered)) == sorted(told(dues))
    at = {mark: place for place, mark in enumerate(told(ordered))}
    for (name, owner), place in at.items():
        if name in ("blueprints", "industry-jobs"):
            assert at.get(("assets", owner), -1) < place
        if name == "own-contracts":
            assert all(at["contracts", r] < place for r in regions)


@given(st.lists(st.tuples(st.sampled_from((BLUEPRINTS, JOBS)), st.integers(1, 4)), unique=True))
def test_no_bucket_is_asked_twice_while_another_waits_for_its_second_turn(
    units: list[tuple[Things, int]],
) -> None:
    spent: dict[object, int] = {}
    whole: dict[object, int] = {}
    for one in (dues := [due(p, who) for p, who in units]):
        whole[one.bucket] = whole.get(one.bucket, 0) + 1
    for one in spread(dues):
        spent[one.bucket] = spent.get(one.bucket, 0) + 1
        others = [spent.get(bucket, 0) for bucket in whole if spent.get(bucket, 0) < whole[bucket]]
        assert spent[one.bucket] - min(others, default=spent[one.bucket]) <= 1
