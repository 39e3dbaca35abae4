"""Runs in a file: every round of every case, so that a later run knows how noisy this one was."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from eveobs import __version__
from eveobs.bench.measuring import Result
from eveobs.bench.sample import Sample
from eveobs.errors import ConfigError, EveobsError
from eveobs.files import write_bytes
from eveobs.settings.bounded_read import read_bounded

FORMAT = 1
LARGEST = 256 * 1024 * 1024


class _Saved(msgspec.Struct, forbid_unknown_fields=True):
    eveobs_bench: int
    saved: str
    eveobs: str
    machine: str
    cases: dict[str, list[dict[str, Any]]]


def save(path: Path, results: Iterable[Result], now: datetime) -> None:
    """Write all of `results`, in place of what was there, whole or not at all."""
    cases = {one.case.key: [sample.as_json() for sample in one.rounds] for one in results}
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    saved = _Saved(FORMAT, now.isoformat(timespec="seconds"), __version__, machine, cases)
    try:
        write_bytes(path, msgspec.json.encode(saved) + b"\n", private=False)
    except OSError as error:
        raise EveobsError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="What was measured is above. Is there room, and are you allowed to?",
        ) from error


def check_place(path: Path) -> None:
    """Raises ConfigError where nothing can be written later, before anything is measured."""
    if path.exists() and not path.is_file() and not path.is_dir():
        return  # a device or a fifo is written into
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigError(f"{path} cannot be written: no file of an existing folder")
    if not os.access(path.parent, os.W_OK):
        raise ConfigError(f"{path} cannot be written: the folder does not allow it")


def load(path: Path) -> Mapping[str, list[Sample]]:
    """The rounds of each case of a saved run. Raises ConfigError."""
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"{path} is too large to be a saved run")
        saved = msgspec.json.decode(read_bounded(path, LARGEST), type=_Saved)
        if saved.eveobs_bench != FORMAT:
            raise ConfigError(
                f"{path} is of another eveobs ({saved.eveobs})", hint="Save a run with this one."
            )
        return {key: [Sample.of(one) for one in rounds] for key, rounds in saved.cases.items()}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(
            f"{path} is no run that eveobs bench saved: {error}", hint="Made by --save FILE."
        ) from error
