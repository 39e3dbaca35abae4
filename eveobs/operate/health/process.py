"""What this process takes of the machine, and what the machine has left."""

from __future__ import annotations

import time
from collections.abc import Iterable

from eveobs.operate.health.checking import Check, threaded
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.finding import Finding, State, degraded, healthy
from eveobs.operate.health.home import Home, megabytes

NAME = "process"
SCARCE = 5.0
"""Percent of the machine's memory below which processes are in danger."""


def checks(_: Home, __: EsiLook) -> Iterable[Check]:
    """One."""
    yield Check(NAME, threaded(process), gravity=State.DEGRADED)


def process() -> Finding:
    """Memory and CPU of this process since it began; memory that is left on the machine."""
    import psutil

    own = psutil.Process()
    memory = own.memory_info().rss
    spent = own.cpu_times()
    cpu = round(spent.user + spent.system, 2)
    age = max(time.time() - own.create_time(), 0.01)
    machine = psutil.virtual_memory()
    values = {
        "memory": memory,
        "cpu_seconds": cpu,
        "cpu_percent": round(100 * cpu / age, 1),
        "machine_memory_left": machine.available,
    }
    figure = f"{megabytes(memory)}, {cpu:g} s of CPU"
    if machine.available < machine.total * SCARCE / 100:
        return degraded(f"{figure}; {megabytes(machine.available)} left on the machine", **values)
    return healthy(figure, **values)
