"""A body from its parts: joined, unpacked, of a bounded size, and whole.

A gzip stream that stops early is a body that was cut off, even where its length was never told:
what came of it is not taken for an answer.
"""

from __future__ import annotations

import zlib

LARGEST_BODY = 64 * 1024 * 1024
"""Bytes, unpacked. The largest page of ESI seen has about 1 MB."""
MAX_OVERHEAD = 64 * 1024
"""Bytes by which a packed body may be larger than its content."""
MAX_MEMBERS = 100
"""Members of a gzip stream; servers send one. The rest of a part is copied for each."""
MAX_PARTS = 256
"""Parts kept as they came: each takes 33 bytes more than its content, which may be one byte."""
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
        self._folded = bytearray()
        self._left = largest
        # What is packed may be as large as what it unpacks to, and hardly larger: a stream of
        # empty blocks would otherwise never end.
        self._packed_left = largest + MAX_OVERHEAD
        self._members_left = MAX_MEMBERS

    def add(self, part: bytes) -> None:
        """One more part."""
        if self._stream is None:
            self._keep(part)
            return
        self._packed_left -= len(part)
        if self._packed_left < 0:
            raise TooLargeError("more bytes than any answer of ESI has")
        while part:
            if self._stream.eof:  # another member of the same file
                self._members_left -= 1
                if self._members_left < 0:
                    raise ValueError(f"a body of more than {MAX_MEMBERS} gzip members")
                self._stream = zlib.decompressobj(_GZIP)
            self._begun = True
            try:
                self._keep(self._stream.decompress(part, self._left + 1))
            except zlib.error as error:
                raise ValueError(f"a damaged body ({error})") from error
            part = self._stream.unused_data

    def taken(self) -> bytes:
        """What was unpacked since the last call; for a body that goes to disk as it comes."""
        self._fold()
        taken, self._folded = bytes(self._folded), bytearray()
        return taken

    def body(self) -> bytes:
        """All of it, or what was not taken."""
        if self._stream is not None and self._begun and not self._stream.eof:
            raise ValueError("a body that was cut off")
        if len(self._parts) == 1 and not self._folded:
            return self._parts[0]
        self._fold()
        return bytes(self._folded)

    def _keep(self, part: bytes) -> None:
        self._left -= len(part)
        if self._left < 0:
            raise TooLargeError("more bytes than any answer of ESI has")
        self._parts.append(part)
        if len(self._parts) >= MAX_PARTS:
            self._fold()

    def _fold(self) -> None:
        self._folded += b"".join(self._parts)
        self._parts.clear()
