"""What `eveobs bench` was asked to measure, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from eveobs.bench.courtesy import MOST_A_SECOND
from eveobs.bench.load import Load
from eveobs.bench.target import Case, Mode, cases, grouped, target_of
from eveobs.cli.asking_as import access_for
from eveobs.errors import UsageError

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.access import Access

SECONDS = 5.0
MOST_WORKERS = 1000
FASTEST = 1_000_000
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for, as it was typed."""

    routes: Sequence[str] = ()
    requests: int = 0
    duration: str | None = None
    concurrency: str = "10"
    rate: float = 0.0
    mode: str = ""
    warm_up: int = 100
    rounds: int = 50
    save: Path | None = None
    compare: Path | None = None
    fail_if: Sequence[str] = ()
    fail_on_undecided: bool = False
    plot: Path | None = None
    histogram: bool | None = None
    reason: str | None = None
    name: str | None = None
    json: bool = False

    def modes(self) -> list[Mode]:
        """Those that are named. Raises UsageError."""
        named = [part.strip().lower() for part in self.mode.split(",") if part.strip()]
        for one in named:
            if one not in list(Mode):
                raise UsageError(
                    f"--mode {one}: there is no such mode", hint=f"There are: {', '.join(Mode)}."
                )
        return [Mode(one) for one in dict.fromkeys(named)]

    def loads(self) -> list[Load]:
        """One for each concurrency. Raises UsageError."""
        if self.requests and self.duration is not None:
            raise UsageError("--requests and --duration exclude each other")
        if not 0 <= self.rate <= FASTEST:  # nor what is no number
            raise UsageError(f"--rate {self.rate:g}: from 0 to {FASTEST:,}")
        seconds = 0.0 if self.requests else _seconds(self.duration)
        return [
            Load(number, self.requests, seconds, self.rate) for number in _numbers(self.concurrency)
        ]


def _seconds(text: str | None) -> float:
    if text is None:
        return SECONDS
    found = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)\s*([smh]?)", text.strip().lower())
    seconds = float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]] if found else 0.0
    if not 0 < seconds <= DAY:
        raise UsageError(f"--duration {text}: that is no span", hint="Such as 10, 30s or 2m.")
    return seconds


def _numbers(text: str) -> list[int]:
    numbers = []
    for part in text.split(","):
        if not re.fullmatch(r"\s*\d{1,4}\s*", part) or not 1 <= int(part) <= MOST_WORKERS:
            raise UsageError(
                f"--concurrency {text}: numbers from 1 to {MOST_WORKERS}, with commas between",
                hint="Such as 10, or 1,10,50.",
            )
        numbers.append(int(part))
    return list(dict.fromkeys(numbers))


def cases_of(request: Request, base: str) -> list[Case]:
    """A case for each route, mode and concurrency. Raises UsageError."""
    modes = request.modes() or [Mode.NETWORK]
    if Mode.STORE in modes:
        if len(modes) > 1:
            raise UsageError(
                "--mode store reads lists, the others ask routes", hint="Run it twice."
            )
        return cases([(name, (), Mode.STORE) for name in request.routes], request.loads())
    rows = grouped(target_of(text, base) for text in request.routes)
    named = [(name, targets, mode) for name, targets in rows.items() for mode in modes]
    return cases(named, request.loads())


def accesses_of(run: Run, wanted: Sequence[Case], name: str | None) -> Mapping[str, Access | None]:
    """As whom to ask what is not everybody's; never anybody but the ESI of the settings."""
    own = run.loaded().settings.esi.base_url.rstrip("/")
    found: dict[str, Access | None] = {}
    for target in (target for case in wanted for target in case.targets):
        route = target.route
        if route.scope and route.path not in found:
            if target.base != own:
                raise UsageError(
                    f"{route.path} is asked as a character, of {own} alone",
                    hint="An access token is nothing for another host: give the path only.",
                )
            found[route.path] = access_for(run, route, target.parameters, name)
    return found


def check_courtesy(run: Run, request: Request, wanted: Sequence[Case]) -> None:
    """What is not on this machine is asked slowly, or for a reason that is written down."""
    away = {target.base for case in wanted for target in case.targets if not target.local}
    if request.reason is not None:
        if not request.reason.strip():
            raise UsageError("--allow-remote-load needs a reason", hint="It goes to the audit.")
        for base in sorted(away):
            run.audit().note(
                "bench.remote-load",
                urlsplit(base).netloc,
                result="allowed",
                reason=request.reason,
                concurrency=request.concurrency,
                rate=f"{request.rate:g}",
                rows=len(wanted),
            )
    elif away and request.rate > MOST_A_SECOND:
        raise UsageError(
            f"--rate {request.rate:g}: what is not on this machine is asked at most "
            f"{MOST_A_SECOND:g} times a second",
            hint="--allow-remote-load REASON allows more, within the limits.",
        )
