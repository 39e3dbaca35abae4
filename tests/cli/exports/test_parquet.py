"""A Parquet file has types that any reader knows, and rows in groups."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eveobs.cli.exports import parquet
from eveobs.cli.exports.parquet import write_parquet
from eveobs.store.columns import Field, Holds
from tests.conftest import Eveobs, process

pa = pytest.importorskip("pyarrow")
reader = pytest.importorskip("pyarrow.parquet")


@pytest.mark.unit
def test_rows_come_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP", 2)
    fields = [Field("id", Holds.INTEGER), Field("at", Holds.TIME)]
    some = [[[n, None], ["0001-01-01T00:00:00Z", None]] for n in range(5)]
    asked: list[int] = []

    def portions() -> object:
        for number, one in enumerate(some):
            asked.append(number)
            yield one

    assert write_parquet(tmp_path / "x", fields, portions()) == 10  # type: ignore[arg-type]
    file = reader.ParquetFile(tmp_path / "x")
    assert file.num_row_groups == 3
    assert file.read().column("at")[0].as_py() == datetime(1, 1, 1, tzinfo=UTC)


@pytest.mark.unit
def test_an_empty_one_has_its_columns(tmp_path: Path) -> None:
    fields = [Field(str(holds), holds) for holds in Holds]
    with (tmp_path / "x").open("wb") as out:
        assert write_parquet(out, fields, []) == 0
    kinds = [str(kind) for kind in reader.read_schema(tmp_path / "x").types]
    assert kinds == ["int64", "double", "bool", "timestamp[ms, tz=UTC]", "string"]


@pytest.mark.unit
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")
def test_a_full_disk_is_an_oserror() -> None:
    with pytest.raises(OSError, match="No space"), Path("/dev/full").open("wb") as out:
        write_parquet(out, [Field("a", Holds.TEXT)], [[["x" * 1000]]])


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["contracts", "contracts.items", "contracts.bids"])
def test_it_holds_what_ndjson_does(kind: str, filled: Eveobs, tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    assert filled("export", kind, "-o", str(file), "--all").exit_code == 0
    lines = filled("export", kind, "--format", "ndjson", "--all").stdout.splitlines()
    found = reader.read_table(file).to_pylist()
    assert found
    for row, line in zip(found, lines, strict=True):
        told = {
            k: f"{v:%Y-%m-%dT%H:%M:%SZ}" if isinstance(v, datetime) else v for k, v in row.items()
        }
        assert told == json.loads(line)


@pytest.mark.integration
def test_without_pyarrow_it_says_what_to_install(filled: Eveobs, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *_: None if name == 'pyarrow' else find(name, *_)\n"
    )
    env = {**filled.env, "PYTHONPATH": str(tmp_path)}
    result = process(env, "export", "contracts", "-o", str(tmp_path / "x.parquet"))
    assert result.returncode == 3
    assert "pip install eveobs[parquet]" in result.stderr
    assert not (tmp_path / "x.parquet").exists()
