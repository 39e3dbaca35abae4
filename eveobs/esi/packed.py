"""Pages kept small while the rest of a long list is read.

A page that has been decoded, and so found good, is put away compressed (a tenth of its rows in
memory), and decoded once more when its rows are read. The 400 pages of a large market take some
20 MB so, and 160 MB as rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from typing import Any, TypeVar, overload

import msgspec

from eveobs.esi.decompress import compress, decompress

T = TypeVar("T")


class PackedPage(Sequence[T]):
    """The rows of one page; only their number is at hand, all else is unpacked when looked at."""

    __slots__ = ("_body", "_length", "_shape", "_size")

    def __init__(self, rows: Sequence[T], shape: type[list[T]]) -> None:
        self._length = len(rows)
        encoded = msgspec.msgpack.encode(rows)
        self._size = len(encoded)
        self._body = compress(encoded)
        self._shape = shape

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T]:
        return iter(self.unpack())

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: Any) -> Any:
        return self.unpack()[index]

    def unpack(self) -> list[T]:
        """Its rows."""
        return msgspec.msgpack.decode(decompress(self._body, max_size=self._size), type=self._shape)


class PackedRows(Sequence[T]):
    """The rows of several pages as one sequence, of which one page at a time is unpacked."""

    def __init__(self, pages: Sequence[PackedPage[T]]) -> None:
        self._pages = pages
        self._ends = list(accumulate(map(len, pages)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._pages)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return list(self)[index]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        page = bisect_right(self._ends, place)
        return self._pages[page][place - self._ends[page]]
