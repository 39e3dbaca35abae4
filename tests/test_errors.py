"""Every kind of error has the exit code that is documented, and says what to do."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from eveobs import errors
from eveobs.errors import (
    AnswerError,
    DowntimeError,
    EveobsError,
    ExitCode,
    LimitError,
    ShapeError,
    UnreachableError,
)

pytestmark = pytest.mark.unit

DESIGN = Path(__file__).parents[1].parent / "shared" / "DESIGN.md"
DRAWN = re.findall(r"^[ │├└─]*(\w+Error) +(\d+)  ", errors.__doc__ or "", re.MULTILINE)


def kinds() -> dict[str, type[EveobsError]]:
    found = dict(inspect.getmembers(errors, inspect.isclass))
    return {name: kind for name, kind in found.items() if issubclass(kind, EveobsError)}


def test_the_tree_is_drawn_as_it_is() -> None:
    assert {name: int(code) for name, code in DRAWN} == {
        name: int(kind.exit_code) for name, kind in kinds().items()
    }
    depths = re.findall(r"^( *(?:│ +)?[├└]?─*) ?(\w+Error)", errors.__doc__ or "", re.MULTILINE)
    stack: list[tuple[int, str]] = []
    for indent, name in depths:
        while stack and stack[-1][0] >= len(indent):
            stack.pop()
        parent = stack[-1][1] if stack else "Exception"
        assert kinds()[name].__bases__[0].__name__ == parent
        stack.append((len(indent), name))


def test_exit_codes_are_those_of_the_design() -> None:
    if not DESIGN.exists():
        pytest.skip("no design beside the repository")
    (line,) = (
        part for part in DESIGN.read_text().split("\n\n") if part.startswith("**Exit codes**")
    )
    documented = {int(code) for code in re.findall(r"(?:·|:) (\d+) ", line.replace("**", ""))}
    assert documented == {int(code) for code in ExitCode} - {ExitCode.TERMINATED}
    assert ExitCode.TERMINATED == 128 + 15


@pytest.mark.parametrize("kind", [EveobsError, UnreachableError, DowntimeError])
def test_an_error_carries_its_message_and_hint(kind: type[EveobsError]) -> None:
    error = kind("what happened", hint="what to do")
    assert (str(error), error.message, error.hint) == (
        "what happened",
        "what happened",
        "what to do",
    )
    assert kind("only that").hint is None


def test_some_say_more() -> None:
    assert LimitError("x", retry_at=5.0).retry_at == 5.0
    answer = ShapeError("x", status=200, detail="y")
    assert isinstance(answer, AnswerError)
    assert (answer.status, answer.detail, answer.exit_code) == (200, "y", ExitCode.FAILED)
