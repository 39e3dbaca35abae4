"""Every value that the sandbox serves is one that ESI's OpenAPI document allows.

The sandbox and eveobs have the same authors: a belief that is wrong in one is wrong in the other,
and no test of one against the other notices. So each value is held against the document's facts:

1. type, format, enumeration, limits, required fields, and no field that is not documented;
2. the range that a description states ("0.0% - 100.0%");
3. **the order of magnitude of the examples**: of all values that are served for a figure, ids and
   zeros left out, the nearest to an example must be less than a factor of 50 away from it. A share
   that is served for a percentage is a factor of 100 away: 0.1 where the example is 10;
4. of a percentage, some value must be above 1, since a share never is; of a share, none may be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from eveobs.esi.openapi_facts import resolved
from eveobs.records.units import RANGES, units_of
from eveobs.sandbox.server import Sandbox
from tests.records.facts import answer_shape, facts
from tests.records.test_units import SHAPES
from tests.sandbox.walk import Bodies, Walk

pytestmark = pytest.mark.unit

FACTOR = 50
TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
Figures = dict[str, list[float]]


class WrongError(AssertionError):
    """A value that the document does not allow."""


def check(shape: dict[str, Any], value: Any, place: str, figures: Figures) -> None:
    """Raise WrongError where `value` is not of `shape`; numbers are added to `figures` by place."""
    shape = resolved(facts(), shape)
    if "any_of" in shape:
        check_any(shape, value, place, figures)
    else:
        check_type(shape, value, place)
        check_value(shape, value, place, figures)


def check_type(shape: dict[str, Any], value: Any, place: str) -> None:
    kind = shape.get("type", "object")
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        raise WrongError(f"{place} is {value!r} and no {kind}")
    if "values" in shape and value not in shape["values"]:
        raise WrongError(f"{place} is {value!r}, which is not in {shape['values']}")


def check_value(shape: dict[str, Any], value: Any, place: str, figures: Figures) -> None:
    kind = shape.get("type", "object")
    if kind in {"integer", "number"}:
        check_limits(shape, value, place)
        figures[place].append(value)
    elif kind == "array":
        check_rows(shape, value, place, figures)
    elif kind == "object":
        check_fields(shape, value, place, figures)
    elif shape.get("format") == "date-time":
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z")


def check_rows(shape: dict[str, Any], value: list[Any], place: str, figures: Figures) -> None:
    if len(value) > shape.get("max_items", len(value)):
        raise WrongError(f"{place} has {len(value)} rows")
    if shape.get("unique") and len({str(one) for one in value}) != len(value):
        raise WrongError(f"{place} has rows twice")
    for one in value:
        check(shape["items"], one, place, figures)


def check_any(shape: dict[str, Any], value: Any, place: str, figures: Figures) -> None:
    for one in shape["any_of"]:
        try:
            check(one, value, place, figures)
        except WrongError:
            continue
        return
    raise WrongError(f"{place} is {value!r}, which is none of what it may be")


def check_limits(shape: dict[str, Any], value: float, place: str) -> None:
    low, high = shape.get("range", (shape.get("minimum"), shape.get("maximum")))
    if (low is not None and value < low) or (high is not None and value > high):
        raise WrongError(f"{place} is {value}, and not between {low} and {high}")
    bits = {"int32": 31, "int64": 63}.get(shape.get("format", ""))
    if bits and not -(2**bits) <= value < 2**bits:
        raise WrongError(f"{place} is {value}, which is no {shape['format']}")


def check_fields(
    shape: dict[str, Any], value: dict[str, Any], place: str, figures: Figures
) -> None:
    fields = shape.get("fields", {})
    missing = {*shape.get("required", ())} - {*value}
    unknown = {*value} - {*fields}
    if missing or (unknown and "entries" not in shape):
        raise WrongError(f"{place} lacks {missing} and has {unknown}, which is not documented")
    for name, inner in value.items():
        check(fields.get(name) or shape["entries"], inner, f"{place}.{name}", figures)


def example_facts(shape: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The figures of `shape` by their place."""
    shape = resolved(facts(), shape)
    if "items" in shape:
        yield from example_facts(shape["items"], place)
    for name, inner in shape.get("fields", {}).items():
        yield from example_facts(inner, f"{place}.{name}")
    if shape.get("type") in {"integer", "number"}:
        yield place, shape


