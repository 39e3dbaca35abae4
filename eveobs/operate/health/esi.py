"""How ESI and the game are: players, latency, downtime; its routes; what it allows; the clock."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from eveobs.errors import (
    AnswerError,
    DowntimeError,
    EveobsError,
    LimitError,
    ShapeError,
    UnreachableError,
)
from eveobs.esi.cache_statistics import CacheStatistics
from eveobs.esi.disk import DiskError
from eveobs.esi.resilience import in_daily_downtime
from eveobs.operate.health.checking import Check, in_thread
from eveobs.operate.health.esi_look import STATUS, EsiLook, RouteState, Status
from eveobs.operate.health.finding import Finding, State, degraded, healthy, unhealthy
from eveobs.operate.health.home import Home

SLOW = 5.0
"""Seconds of an answer that ESI gives in a fraction of one."""
NOTICEABLE, MISLEADING = 5.0, 300.0
"""Seconds by which a clock may be wrong: a reason to look after it, and to believe no expiry."""
DOWN = "Down"
TOLD = 3
"""Routes that are named."""


def checks(home: Home, look: EsiLook) -> Iterable[Check]:
    """ESI itself, its routes, and the clock of this machine by its own."""
    yield Check("esi", partial(esi, home, look))
    yield Check("routes", partial(routes, home, look), gravity=State.DEGRADED)
    yield Check("clock", partial(clock, look), gravity=State.DEGRADED)


async def esi(home: Home, look: EsiLook) -> Finding:
    """Players online and how long that took to find out. Raises what asking raises."""
    try:
        answer = await look.status()
    except DowntimeError as error:
        expected = in_daily_downtime(home.clock())
        told = degraded if expected else unhealthy
        return told(error.message, error.hint or "", downtime=True, expected=expected)
    except LimitError as error:
        return degraded(error.message, error.hint or "", retry_at=error.retry_at)
    if answer.value is None:
        return unhealthy("it has no status", "Is esi.base_url right?")
    heard = None if answer.cached else look.heard.get(STATUS.path)
    return _online(answer.value, None if heard is None else round(heard.seconds, 3))


def _online(status: Status, seconds: float | None) -> Finding:
    """The game is there. `seconds`: how long the answer took, None for one from the cache."""
    values = {
        "players": status.players,
        "server_version": status.server_version,
        "start_time": status.start_time,
        "vip": status.vip,
        "latency": seconds,
    }
    speed = "from the cache" if seconds is None else f"{seconds * 1000:,.0f} ms"
    figure = f"{status.players:,} players, {speed}"
    if status.vip:
        return degraded(f"{figure}; only CCP may log in", "It is about to open.", **values)
    if seconds is not None and seconds > SLOW:
        return degraded(figure, "It is slow; is the network?", **values)
    return healthy(figure, **values)


async def routes(home: Home, look: EsiLook) -> Finding:
    """The routes that are down. It counts only if this home has asked one of them before."""
    try:
        answer = await look.routes()
    except ShapeError:
        raise
    except AnswerError as error:
        return healthy("not published", error.message)
    except LimitError as error:
        return healthy("not asked: a limit is reached", error.hint or "")
    states = answer.value.routes if answer.value else []
    used = await in_thread(lambda: _used(home))
    troubled = [one for one in states if one.status not in {"OK", "Unknown"}]
    down = [one for one in troubled if one.status == DOWN]
    ours = [one for one in down if one.path in used]
    values = {
        "routes": len(states),
        "down": [f"{one.method} {one.path}" for one in down],
        "degraded": [f"{one.method} {one.path}" for one in troubled if one.status != DOWN],
        "used_and_down": [one.path for one in ours],
    }
    figure = f"{len(states) - len(troubled)} of {len(states)} OK"
    if down:
        figure += f", {len(down)} down"
    if ours:
        return degraded(f"{figure}: {_named(ours)}", "Wait for CCP to mend it.", **values)
    return healthy(figure, _named(down) and f"Down, but not used here: {_named(down)}.", **values)


def _used(home: Home) -> set[str]:
    """The routes that were asked from here before."""
    try:
        return set(CacheStatistics.load(home.loaded.places.cache / "esi").counts)
    except DiskError:
        return set()


def _named(some: list[RouteState]) -> str:
    names = [one.path for one in some[:TOLD]]
    more = len(some) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


async def clock(look: EsiLook) -> Finding:
    """How far this machine's clock is from ESI's, whose `Date` has whole seconds."""
    try:
        await look.routes()
    except UnreachableError:
        if not look.heard:
            return degraded("not known: ESI does not answer", "See what `esi` says.")
    except EveobsError:  # it was there, or was not asked
        pass
    heard = next(iter(look.heard.values()), None)
    if heard is None or heard.date is None:
        return healthy("not known: ESI did not tell the time")
    ahead = heard.at - heard.seconds / 2 - (heard.date + 0.5)
    size = abs(ahead)
    way = "ahead" if ahead > 0 else "behind"
    figure = f"{size:,.0f} s {way}" if size >= 1 else "right to a second"
    values = {"ahead": round(ahead, 1)}
    if size <= NOTICEABLE:
        return healthy(figure, **values)
    told = degraded if size <= MISLEADING else unhealthy
    return told(figure, "Set the clock, or have it set by NTP (`timedatectl`).", **values)
