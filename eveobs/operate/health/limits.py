"""What ESI still allows all eveobs of this machine, and whether one of them has stopped asking."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from eveobs.esi.limits import ERROR_LIMIT, EVERYTHING, Ledger
from eveobs.operate.health.checking import Check
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.finding import Finding, State, degraded, healthy
from eveobs.operate.health.home import Home

FEW_ERRORS = 30
"""Errors below which something goes wrong too often."""


def checks(home: Home, look: EsiLook) -> Iterable[Check]:
    """The limits, and the circuit breaker. Nothing is asked of ESI."""

    async def allowed() -> Finding:
        found = limits(look.limits.look(), home.clock())
        if look.warnings:
            return degraded(
                look.warnings[0],
                "Make that folder writable; remove limits.sqlite3 there if it is damaged.",
            )
        return found

    async def breaker() -> Finding:
        return circuit(look.limits.look(), home.clock())

    yield Check("limits", allowed, gravity=State.DEGRADED)
    yield Check("circuit", breaker, gravity=State.DEGRADED)


def limits(ledger: Ledger, now: float) -> Finding:
    """The error limit, and the bucket with the fewest tokens left."""
    left = ERROR_LIMIT - (ledger.errors if now < ledger.window_ends else 0)
    buckets = {
        key: (bucket.limit - bucket.used(now), bucket.limit)
        for key, bucket in ledger.buckets.items()
    }
    paused = round(max((ledger.paused(key, now) for key in (EVERYTHING, *buckets)), default=0))
    told = {key.rstrip("|"): {"left": some, "of": of} for key, (some, of) in buckets.items()}
    values = {"errors_left": left, "paused": paused, "buckets": told}
    figure = f"{left} of {ERROR_LIMIT} errors left"
    scarce = min(buckets, key=lambda key: buckets[key][0] / max(buckets[key][1], 1), default=None)
    if scarce is not None:
        some, of = buckets[scarce]
        figure += f", {scarce.partition('|')[0]} {some:,} of {of:,} tokens"
    hint = "`eveobs limits` shows all of them; runs wait by themselves."
    if paused:
        figure += f"; paused for {paused} s"
    # A run that has spent its tokens waits until they come back: that is how limits work.
    too_long = any(ledger.paused(key, now) > ledger.buckets[key].window for key in buckets)
    if left < FEW_ERRORS or too_long or ledger.paused(EVERYTHING, now):
        return degraded(figure, hint, **values)
    return healthy(figure, **values)


def circuit(ledger: Ledger, now: float) -> Finding:
    """Whether a run has just given up asking, because nothing but failures came."""
    opened = ledger.open_circuit(now)
    if opened is None:
        return healthy("closed", open=False)
    until = datetime.fromtimestamp(opened.until, UTC)
    return degraded(
        f"open until {until:%H:%M:%S} UTC: {opened.why}",
        "A run has stopped asking for a while; it tries again by itself.",
        open=True,
        until=until,
    )
