"""Images, under `/images/`: drawn on demand, the same for the same id, each in its own colour."""

from __future__ import annotations

import struct
import zlib
from hashlib import sha224
from urllib.parse import parse_qs

from multidict import CIMultiDict

from eveobs.sandbox.messages import Asked, Reply

PREFIX = "/images/"
_VARIATIONS = {
    "alliances": {"logo"},
    "characters": {"portrait"},
    "corporations": {"logo"},
    "types": {"bp", "bpc", "icon", "render"},
}
_SIZES = frozenset(str(32 << power) for power in range(6))
_DEFAULT_SIZE = 64
_MAGIC = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR = 2
_FRAME = 8
"""A darker frame, so that a picture can be told from a plain area."""


def images(asked: Asked, _now: float) -> Reply | None:
    """Answers a request for an image; None: it is for something else."""
    if not asked.target.startswith(PREFIX):
        return None
    path, _, query = asked.target.removeprefix(PREFIX).partition("?")
    size = parse_qs(query).get("size", [str(_DEFAULT_SIZE)])[-1]
    if asked.method not in {"GET", "HEAD"}:
        return _refusal(405, "Method not allowed")
    if not _is_known(path.strip("/").split("/")):
        return _refusal(404, "Not found")
    if size not in _SIZES:
        return _refusal(400, "size must be 32, 64, 128, 256, 512 or 1024")
    etag = f'"{sha224(f"{path}?{size}".encode()).hexdigest()[:32]}"'
    headers = CIMultiDict({"ETag": etag, "Cache-Control": "public, max-age=3600"})
    if asked.headers.get("If-None-Match") == etag:
        return Reply(304, headers, None)
    headers["Content-Type"] = "image/png"
    return Reply(200, headers, png(int(size), _colour(path)))


def _is_known(parts: list[str]) -> bool:
    if len(parts) != 3 or not parts[1].isdigit():
        return False
    return parts[2] in _VARIATIONS.get(parts[0], ())


def png(size: int, colour: tuple[int, int, int]) -> bytes:
    """A square of that many pixels each way."""
    dark = bytes(part // 2 for part in colour)
    frame = size // _FRAME
    inside = dark * frame + bytes(colour) * (size - 2 * frame) + dark * frame
    border = dark * size
    rows = [b"\0" + (inside if frame <= row < size - frame else border) for row in range(size)]
    header = struct.pack(">IIBBBBB", size, size, 8, _TRUE_COLOUR, 0, 0, 0)
    data = zlib.compress(b"".join(rows), 1)
    return _MAGIC + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def _colour(key: str) -> tuple[int, int, int]:
    digest = sha224(key.encode()).digest()
    return digest[0], digest[1], digest[2]


def _refusal(status: int, message: str) -> Reply:
    return Reply(status, CIMultiDict({"Content-Type": "text/plain"}), message.encode())
