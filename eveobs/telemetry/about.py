"""Whose work is being done: the subject that every line of the log carries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SUBJECT: ContextVar[str] = ContextVar("subject", default="")


@contextmanager
def about(subject: str) -> Iterator[None]:
    """What is done inside, in tasks and threads that are started inside too, is for `subject`."""
    token = _SUBJECT.set(subject)
    try:
        yield
    finally:
        _SUBJECT.reset(token)


def subject() -> str:
    """The subject of what is being done; empty for the run as a whole."""
    return _SUBJECT.get()
