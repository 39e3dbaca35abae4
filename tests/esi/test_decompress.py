"""What is decompressed needs no more memory than it is allowed, and is whole or refused."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.esi.decompress import DecompressError, compress, decompress

pytestmark = pytest.mark.unit

PACK: dict[str, Callable[[bytes], bytes]] = {"zstd": compress, "gzip": gzip.compress, "": bytes}


@given(st.sampled_from(sorted(PACK)), st.binary(max_size=300))
def test_the_content_comes_back_and_a_size_that_fits_exactly_is_no_excess(
    encoding: str, content: bytes
) -> None:
    packed = PACK[encoding](content)
    assert decompress(packed, encoding) == decompress(packed, encoding, len(content)) == content


@pytest.mark.parametrize("encoding", PACK)
def test_one_byte_more_than_allowed_is_refused(encoding: str) -> None:
    with pytest.raises(DecompressError, match="larger than 999 bytes"):
        decompress(PACK[encoding](bytes(1000)), encoding, 999)


@pytest.mark.parametrize("encoding", ["zstd", "gzip"])
def test_a_bomb_is_refused_before_it_fills_the_memory(encoding: str) -> None:
    bomb = PACK[encoding](bytes(400_000_000))
    assert len(bomb) < 600_000
    tracemalloc.start()
    try:
        with pytest.raises(DecompressError, match="larger than"):
            decompress(bomb, encoding, 1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


@given(st.sampled_from(["zstd", "gzip"]), st.binary(min_size=1, max_size=300), st.data())
def test_what_was_cut_off_is_refused(encoding: str, content: bytes, data: st.DataObject) -> None:
    packed = PACK[encoding](content)
    cut = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(DecompressError):
        decompress(packed[:cut], encoding)


@pytest.mark.parametrize("data", [b"", b"no zstd", compress(b"a") + b"b", compress(b"a") * 2])
def test_what_is_not_one_frame_of_zstd_is_refused(data: bytes) -> None:
    with pytest.raises(DecompressError):
        decompress(data)


def test_an_encoding_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(ValueError, match="br"):
        decompress(b"", "br")


@given(st.binary(max_size=200))
def test_any_bytes_are_content_or_an_error(data: bytes) -> None:
    with contextlib.suppress(DecompressError):
        assert isinstance(decompress(data), bytes)
