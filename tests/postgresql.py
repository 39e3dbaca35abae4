"""A PostgreSQL server for tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.conftest import missing


def _tool(name: str) -> str | None:
    found = shutil.which(name)
    return found or next(iter(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)


def _user() -> dict[str, Any]:
    """The server refuses to run as root; Debian's package brings a user for it."""
    return {"user": "postgres"} if os.geteuid() == 0 else {}


@contextmanager
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL of its own on loopback; the URL of its superuser `eve`. Skips where none is
    installed.

    Its folder is not among pytest's: those are closed to other users whenever a run begins.
    """
    initdb, postgres = _tool("initdb"), _tool("postgres")
    if initdb is None or postgres is None:
        missing("PostgreSQL is not installed")
    as_user = _user()
    with TemporaryDirectory(prefix="eveobs-postgresql-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if as_user:
            shutil.chown(folder, **as_user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data = folder / "data"
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        quiet |= {"cwd": folder} | as_user
        subprocess.run(
            [initdb, "-D", data, "-U", "eve", "-A", "trust", "-E", "UTF8"], check=True, **quiet
        )
        settings = {"listen_addresses": "127.0.0.1", "port": port, "fsync": "off"}
        settings |= {"unix_socket_directories": ""}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        process = subprocess.Popen([postgres, "-D", data, *options], **quiet)
        try:
            yield _awaited(f"postgresql+psycopg://eve@127.0.0.1:{port}/postgres", process)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _awaited(url: str, process: subprocess.Popen[bytes]) -> str:
    import psycopg

    for _ in range(200):
        try:
            psycopg.connect(url.replace("+psycopg", "")).close()
        except psycopg.OperationalError:
            if process.poll() is not None:
                missing("PostgreSQL does not start here")
            time.sleep(0.05)
        else:
            return url
    raise AssertionError("PostgreSQL did not answer")
