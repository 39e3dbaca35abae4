"""A body is whole, unpacked and of a bounded size, or it is none."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.esi.unpacking import TooLargeError, Unpacker

pytestmark = pytest.mark.unit


def unpack(*parts: bytes, encoding: str = "gzip", largest: int = 1000) -> bytes:
    unpacker = Unpacker(encoding, largest=largest)
    for part in parts:
        unpacker.add(part)
    return unpacker.body()


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4), st.booleans())
def test_any_cut_into_parts_gives_the_same_body(body: bytes, cuts: list[int], packed: bool) -> None:
    data = gzip.compress(body) if packed else body
    edges = [0, *sorted(cuts), len(data)]
    parts = [data[a:b] for a, b in pairwise(edges)]
    assert unpack(*parts, encoding="gzip" if packed else "") == body


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_gzip_body_that_was_cut_off_is_refused_wherever_it_was(
    body: bytes, data: st.DataObject
) -> None:
    packed = gzip.compress(body)
    cut = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(ValueError, match="cut off"):
        unpack(packed[:cut])


@given(st.binary(min_size=20, max_size=300), st.data())
def test_a_gzip_body_that_was_damaged_is_not_taken_for_another(
    body: bytes, data: st.DataObject
) -> None:
    packed = bytearray(gzip.compress(body))
    place = data.draw(st.integers(10, len(packed) - 1))  # the header names a time and a system
    packed[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(ValueError):
        assert unpack(bytes(packed)) == body  # some bits are padding


def test_a_body_may_have_several_members() -> None:
    assert unpack(gzip.compress(b"[1") + gzip.compress(b",2]")) == b"[1,2]"


def test_nothing_is_an_empty_body() -> None:
    assert unpack() == unpack(b"") == unpack(b"", encoding="identity") == b""


@pytest.mark.parametrize("encoding", ["", "gzip", "x-gzip"])
def test_a_body_of_the_largest_size_goes_and_one_byte_more_does_not(encoding: str) -> None:
    def pack(data: bytes) -> bytes:
        return gzip.compress(data) if encoding else data

    assert unpack(pack(b"a" * 1000), encoding=encoding) == b"a" * 1000
    with pytest.raises(TooLargeError):
        unpack(pack(b"a" * 1001), encoding=encoding)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(100_000_000), compresslevel=1)
    with pytest.raises(TooLargeError):
        unpack(bomb)


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(ValueError, match="not asked for"):
        Unpacker(encoding)


def test_what_is_no_gzip_is_refused() -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpack(b'{"players": 1}')
    with pytest.raises(ValueError, match="damaged"):
        unpack(zlib.compress(b"[]"))
