"""Logs: for a person on stderr, as JSON lines in a file. Configured once, by the command line.

The library logs through the standard `logging` under the name `eveobs`; structlog renders. Without
a file and without -v nothing is configured, and structlog is never loaded.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from eveobs.errors import ConfigError

NAME = "eveobs"


def start_logging(
    *,
    level: str,
    file: str,
    verbose: int = 0,
    colour: bool = False,
    warn: Callable[[str], None] = lambda _: None,
) -> None:
    """Send what is at least `level` (a level's name) to `file`, if one is given, and what `verbose`
    asks for (1: info, 2: debug) to stderr; `warn` hears of a file that cannot be written any more.
    Raises ConfigError for one that never could.
    """
    stop_logging()
    if not file and not verbose:
        return
    logger = logging.getLogger(NAME)
    logger.propagate = False
    if file:
        handler = _file_handler(Path(file), warn)
        handler.setLevel(level.upper())
        logger.addHandler(handler)
    if verbose:
        handler = _person_handler(colour=colour)
        handler.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
        logger.addHandler(handler)
    logger.setLevel(min(handler.level for handler in logger.handlers))


def stop_logging() -> None:
    """Forget what `start_logging` set up; close its file."""
    logger = logging.getLogger(NAME)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        with suppress(OSError):  # a full disk, of which it has told
            handler.close()


class _File(logging.FileHandler):
    """Gives up, and says so once, where a record cannot be written: a full disk, say."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        super().__init__(path, encoding="utf-8", errors="backslashreplace")
        self._warn = warn
        self._lost = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, as long as that works."""
        if not self._lost:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Instead of a traceback for each record."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._lost = True
        self._warn(f"the log {self.baseFilename} cannot be written: {error.strerror or error}")


def _file_handler(path: Path, warn: Callable[[str], None]) -> logging.Handler:
    import structlog

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _File(path, warn)
    except OSError as error:
        raise ConfigError(
            f"the log {path} cannot be written: {error.strerror or error}",
            hint="Set log.file to a file in a folder that can be written.",
        ) from error
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    handler.setFormatter(_formatter(stamp, structlog.processors.JSONRenderer(default=str)))
    return handler


def _person_handler(*, colour: bool) -> logging.Handler:
    import structlog

    handler = logging.StreamHandler(sys.stderr)
    stamp = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)
    renderer = structlog.dev.ConsoleRenderer(
        colors=colour,
        pad_event_to=0,
        pad_level=False,
        sort_keys=False,
        exception_formatter=structlog.dev.plain_traceback,
    )
    handler.setFormatter(_formatter(stamp, _harmless, renderer))
    return handler


def _formatter(*processors: Any) -> logging.Formatter:
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *processors],
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.format_exc_info,
        ],
    )


def _harmless(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What strangers typed must not steer a terminal; JSON escapes it by itself."""
    event.pop("logger", None)  # the event says enough
    lines = str(event.pop("exception", "")).split("\n")
    event = {name: _escaped(value) for name, value in event.items()}
    return event | {"exception": "\n".join(map(_escaped, lines))} if any(lines) else event


def _escaped(value: Any) -> Any:
    """`value` with a backslash escape for whatever is not printable, line breaks too."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(value))
