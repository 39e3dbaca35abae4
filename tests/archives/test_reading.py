"""Archives that are as EVE Ref makes them, older, newer, broken, or made by a stranger."""

from __future__ import annotations

import bz2
import io
import json
import tarfile
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eveobs.archives import layout, reading, unpacking
from eveobs.archives.reading import Archive
from eveobs.errors import EveobsError
from tests.archives.making import (
    BIDS,
    CONTRACTS,
    FILES,
    ITEMS,
    META,
    MOMENT,
    NOW,
    archive_of,
    tar_of,
)

pytestmark = pytest.mark.unit

WANTED = ("contract_id", "region_id", "title", "price", "buyout", "for_corporation")


def rows(path: Path, table: layout.Table, *names: str) -> list[tuple[Any, ...]]:
    with Archive(path, "x.tar.bz2", folder=path.parent, now=NOW) as archive:
        return list(archive.rows(table, names or table.names))


def all_rows(path: Path) -> None:
    for table in layout.TABLES:
        rows(path, table)


def why(path: Path) -> str:
    """What is said of an archive that cannot be taken."""
    with pytest.raises(EveobsError) as raised:
        all_rows(path)
    assert raised.value.message.startswith("x.tar.bz2 ")
    assert raised.value.hint
    assert "Nothing was changed" in raised.value.hint
    return raised.value.message


def test_an_archive_as_it_is_today(tmp_path: Path) -> None:
    path = archive_of(tmp_path)
    with Archive(path, "x", folder=tmp_path, now=NOW) as archive:
        assert archive.moment == MOMENT
    assert rows(path, layout.CONTRACTS, *WANTED) == [
        (1, 10000002, 'BPC, "cheap"', 5e6, None, False),
        (2, 10000043, "", 1.5e9, 2e9, None),
    ]
    assert rows(path, layout.ITEMS, "record_id", "item_id", "is_blueprint_copy", "runs") == [
        (1001, 1049000000001, True, 3),
        (1002, None, None, None),
    ]
    assert rows(path, layout.BIDS)[0][2] == datetime(2026, 9, 2, 10, tzinfo=UTC)
    assert rows(path, layout.DYNAMIC_ITEMS) == []
    assert [one.name for one in tmp_path.iterdir()] == [path.name], "nothing is left behind"


def test_an_older_one_lacks_columns_and_files(tmp_path: Path) -> None:
    """Columns that no row had a value for are not there, and the order is another."""
    files = {
        "contracts.csv": "contract_id,type,date_issued,date_expired,issuer_id,"
        "issuer_corporation_id,region_id\n7,courier,2021-06-01T00:00:00Z,2021-06-20T03:15:02.5Z,"
        "90000001,98000001,10000002\n\n",
        "./contract_items.csv": "",
        "meta.json": json.dumps({"scrape_start": 1624158902.25}),
    }
    path = archive_of(tmp_path, files)
    assert rows(path, layout.CONTRACTS, *WANTED) == [(7, 10000002, "", None, None, None)]
    assert rows(path, layout.ITEMS) == rows(path, layout.BIDS) == []
    with Archive(path, "x", folder=tmp_path, now=NOW) as archive:
        assert archive.moment == datetime(2021, 6, 20, 3, 15, 2, tzinfo=UTC)


def test_a_newer_one_has_columns_and_files_that_nobody_knows(tmp_path: Path) -> None:
    head, line, rest = CONTRACTS.split("\r\n", 2)
    more = f"\ufeff{head},mood\r\n{line},good\r\n"
    path = archive_of(tmp_path, {**FILES, "moods.csv": "x", "contracts.csv": more})
    assert rest
    assert [row[0] for row in rows(path, layout.CONTRACTS, *WANTED)] == [1]


def changed(text: str, before: str, after: str) -> str:
    assert before in text
    return text.replace(before, after, 1)


