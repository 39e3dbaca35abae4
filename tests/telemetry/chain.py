"""An audit read and altered by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from eveobs.telemetry.audit import Audit
from eveobs.telemetry.audit_verify import Finding, Verdict, verify


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def checked(path: Path) -> tuple[Verdict, list[Finding]]:
    found: list[Finding] = []
    return verify(path, found.append), found


def kinds(path: Path) -> list[tuple[int, str]]:
    return [(one.line, str(one.kind)) for one in checked(path)[1]]


def written(audit: Audit, path: Path, number: int = 6) -> list[bytes]:
    for index in range(number):
        audit.note("config.set", f"key {index}", value=index)
    return path.read_bytes().splitlines(keepends=True)


def rewrite(path: Path, some: list[bytes]) -> None:
    path.write_bytes(b"".join(some))


def sealed_anew(line: bytes, old: bytes, new: bytes) -> bytes:
    """An altered line with a hash that fits it, as a forger would make it."""
    body = line.partition(b',"hash":"')[0].replace(old, new)
    return body + b',"hash":"' + hashlib.sha256(body).hexdigest().encode() + b'"}\n'