def check_magnitude(shape: dict[str, Any], served: list[float], place: str) -> None:
    """Rules 3 and 4 of this module's docstring."""
    sizes = [abs(value) for value in served if value]
    if not sizes:
        return
    examples = [abs(one) for one in shape.get("examples", ()) if one]
    if examples and not place.endswith("_id"):
        nearest = min(max(a / b, b / a) for a in sizes for b in examples)
        if nearest >= FACTOR:
            raise WrongError(f"{place}: {max(sizes)} at most, where an example is {examples[0]}")
    if shape.get("unit") == "percent" and max(sizes) <= 1:
        raise WrongError(f"{place}: {max(sizes)} at most, which is a share and no percentage")
    if shape.get("unit") == "share" and max(sizes) > 1:
        raise WrongError(f"{place}: {max(sizes)}, which is no share")


@pytest.fixture
def bodies(sandbox: Sandbox, ask_as: Any, clock: Any) -> Bodies:
    return Walk(sandbox, ask_as, clock).all()


def test_every_value_of_every_route(sandbox: Sandbox, bodies: Bodies) -> None:
    served = {f"{method} {path}" for method, path in sandbox.handlers} - {"GET /meta/openapi.json"}
    assert served == {*bodies}, "routes that the walk does not reach"
    wrong = []
    for route, answers in bodies.items():
        figures: Figures = defaultdict(list)
        shape = answer_shape(route)
        try:
            for body in answers:
                check(shape, body, route, figures)
            for place, fact in example_facts(shape, route):
                check_magnitude(fact, figures.get(place, []), place)
        except WrongError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


def test_figures_lie_in_the_range_of_the_unit_that_records_declare(bodies: Bodies) -> None:
    """Also where the document states neither range nor example, such as for a probability."""
    figures: Figures = defaultdict(list)
    for route, answers in bodies.items():
        for body in answers:
            check(answer_shape(route), body, route, figures)
    seen = 0
    for record, route, inside in SHAPES:
        for name, unit in units_of(record).items():
            place = ".".join((route, *inside, name))
            served = figures.get(place, [])
            low, high = RANGES.get(unit, (-1e18, 1e18))
            assert all(low <= value <= high for value in served), (place, unit)
            if served:
                check_magnitude({"unit": unit.value}, served, place)
                seen += 1
    assert seen > 50


TAX = {"type": "number", "examples": [10], "unit": "percent", "range": [0, 100]}


@pytest.mark.parametrize(
    ("fact", "values"),
    [
        (TAX, [0.0, 0.05, 0.1]),  # what the sandbox served until the unit was read
        ({"type": "number", "examples": [10]}, [0.1]),
        ({"type": "number", "unit": "percent"}, [0.1, 1]),
        ({"type": "number", "unit": "share"}, [34.0]),
        ({"type": "integer", "examples": [100]}, [1_000_000]),
    ],
)
def test_another_magnitude_is_noticed(fact: dict[str, Any], values: list[float]) -> None:
    with pytest.raises(WrongError):
        check_magnitude(fact, values, "x")


def test_the_magnitude_of_the_examples_passes() -> None:
    check_magnitude(TAX, [0.0, 5.0, 10.0], "x")
    check_magnitude({"type": "integer", "examples": [90000001]}, [1], "x.character_id")
    check_magnitude(TAX, [0.0], "x")


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        (TAX, 100.5),
        (TAX, "10"),
        (TAX, True),
        ({"type": "integer"}, 1.5),
        ({"type": "integer", "format": "int32"}, 2**31),
        ({"type": "string", "values": ["legal", "illegal"]}, "lease"),
        ({"type": "string", "format": "date-time"}, "yesterday"),
        ({"type": "array", "max_items": 1, "items": {"type": "integer"}}, [1, 2]),
        ({"type": "array", "unique": True, "items": {"type": "integer"}}, [1, 1]),
        ({"type": "object", "fields": {}, "required": []}, {"surprise": 1}),
        ({"type": "object", "fields": {"a": {"type": "integer"}}, "required": ["a"]}, {}),
    ],
)
def test_the_check_can_fail(fact: dict[str, Any], value: object) -> None:
    with pytest.raises((WrongError, ValueError)):
        check(fact, value, "x", defaultdict(list))
