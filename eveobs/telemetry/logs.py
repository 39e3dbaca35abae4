"""Logs: for a person on stderr, as JSON lines in a file. Configured once, by the command line.

The library logs through the standard `logging` under the name `eveobs`; structlog renders. Without
a file and without -v nothing is configured, and structlog is never loaded.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from eveobs.errors import ConfigError

NAME = "eveobs"


def start_logging(*, level: str, file: str, verbose: int = 0, colour: bool = False) -> None:
    """Send what is at least `level` (a level's name) to `file`, if one is given, and what `verbose`
    asks for (1: info, 2: debug) to stderr. Raises ConfigError for a file that cannot be written.
    """
    if not file and not verbose:
        return
    logger = logging.getLogger(NAME)
    logger.handlers.clear()
    logger.propagate = False
    levels = [logging.getLevelName(level.upper())] if file else []
    if file:
        logger.addHandler(_file_handler(Path(file), levels[0]))
    if verbose:
        levels.append(logging.DEBUG if verbose > 1 else logging.INFO)
        logger.addHandler(_person_handler(levels[-1], colour=colour))
    logger.setLevel(min(levels))


def _file_handler(path: Path, level: int) -> logging.Handler:
    import structlog

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ConfigError(
            f"the log {path} cannot be written: {error.strerror or error}",
            hint="Set log.file to a file in a folder that can be written.",
        ) from error
    handler.setLevel(level)
    handler.setFormatter(_formatter(structlog.processors.JSONRenderer()))
    return handler


def _person_handler(level: int, *, colour: bool) -> logging.Handler:
    import structlog

    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(level)
    renderer = structlog.dev.ConsoleRenderer(colors=colour, pad_event_to=0, sort_keys=False)
    handler.setFormatter(_formatter(renderer))
    return handler


def _formatter(renderer: Any) -> logging.Formatter:
    import structlog

    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    return structlog.stdlib.ProcessorFormatter(
        processor=renderer,
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(),
            stamp,
        ],
    )
