"""What a check finds: how something is, in a figure, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """How something is, the best first: the numbers of monitoring plug-ins are 0, 1 and 2."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"

    @property
    def number(self) -> int:
        """0, 1 or 2."""
        return list(State).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """`figure` says it to a person, `values` to a program. `subject`: of whom, where a check looks
    at several. `hint` says what to do.
    """

    state: State
    figure: str
    hint: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """A finding, the check it is of, and the seconds that took."""

    check: str
    finding: Finding
    seconds: float


def worst(examined: Iterable[Examined]) -> State:
    """How the whole is: as its worst part."""
    states = [one.finding.state for one in examined]
    return max(states, key=lambda state: state.number, default=State.HEALTHY)


def healthy(figure: str, hint: str = "", /, **values: object) -> Finding:
    """All is well."""
    return Finding(State.HEALTHY, figure, hint, values)


def degraded(figure: str, hint: str = "", /, **values: object) -> Finding:
    """Something is missing or soon will be; the rest works."""
    return Finding(State.DEGRADED, figure, hint, values)


def unhealthy(figure: str, hint: str = "", /, **values: object) -> Finding:
    """It does not work."""
    return Finding(State.UNHEALTHY, figure, hint, values)
