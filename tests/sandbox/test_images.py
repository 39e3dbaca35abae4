"""Images are PNGs that browsers can read, and are only sent when they have changed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import pytest

from eveobs.sandbox.images import images
from eveobs.sandbox.messages import Asked, Reply

pytestmark = pytest.mark.unit


def get(target: str, method: str = "GET", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = images(Asked(method, target, named), 0.0)
    assert reply is not None
    return reply


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and raw rows, with every checksum checked."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, rest = {}, png[8:]
    while rest:
        (length,) = struct.unpack(">I", rest[:4])
        kind, data = rest[4:8], rest[8 : 8 + length]
        assert struct.unpack(">I", rest[8 + length : 12 + length]) == (zlib.crc32(kind + data),)
        chunks[kind], rest = data, rest[12 + length :]
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    return width, height, zlib.decompress(chunks[b"IDAT"])


@pytest.mark.parametrize("size", [32, 1024])
@pytest.mark.parametrize(
    "path",
    ["characters/2112000000/portrait", "corporations/98500000/logo", "alliances/99005000/logo"]
    + [f"types/691/{variation}" for variation in ("bp", "bpc", "icon", "render")],
)
def test_every_image_is_a_png_of_its_size(path: str, size: int) -> None:
    reply = get(f"/images/{path}?tenant=tranquility&size={size}")
    width, height, rows = pixels(reply.body or b"")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "image/png")
    assert (width, height, len(rows)) == (size, size, size * (1 + 3 * size))


def test_images_differ_and_do_not_change() -> None:
    one, other = "/images/types/587/icon", "/images/types/603/icon"
    assert get(one).body == get(one).body != get(other).body


def test_what_is_at_hand_is_not_sent_again() -> None:
    first = get("/images/types/587/icon?size=64")
    again = get("/images/types/587/icon?size=64", If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, None)
    assert get("/images/types/587/icon?size=32").headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize(
    ("target", "method", "status"),
    [
        ("/images/types/587/portrait", "GET", 404),
        ("/images/ships/587/icon", "GET", 404),
        ("/images/types/x/icon", "GET", 404),
        ("/images/types", "GET", 404),
        ("/images/types/587/icon?size=63", "GET", 400),
        ("/images/types/587/icon", "POST", 405),
    ],
)
def test_what_there_is_not(target: str, method: str, status: int) -> None:
    assert get(target, method).status == status


def test_other_targets_are_for_others(ask: Callable[..., Reply]) -> None:
    assert images(Asked("GET", "/status", {}), 0.0) is None
    assert ask("/status").status == 200
