"""Compressed bytes that may be hostile, decompressed into no more memory than was allowed.

A few kilobytes of zstd or gzip can stand for gigabytes, so the size is counted while decompressing,
never read from a header and never found out afterwards.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

from eveobs.esi.unpacking import LARGEST_BODY, TooLargeError, Unpacker

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WINDOW_LOG = 26
"""2^26 bytes: what a zstd frame may ask for as its window, that is, as memory before any output.

`compress` needs 2^21 at most for large bodies; a frame that names its size has that as its window,
and 2^26 is also the largest body.
"""
CHUNK_SIZE = 64 * 1024
"""Bytes given to gzip at a time: what follows a member is copied, so the cost is by the chunk."""


class DecompressError(ValueError):
    """Bytes that are damaged, cut off, or larger than was allowed."""


def compress(data: bytes) -> bytes:
    """`data` as one zstd frame."""
    return zstd.compress(data)


def decompress(data: bytes, encoding: str = "zstd", max_size: int = LARGEST_BODY) -> bytes:
    """The content of `data`, of at most `max_size` bytes.

    `encoding` is "zstd" (one frame, nothing behind it), "gzip", or "" for no compression.
    Never needs more than `max_size`, `data` and the window of the format at the same time.
    Raises DecompressError.
    """
    if encoding == "zstd":
        return _decompress_zstd(data, max_size)
    unpacker = Unpacker(encoding, largest=max_size)
    try:
        for start in range(0, len(data), CHUNK_SIZE):
            unpacker.add(data[start : start + CHUNK_SIZE])
        return unpacker.body()
    except TooLargeError as error:
        raise _too_large(max_size) from error
    except ValueError as error:
        raise DecompressError(str(error)) from error


def _decompress_zstd(data: bytes, max_size: int) -> bytes:
    stream = zstd.ZstdDecompressor(options=_zstd_options())
    try:
        # One byte more than allowed tells "too large" from "exactly as large as allowed".
        content = stream.decompress(data, max_size + 1)
    except zstd.ZstdError as error:
        raise DecompressError(f"damaged zstd data ({error})") from error
    if len(content) > max_size:
        raise _too_large(max_size)
    if not stream.eof:
        raise DecompressError("zstd data that was cut off")
    if stream.unused_data:
        raise DecompressError("zstd data with something behind its end")
    return content


@cache
def _zstd_options() -> Mapping[int, int]:
    return {zstd.DecompressionParameter.window_log_max: MAX_WINDOW_LOG}


def _too_large(max_size: int) -> DecompressError:
    return DecompressError(f"larger than {max_size} bytes when decompressed")
