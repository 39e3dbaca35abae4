"""Whether the audit that used to be there still is, and ends where it ended."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from eveobs.operate.health.checking import Check, threaded
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.finding import Finding, State, degraded, healthy, unhealthy
from eveobs.operate.health.home import Home
from eveobs.settings.bounded_read import open_regular_descriptor, read_bounded

NAME = "audit"


def checks(home: Home, _: EsiLook) -> Iterable[Check]:
    """One."""
    yield Check(NAME, threaded(lambda: audit(home)), gravity=State.DEGRADED)


def audit(home: Home) -> Finding:
    """By its first and its last line; `eveobs audit verify` reads all of it."""
    from eveobs.telemetry.audit import FILE, WITNESS, first_line, read_head
    from eveobs.telemetry.audit_reading import end_of

    path, witness = home.loaded.places.state / FILE, home.loaded.places.data / WITNESS
    try:
        head, first = read_head(path), first_line(path)
        remembered = _remembered(witness)
        if not first:
            if head is None and not remembered:
                return healthy("none yet", lines=0)
            return unhealthy(
                f"the audit {path} is gone",
                f"Bring it back from a backup; if you removed it yourself, remove {witness} "
                "and the .head file, too.",
                lines=0,
            )
        file = open_regular_descriptor(path)
        try:
            last = end_of(file).link
        finally:
            os.close(file)
    except OSError as error:
        return degraded(f"it cannot be read: {error.strerror or error}", "Make it readable.")
    if remembered and remembered != first:
        return unhealthy(
            "the audit does not begin with the line that it began with",
            f"Bring it back from a backup; `eveobs audit verify` says more. {witness} remembers.",
            lines=last.number,
        )
    if head is None or head.lines > last.number:
        return unhealthy(
            "lines were taken from the end of the audit",
            "`eveobs audit verify` says more; bring it back from a backup.",
            lines=last.number,
        )
    return healthy(f"{last.number:,} lines", lines=last.number)


def _remembered(witness: Path) -> str:
    """The fingerprint of the first line, as it was left apart from the audit; "" for none."""
    try:
        return read_bounded(witness, 1000, regular=True).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return ""
