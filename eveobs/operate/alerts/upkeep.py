"""What ails eveobs itself: states, which last until they are over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from eveobs.esi.sign_ins import days_left
from eveobs.operate.alerts.ground import Ground
from eveobs.operate.health.finding import State
from eveobs.publish.text import readable
from eveobs.store.notices import Notice

APART = {"sign-in"}
"""Checks whose findings another rule tells of."""


def partial(ground: Ground) -> Iterator[Notice]:
    """Some of a list has been missing for hours."""
    hours = timedelta(hours=ground.settings.partial_hours)
    for one in ground.store.standings():
        good = one.whole_at or one.since
        if one.error and one.last_at - good >= hours:
            key = f"{one.processor} {one.subject_kind} {one.subject_id}"
            text = (
                f"{one.processor} of {readable(one.subject_name)}: not whole since "
                f"{good:%d %b %H:%M} ({readable(one.error)[:200]})"
            )
            yield Notice("partial", key, text, good)


def token(ground: Ground) -> Iterator[Notice]:
    """A character will soon have to sign in again, or has to."""
    for entry in ground.entries:
        left = days_left(entry, ground.now.timestamp())
        if left <= ground.settings.token_days:
            name = readable(entry.name)
            when = f"for {left} more {'day' if left == 1 else 'days'}" if left else "no more"
            text = f"{name} is signed in {when}; `eveobs auth refresh --all`, or auth login"
            yield Notice("token", str(entry.character_id), text, ground.now)


def health(ground: Ground) -> Iterator[Notice]:
    """A check finds something that is not well."""
    for one in ground.examined:
        if one.finding.state is not State.HEALTHY and one.check not in APART:
            whose = f" of {readable(one.finding.subject)}" if one.finding.subject else ""
            text = f"{one.check}{whose} is {one.finding.state}: {readable(one.finding.figure)}"
            key = f"{one.check} {one.finding.subject} {one.finding.state}"
            yield Notice("health", key, text, ground.now)
