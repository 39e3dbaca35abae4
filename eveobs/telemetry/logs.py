"""Logs: for a person on stderr, or as JSON lines there and in a file. Configured once, by the
command line.

The library logs through the standard `logging` under the name `eveobs`; structlog renders. Without
a file, -v or --log-format json nothing is configured, and structlog is never loaded.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eveobs.errors import ConfigError
from eveobs.files import private_folder
from eveobs.telemetry.repeats import Repeats

NAME = "eveobs"
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class LogTo:
    """Where what goes: what is at least `level` (a level's name) to `file`, if one is given, and
    what `verbose` asks for (1: info, 2: debug) to stderr, as JSON lines if `json`, which has what
    is at least `level` there too. The file is moved aside when it has `file_mb`, 0: never, and
    `files` such are kept.
    """

    level: str
    file: str = ""
    file_mb: int = 0
    files: int = 0
    verbose: int = 0
    json: bool = False
    colour: bool = False

    @property
    def nowhere(self) -> bool:
        """Whether there is nothing to set up."""
        return not (self.file or self.verbose or self.json)


class Logs:
    """What is set up, until `close`."""

    def __init__(self, to: LogTo, *, run: str, warn: Callable[[str], None]) -> None:
        handlers: list[logging.Handler] = []
        self.on_stderr: logging.Handler | None = None
        if to.file:
            handlers.append(_file_handler(to, warn))
        if to.verbose or to.json:
            self.on_stderr = _json_handler() if to.json else _person_handler(colour=to.colour)
            level = {0: to.level.upper(), 1: "INFO"}.get(to.verbose, "DEBUG")
            self.on_stderr.setLevel(level)
            handlers.append(self.on_stderr)
        self.speaks_json = to.json
        self._front = Repeats(handlers, run=run)
        logger = logging.getLogger(NAME)
        logger.propagate = False
        logger.addHandler(self._front)
        logger.setLevel(self._front.level)

    def told(self, message: str, level: int, facts: dict[str, Any]) -> bool:
        """Write down what is said to a person; whether that has put it on stderr, as JSON."""
        record = logging.LogRecord(f"{NAME}.cli", level, "", 0, message, None, None)
        record.__dict__.update(facts)
        if level >= logging.ERROR:
            self._front.let_go(everything=True)  # what led to it comes before it
        said = self.on_stderr
        self._front.note(record, ignore=[said] if said else [])
        if said and self.speaks_json:
            said.handle(record)  # of any level: a person would have seen it too
        return self.speaks_json

    def close(self) -> None:
        """Write what is held back, and close the file."""
        logger = logging.getLogger(NAME)
        logger.removeHandler(self._front)
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
        with suppress(OSError):  # a full disk, of which it has told
            self._front.close()


_LOGS: list[Logs] = []
"""The one that is set up: the standard library's loggers are of the whole process too."""


def start_logging(
    to: LogTo, *, run: str = "", warn: Callable[[str], None] = lambda _: None
) -> None:
    """Set up what `to` says; `run` is the id that every line carries, and `warn` hears of a file
    that cannot be written any more. Raises ConfigError for one that never could.
    """
    stop_logging()
    if not to.nowhere:
        _LOGS.append(Logs(to, run=run, warn=warn))


def stop_logging() -> None:
    """Forget what `start_logging` set up; write what is held back, close its file."""
    while _LOGS:
        _LOGS.pop().close()


def told(message: str, level: int, **facts: Any) -> bool:
    """Write down what is said to a person; whether that has put it on stderr, as JSON."""
    return bool(_LOGS) and _LOGS[0].told(message, level, facts)


def _file_handler(to: LogTo, warn: Callable[[str], None]) -> logging.Handler:
    from eveobs.telemetry.log_file import LogFile

    path = Path(to.file)
    try:
        private_folder(path.parent)
        handler = LogFile(path, warn, size=to.file_mb * MEGABYTE, kept=to.files)
    except OSError as error:
        raise ConfigError(
            f"the log {path} cannot be written: {error.strerror or error}",
            hint="Set log.file to a file in a folder that can be written.",
        ) from error
    handler.setLevel(to.level.upper())
    handler.setFormatter(_json_formatter())
    return handler


def _json_handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json_formatter())
    return handler


def _json_formatter() -> logging.Formatter:
    import structlog

    return _formatter(_in_utc, structlog.processors.JSONRenderer(default=str))


def _person_handler(*, colour: bool) -> logging.Handler:
    import structlog

    handler = logging.StreamHandler(sys.stderr)
    renderer = structlog.dev.ConsoleRenderer(
        colors=colour,
        pad_event_to=0,
        pad_level=False,
        sort_keys=False,
        exception_formatter=structlog.dev.plain_traceback,
    )
    handler.setFormatter(_formatter(_in_local_time, _harmless, renderer))
    return handler


def _in_utc(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """When it happened, which may be a moment before it is written."""
    moment = datetime.fromtimestamp(event["_record"].created, UTC)
    event["timestamp"] = moment.isoformat(timespec="microseconds")[:-6] + "Z"
    return event


def _in_local_time(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    moment = datetime.fromtimestamp(event["_record"].created).astimezone()
    event["timestamp"] = moment.strftime("%H:%M:%S")
    return event


def _formatter(*processors: Any) -> logging.Formatter:
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        processors=[
            processors[0],  # the time, of the record itself
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *processors[1:],
        ],
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
    if not event.get("subject"):
        event.pop("subject", None)
    lines = str(event.pop("exception", "")).split("\n")
    event = {name: _escaped(value) for name, value in event.items()}
    return event | {"exception": "\n".join(map(_escaped, lines))} if any(lines) else event


def _escaped(value: Any) -> Any:
    """`value` with a backslash escape for whatever is not printable, line breaks too."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(value))
