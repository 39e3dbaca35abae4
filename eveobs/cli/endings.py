"""How a run ends: the one place where an error becomes words on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from eveobs.errors import EveobsError, ExitCode, LimitError, UsageError

if TYPE_CHECKING:
    from eveobs.cli.context import Run

_terminated = False


def heed_termination() -> None:
    """SIGTERM ends a run as Ctrl-C does: what is under way is put away in order."""

    def terminate(*_: Any) -> None:
        global _terminated  # noqa: PLW0603 - a signal handler has no other way to say it
        _terminated = True
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, terminate)
    sys.unraisablehook = _unless_interrupted


def _unless_interrupted(unraisable: sys.UnraisableHookArgs) -> None:
    """A second Ctrl-C can come while something is torn down, where nobody can catch it."""
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)


def hush_interruptions() -> None:
    """Keep asyncio from logging, with a traceback, each task that a second Ctrl-C ended."""
    import logging

    logging.getLogger("asyncio").addFilter(_no_interruption)


def _no_interruption(record: Any) -> bool:
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, KeyboardInterrupt)


@contextmanager
def immediate_interruptions() -> Iterator[None]:
    """Have Ctrl-C end what blocks inside a coroutine, such as reading what a person types.

    asyncio.run only cancels its task at the first Ctrl-C, which a task that blocks never sees: the
    interrupted read goes on until the second. Outside the main thread nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def interruption() -> ExitCode:
    """The code of a run that a signal has ended."""
    return ExitCode.TERMINATED if _terminated else ExitCode.INTERRUPTED


def open_closed_streams() -> None:
    """Point standard streams that came closed (`>&-`) to nowhere: they would be None, and the next
    file to be opened, such as the database, would get their number.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
            setattr(sys, name, open(number, "r+" if number else "r", encoding="utf-8"))  # noqa: PTH123, SIM115


@contextmanager
def endings(run: Callable[[], Run | None] = lambda: None) -> Iterator[None]:
    """Turn what a command raises into its exit code; say on stderr what went wrong. `run` gives
    the run as it is then, for what nobody foresaw.
    """
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        if not _terminated:
            _say("interrupted", None)
        raise typer.Exit(interruption()) from None
    except Exception as error:
        if _is_for_typer(error):
            raise
        raise typer.Exit(_ended_by(error, run)) from None


def _ended_by(error: Exception, run: Callable[[], Run | None]) -> ExitCode:
    """Say what went wrong; returns the exit code."""
    if isinstance(error, EveobsError):
        complain(error)
        return ExitCode(error.exit_code)
    if isinstance(error, BrokenPipeError):
        _forget_stdout()
        return ExitCode.CLOSED_PIPE
    if isinstance(error, UnicodeEncodeError):
        complain(_unreadable(error))
        return ExitCode.USAGE
    if isinstance(error, OSError):
        _forget_stdout()
        _say(f"error: {_place(error)}: {error.strerror or error}", "What was stored is not lost.")
        return ExitCode.FAILED
    return unforeseen(error, run())


def _is_for_typer(error: Exception) -> bool:
    """Whether it is how Typer ends a command: a usage error, an exit, an abort."""
    return isinstance(error, typer.Exit | typer.Abort) or any(
        kind.__name__ == "ClickException" for kind in type(error).__mro__
    )


def unforeseen(error: Exception, run: Run | None = None) -> ExitCode:
    """Say that there is a defect and where the report is, in place of a traceback."""
    from eveobs.cli.internal_errors import explain

    try:
        loaded = None if run is None else run.loaded_before()
        explained = explain(error, loaded, os.environ, Path.cwd())
    except Exception as another:  # noqa: BLE001 - whatever it is, there is no traceback
        words = f"internal error: {type(error).__name__} ({type(another).__name__} on reporting it)"
        explained = EveobsError(words, hint="This is a defect of eveobs.")
    complain(explained)
    return ExitCode(explained.exit_code)


def no_tracebacks() -> None:
    """Have threads, and libraries that log where nobody listens, end in a sentence, too."""
    import logging
    import threading

    def in_thread(caught: threading.ExceptHookArgs) -> None:
        if isinstance(caught.exc_value, Exception):
            unforeseen(caught.exc_value)

    class Sentence(logging.Formatter):
        """A record without its traceback."""

        def format(self, record: logging.LogRecord) -> str:
            kind = record.exc_info[1] if record.exc_info else None
            why = f" ({type(kind).__name__}: {kind})" if kind is not None else ""
            return f"warning: {record.getMessage().splitlines()[0]}{why}"[:500]

    threading.excepthook = in_thread
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(Sentence())


def complain(error: EveobsError) -> None:
    """Say on stderr what went wrong and what to do about it; of a limit, when it is over."""
    message = error.message
    if isinstance(error, LimitError):
        moment = datetime.fromtimestamp(error.retry_at, UTC)
        message += f", until {moment:%Y-%m-%d %H:%M:%S} UTC"
    _say(f"error: {message}", error.hint or error.advice)


def _say(message: str, hint: str | None) -> None:
    from eveobs.cli.plain import encodable, plain
    from eveobs.cli.speech import logged

    if logged(message, hint):
        return
    for line in [*message.splitlines(), *([f"hint: {hint}"] if hint else [])]:
        text = encodable(plain(line), sys.stderr.encoding)
        try:
            print(text, file=sys.stderr)  # noqa: T201 - this is the room that prints
        except OSError:
            return


def _unreadable(error: UnicodeEncodeError) -> UsageError:
    """Bytes that were no text came in: Python holds them as surrogates, and nobody else takes them.

    Output never ends here, since it writes only what its stream can carry.
    """
    return UsageError(
        f"{error.object!r} is not text in UTF-8",
        hint="It came from the command line or the environment; is the locale right?",
    )


def _place(error: OSError) -> str:
    """What could not be read or written. A stream, unlike a file, has no name."""
    if error.filename:
        return str(error.filename)
    unwritable = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
    return "the output cannot be written" if unwritable else "the system refused"


def _forget_stdout() -> None:
    """Keep the interpreter from failing on what can no longer be written."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
