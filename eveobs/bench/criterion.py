"""What must not get worse: `p99>+10%`, `throughput<-5%`, `p50>+200µs`, `errors>0`, `p99>50ms`."""

from __future__ import annotations

import re
from typing import NamedTuple

from eveobs.bench.sample import FIGURES, Figure
from eveobs.errors import UsageError

UNITS = {"": 1.0, "us": 1.0, "µs": 1.0, "μs": 1.0, "ms": 1e3, "s": 1e6, "k": 1e3, "/s": 1.0}
TIMES = {"us", "µs", "μs", "ms", "s"}
_FORM = re.compile(r"([a-z][a-z0-9._]*)([<>])([+-]?)(\d+(?:\.\d+)?|\.\d+)(%|[a-zµμ]*|/s)")
HINT = "Such as 'p99>+10%', 'throughput<-10%', 'errors>0' or 'p50>20ms'."


class Criterion(NamedTuple):
    """A limit on a figure. With a sign it is one on the change since the saved run, in percent of
    that or in the figure's own unit; without, on the figure itself.
    """

    text: str
    figure: Figure
    above: bool
    limit: float
    compares: bool
    percent: bool

    def broken_by(self, value: float) -> bool:
        """Whether `value` (the figure, or its change in percent or in its unit) is beyond it."""
        return value > self.limit if self.above else value < self.limit


def criterion(text: str) -> Criterion:
    """What was typed. Raises UsageError."""
    found = _FORM.fullmatch(text.replace(" ", "").replace("p99_9", "p99.9").lower())
    if found is None:
        raise UsageError(f"--fail-if {text}: that is no limit", hint=HINT)
    name, way, sign, number, unit = found.groups()
    figure = FIGURES.get(name)
    if figure is None:
        raise UsageError(
            f"--fail-if {text}: there is no figure {name}",
            hint=f"There are: {', '.join(FIGURES)}.",
        )
    _check(text, figure, way, sign, unit)
    limit = float(number) * (1.0 if unit == "%" else UNITS[unit])
    signed = -limit if sign == "-" else limit
    return Criterion(text, figure, way == ">", signed, bool(sign), unit == "%")


def _check(text: str, figure: Figure, way: str, sign: str, unit: str) -> None:
    """A limit that cannot be meant is no limit. Raises UsageError."""
    told = f"--fail-if {text}: "
    if unit != "%" and (unit not in UNITS or (unit in TIMES and figure.unit != "µs")):
        raise UsageError(f"{told}{figure.name} is not told in {unit}", hint=HINT)
    if unit == "%" and not sign:
        raise UsageError(f"{told}percent of what?", hint=f"With a sign: {figure.name}{way}+10%.")
    if sign == ("-" if way == ">" else "+"):
        raise UsageError(f"{told}that would fail where nothing changed", hint=HINT)
