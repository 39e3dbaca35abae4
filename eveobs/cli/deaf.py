"""Ending while a library does not listen.

DuckDB looks for signals between two steps of its work, and one step of a large join can take hours.
Python hands a signal over only when the library is done; the system tells a socket at once.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

GRACE = 2.0
"""Seconds in which what was interrupted may end by itself."""
ENDS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def heard() -> Iterator[None]:
    """SIGINT and SIGTERM end the process, if not at once then after GRACE.

    For work that writes nothing: it is not given time to finish.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = socket.socketpair()
    writing.settimeout(0)
    over = threading.Event()
    listener = threading.Thread(target=_listen, args=(reading, over), daemon=True)
    try:
        listener.start()
    except RuntimeError:  # no thread to be had: an interruption waits for what is done
        reading.close()
        writing.close()
        yield
        return
    before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        over.set()
        writing.close()
        listener.join()
        reading.close()


def _listen(reading: socket.socket, over: threading.Event) -> None:
    while told := reading.recv(1):
        if told[0] in ENDS and not over.wait(GRACE):
            if told[0] == signal.SIGINT:
                os.write(2, b"interrupted\n")
            os._exit(128 + told[0])