SPOILT: dict[str, tuple[dict[str, str | bytes], str]] = {
    "region_id is not there": (
        {"contracts": changed(CONTRACTS, "region_id", "region")},
        "contracts.csv has no column region_id",
    ),
    "a column twice": ({"contract_items": changed(ITEMS, "runs", "item_id")}, "of one name"),
    "no contract": ({"contracts": changed(CONTRACTS, "0.0,1,", "0.0,,")}, "line 2 of contracts"),
    "id": ({"contracts": changed(CONTRACTS, "0.0,1,", "0.0,-1,")}, "contract_id '-1' is no id"),
    "price": ({"contracts": changed(CONTRACTS, "5000000.0", "NaN")}, "price 'NaN' is no number"),
    "inf": ({"contracts": changed(CONTRACTS, "5000000.0", "1e999")}, "price '1e999' is no number"),
    "debt": ({"contracts": changed(CONTRACTS, "5000000.0", "-1.0")}, "is less than nothing"),
    "type": ({"contracts": changed(CONTRACTS, "auction", "A theft")}, "type 'A theft' is no type"),
    "64 bits": (
        {"contract_items": changed(ITEMS, ",1001,", ",9223372036854775808,")},
        "record_id '9223372036854775808' is no whole number of 64 bits",
    ),
    "digits": ({"contract_items": changed(ITEMS, ",1001,", ",1_001,")}, "is no whole number"),
    "quantity": ({"contract_items": changed(ITEMS, ",100,", ",-7,")}, "is less than none"),
    "runs": ({"contract_items": changed(ITEMS, ",1001,3,", ",1001,-2,")}, "no number of runs"),
    "flag": ({"contract_items": changed(ITEMS, "true,true", "true,yes")}, "neither true nor false"),
    "time": ({"contract_bids": changed(BIDS, "2026-09-02T10", "2026-09-02T30")}, "is no moment"),
    "zone": ({"contract_bids": changed(BIDS, "T10:00:00Z", "T10:00:00")}, "which time zone"),
    "year": ({"contract_bids": changed(BIDS, "2026-09-02", "1026-09-02")}, "without EVE Online"),
    "last": ({"contract_bids": changed(BIDS, "2026-09-02", "9999-12-31")}, "without EVE Online"),
    "future": (
        {"contracts": changed(CONTRACTS, "2026-09-08T18:05:00Z", "2026-09-09T18:05:00Z")},
        "http_last_modified '2026-09-09T18:05:00Z' is in the future",
    ),
    "cells": ({"contract_items": ITEMS + "true,true\r\n"}, "it has 2 cells, and the header 11"),
    "cut off": ({"contract_items": ITEMS + '"true,true'}, "line 4 of contract_items.csv"),
    "quotes": ({"contract_items": ITEMS + '"a"b,\r\n'}, "line 4 of contract_items.csv"),
    "bytes": ({"contract_bids": BIDS.encode() + b"\xff,1\r\n"}, "contract_bids.csv: 'utf-8' codec"),
    "endless line": ({"contract_bids": "a" * 300_000}, "it does not end"),
    "endless row": ({"contract_bids": BIDS + '"' + '\n","' * 2000}, "it does not end"),
    "not an object": ({"meta": "[]"}, "meta.json: Expected `object`"),
    "not JSON": ({"meta": "{"}, "meta.json: "),
    "long meta": ({"meta": '{"a":"' + "x" * 70_000 + '"}'}, "meta.json: "),
    "tomorrow": (
        {"meta": json.dumps({**META, "scrape_start": "2026-09-10T00:00:00Z"})},
        "scrape_start is in the future",
    ),
    "ages ago": ({"meta": '{"scrape_start":-99999999999999}'}, "meta.json: "),
    "local": ({"meta": '{"scrape_start":"2026-09-08T18:08:11"}'}, "which time zone"),
    "another world": ({"meta": '{"datasource":"singularity"}'}, "it is of singularity"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_what_cannot_be_is_said_in_a_sentence(spoilt: str, tmp_path: Path) -> None:
    files, words = SPOILT[spoilt]
    assert words in why(archive_of(tmp_path, None, **files))


@pytest.mark.parametrize("file", ["meta.json", "contracts.csv", "contract_items.csv"])
def test_without_a_file_it_is_none(file: str, tmp_path: Path) -> None:
    left = {name: text for name, text in FILES.items() if name != file}
    assert f"{file} is missing" in why(archive_of(tmp_path, left))


def test_a_truncated_one_is_never_taken(tmp_path: Path) -> None:
    """Wherever it ends, whether in what was packed or in the tar."""
    path = archive_of(tmp_path)
    packed, tar = path.read_bytes(), bz2.decompress(path.read_bytes())
    for end in range(0, len(packed) - 1, 97):
        path.write_bytes(packed[:end])
        why(path)
    last_file = tar.index(b"contract_items.csv")
    for end in range(0, last_file + 600, 100):
        path.write_bytes(bz2.compress(tar[:end]))
        why(path)


def test_other_files_are_none(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.bz2"
    path.write_bytes(b"PK\x03\x04 something else")
    assert "invalid data stream (bzip2)" in why(path)
    path.write_bytes(bz2.compress(b"no tar" * 200))
    assert "(tar)" in why(path)
    path.write_bytes(bz2.compress(b""))
    assert "it is empty" in why(path)
    assert "cannot be read" in why(tmp_path / "nothing.tar.bz2")


def test_a_bomb_fills_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LARGEST", 2_000_000)
    path = tmp_path / "x.tar.bz2"
    path.write_bytes(bz2.compress(tar_of({**FILES, "zeros": bytes(3_000_000)})))
    assert len(path.read_bytes()) < 2000
    assert "it unpacks to more than" in why(path)


def hostile_tar() -> bytes:
    """What stands for contracts.csv is a link to a file of the reader's."""
    out = io.BytesIO(tar_of({name: FILES[name] for name in FILES if name != "contracts.csv"}))
    with tarfile.open(fileobj=out, mode="a") as tar:
        link = tarfile.TarInfo("contracts.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return out.getvalue()


def test_nothing_is_read_or_written_by_name(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.bz2"
    path.write_bytes(bz2.compress(hostile_tar()))
    assert "contracts.csv is missing" in why(path)
    names = {"../../evil.csv": "x", "/evil.csv": "x"}
    assert rows(archive_of(tmp_path, {**FILES, **names}), layout.BIDS)
    assert not list(tmp_path.parent.rglob("evil.csv"))


def test_a_name_of_a_gigabyte_takes_no_memory(tmp_path: Path) -> None:
    """A header of GNU's for long names is passed over unread."""
    out = io.BytesIO()
    length = 12_000_000
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(tarfile.TarInfo("a" * length))
    without_end = out.getvalue()[: 512 + -(-(length + 1) // 512) * 512 + 512]
    path = tmp_path / "x.tar.bz2"
    path.write_bytes(bz2.compress(without_end + tar_of(FILES)))
    tracemalloc.start()
    assert rows(path, layout.BIDS)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8_000_000


def test_a_file_that_is_there_twice_is_not_chosen_between(tmp_path: Path) -> None:
    twice = {**FILES, "./contracts.csv": CONTRACTS}
    assert "contracts.csv is there twice" in why(archive_of(tmp_path, twice))
    many = {f"{number}.csv": "" for number in range(200)}
    assert "more than 100 files" in why(archive_of(tmp_path, {**many, **FILES}))


def test_clocks_may_differ_a_little(tmp_path: Path) -> None:
    ahead = json.dumps({"scrape_start": "2026-09-08T19:09:00Z"})
    assert rows(archive_of(tmp_path, meta=ahead), layout.BIDS)
    assert reading.CLOCKS_DIFFER.total_seconds() == 600
