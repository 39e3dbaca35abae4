"""The folder holds bytes under text keys for all processes, and has one kind of error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eveobs.esi.bytes_disk import BytesDisk
from eveobs.esi.disk import FILE_FROM, DiskError, DiskLevel

pytestmark = pytest.mark.unit


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.binary(), max_size=9))
def test_any_bytes_under_any_text(tmp_path: Path, entries: dict[str, bytes]) -> None:
    with DiskLevel(tmp_path) as disk:
        disk.clear()
        disk.set_many((key, data, None) for key, data in entries.items())
    with DiskLevel(tmp_path) as disk:
        assert {key: disk.get(key) for key in entries} == entries
        assert disk.size()[0] == len(entries)


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    with DiskLevel(tmp_path) as disk:
        disk.set_many([("a", b"1", None), ("b", b"2" * FILE_FROM, None), ("c", b"3", -1)])
        assert disk.get("c") is None
        disk.delete("a")
        disk.delete("never")
        assert disk.get("a") is None
        assert disk.get("b") == b"2" * FILE_FROM
        assert disk.clear() == 1
        assert disk.size()[0] == 0


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    def entries() -> Any:
        yield "a", b"1", None
        raise OSError("no space left on device")

    with DiskLevel(tmp_path) as disk:
        with pytest.raises(DiskError, match="no space left"):
            disk.set_many(entries())
        assert disk.get("a") is None


@pytest.mark.parametrize("key", [1, b"a", ("a",), None])
def test_keys_are_text(tmp_path: Path, key: Any) -> None:
    disk = BytesDisk(str(tmp_path))
    with pytest.raises(ValueError, match="plain text"):
        disk.put(key)
    with pytest.raises(ValueError, match="plain text"):
        disk.get(key, raw=True)
    with pytest.raises(ValueError, match="plain text"):
        disk.get("a pickle", raw=False)
    assert disk.get("a", raw=True) == "a"


@pytest.mark.parametrize("value", ["text", 1, None, [b"a"], bytearray(b"a")])
def test_values_are_bytes(tmp_path: Path, value: Any) -> None:
    disk = BytesDisk(str(tmp_path))
    with pytest.raises(ValueError, match="only bytes"):
        disk.store(value, read=False)
    with pytest.raises(ValueError, match="only bytes"):
        disk.store(b"a", read=True)
