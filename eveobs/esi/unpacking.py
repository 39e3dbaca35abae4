"""A body from its parts: joined, unpacked, of a bounded size, and whole.

A gzip stream that stops early is a body that was cut off, even where its length was never told:
what came of it is not taken for an answer.
"""

from __future__ import annotations

import zlib

LARGEST_BODY = 64 * 1024 * 1024
"""Bytes, unpacked. The largest page of ESI seen has about 1 MB."""
_GZIP = 16 + zlib.MAX_WBITS


class TooLargeError(ValueError):
    """More bytes than any answer of ESI has."""


class Unpacker:
    """Takes the parts of one body. Raises ValueError for a body that is damaged or cut off.

    `encoding` is the Content-Encoding; `largest` is in bytes, unpacked.
    """

    def __init__(self, encoding: str = "", *, largest: int = LARGEST_BODY) -> None:
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise ValueError(f"an encoding that was not asked for ({encoding})")
        self._stream = zlib.decompressobj(_GZIP) if encoding.endswith("gzip") else None
        self._begun = False
        self._parts: list[bytes] = []
        self._left = largest

    def add(self, part: bytes) -> None:
        """One more part."""
        if self._stream is None:
            self._keep(part)
            return
        while part:
            if self._stream.eof:  # another member of the same file
                self._stream = zlib.decompressobj(_GZIP)
            self._begun = True
            try:
                self._keep(self._stream.decompress(part, self._left + 1))
            except zlib.error as error:
                raise ValueError(f"a damaged body ({error})") from error
            part = self._stream.unused_data

    def body(self) -> bytes:
        """All of it."""
        if self._stream is not None and self._begun and not self._stream.eof:
            raise ValueError("a body that was cut off")
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def _keep(self, part: bytes) -> None:
        self._left -= len(part)
        if self._left < 0:
            raise TooLargeError("more bytes than any answer of ESI has")
        self._parts.append(part)
