"""`eveobs health --format nagios`: one line, as the guidelines for monitoring plugins have it.

`EVEOBS STATE - text | 'label'=value[unit];warn;crit;min;max …`, exit codes 0 OK, 1 WARNING,
2 CRITICAL, 3 UNKNOWN (https://www.monitoring-plugins.org/doc/guidelines.html).
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from eveobs.errors import EveobsError
from eveobs.operate.health.finding import Examined, State, worst

WORDS = {State.HEALTHY: "OK", State.DEGRADED: "WARNING", State.UNHEALTHY: "CRITICAL"}
UNKNOWN = 3
MAX_TEXT = 400
"""Characters: older callers read no more than 1 KiB, perfdata included."""
UNITS = {"bytes": "B", "free": "B", "memory": "B", "seconds": "s", "paused": "s"}


def check_once(look: Callable[[], Sequence[Examined]]) -> int:
    """Print the line; returns the exit code."""
    try:
        examined = look()
    except EveobsError as error:
        _print(f"EVEOBS UNKNOWN - {_text(error.message)}")
        return UNKNOWN
    except Exception as error:  # noqa: BLE001 - a caller takes exit code 1 for a warning
        _print(f"EVEOBS UNKNOWN - internal error: {_text(f'{type(error).__name__}: {error}')}")
        return UNKNOWN
    state = worst(examined)
    _print(f"EVEOBS {WORDS[state]} - {_summary(examined)} | {' '.join(_perfdata(examined))}")
    return state.number


def _summary(examined: Sequence[Examined]) -> str:
    """What is wrong, the worst first; else how many checks are well."""
    wrong = sorted(
        (one for one in examined if one.finding.state is not State.HEALTHY),
        key=lambda one: -one.finding.state.number,
    )
    if not wrong:
        return f"{len(examined)} checks are healthy"
    return _text("; ".join(f"{_name(one)}: {one.finding.figure}" for one in wrong))


def _name(one: Examined) -> str:
    return f"{one.check} {one.finding.subject}" if one.finding.subject else one.check


def _perfdata(examined: Sequence[Examined]) -> Iterator[str]:
    """The state of every check, and its figures; the name of a character is no label."""
    numbers = [one.finding.state.number for one in examined]
    yield f"healthy={numbers.count(0)};;;0 degraded={numbers.count(1)};;;0"
    yield f"unhealthy={numbers.count(2)};;;0"
    seen: set[str] = set()
    for one in examined:
        if one.check not in seen:
            seen.add(one.check)
            yield f"{one.check}_seconds={one.seconds:.3f}s;;;0"
            yield from _figures(one.check, one.finding.values)


def _figures(check: str, values: Mapping[str, object]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if math.isfinite(value) and re.fullmatch(r"[a-z_]+", name):
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            yield f"{check}_{name}={shown}{UNITS.get(name, '')}"


def _text(words: str) -> str:
    """On one line, without what ends the text."""
    from eveobs.cli.plain import plain

    return plain(" ".join(words.split())).replace("|", "/")[:MAX_TEXT]


def _print(line: str) -> None:
    from eveobs.cli.plain import encodable

    sys.stdout.write(encodable(line, sys.stdout.encoding) + "\n")
