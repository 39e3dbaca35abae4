"""A file of settings is read as TOML or refused with its line; every key's line is known."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from eveobs.settings.document import Document, find_lines, read_document
from eveobs.settings.wording import Problem

pytestmark = pytest.mark.unit


def problem(path: Path, content: bytes) -> Problem:
    path.write_bytes(content)
    found = read_document(path)
    assert isinstance(found, Problem)
    return found


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_of_every_layout(newline: str) -> None:
    text = """\
# comment
store.url = "x" # dotted
observe = { items = true }

[esi] # [cache]
contact = '''
[cache]
dir = 1
'''
concurrency = 3
  [ "cache" ]
"dir" = [
  "]", # "
  1,
]
  size_mb=1
[[log]]
level = 1
[wordpress.deep]
x = 1"""
    assert find_lines(text.replace("\n", newline)) == {
        ("store",): 2,
        ("store", "url"): 2,
        ("observe",): 3,
        ("observe", "items"): 3,
        ("esi",): 5,
        ("esi", "contact"): 6,
        ("esi", "concurrency"): 10,
        ("cache",): 11,
        ("cache", "dir"): 12,
        ("cache", "size_mb"): 16,
        ("log",): 17,
        ("log", "level"): 18,
        ("wordpress", "deep"): 19,
        ("wordpress", "deep", "x"): 20,
    }


SCALARS = st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.lists(st.text()))
NAMES = st.text(min_size=1, max_size=8)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, SCALARS, max_size=4), max_size=4))
def test_each_line_found_is_where_the_key_stands(data: dict[str, dict[str, object]]) -> None:
    text = tomli_w.dumps(data, multiline_strings=True)
    try:
        assert tomllib.loads(text) == data
    except (tomllib.TOMLDecodeError, AssertionError):
        return  # a carriage return in a multi-line text is not the same afterwards
    found = find_lines(text)
    lines = text.split("\n")
    for section, table in data.items():
        for name in table:
            rest = "\n".join(lines[found[section, name] - 1 :])
            before = "\n".join(lines[: found[section, name] - 1])
            assert name not in tomllib.loads(before).get(section, {})
            assert name in tomllib.loads(rest.partition("\n[")[0] if "\n[" in rest else rest)


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    assert read_document(tmp_path / "eveobs.toml") is None
    (tmp_path / "file").touch()
    assert read_document(tmp_path / "file" / "eveobs.toml") is None


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "eveobs.toml"
    path.write_bytes(b"\xef\xbb\xbf[esi]\nconcurrency = 3\n")
    found = read_document(path)
    assert isinstance(found, Document)
    assert found.data == {"esi": {"concurrency": 3}}
    assert found.place("esi", "concurrency") == f"{path}:2"
    assert found.place("esi", "other") == f"{path}:1"
    assert found.place("other") == str(path)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"[esi]\nconcurrency = = 3\n", 2, "not valid TOML: invalid value (column 15)"),
        (b"[esi]\nconcurrency\n", 2, "not valid TOML"),
        (b'[esi]\nlanguage = "en', 2, "not valid TOML: unterminated string"),
        (b"[esi]\nlanguage = '''\n\n", 2, "not valid TOML"),
        (b"[esi]\n[esi]\n", 2, "not valid TOML: cannot declare"),
        (b"[esi]\nconcurrency=1\nconcurrency=1\n", 3, "not valid TOML"),
        (b'[cache]\ndir = "C:\\Users"\n', 2, "not valid TOML"),
        (b"[esi]\n\nlanguage = '\xe9'\n", 3, "not UTF-8 text (byte 20)"),
        ("[esi]\n".encode("utf-16"), 1, "not UTF-8 text"),
        (b"\0", 1, "not valid TOML"),
    ],
)
def test_what_is_no_toml_has_its_line(
    tmp_path: Path, content: bytes, line: int, words: str
) -> None:
    path = tmp_path / "eveobs.toml"
    found = problem(path, content)
    assert found.where == f"{path}:{line}"
    assert words in found.what
    assert found.source == str(path)


def test_windows_paths_get_advice(tmp_path: Path) -> None:
    found = problem(tmp_path / "eveobs.toml", b'[cache]\ndir = "C:\\Users"\n')
    assert found.advice == "write Windows paths in 'single quotes'"


@pytest.mark.parametrize(
    "content", [b"x = " + b"[" * 5000 + b"]" * 5000, b"x = " + b"9" * 5000, b"#" * 2_000_000]
)
def test_the_absurd_is_refused(tmp_path: Path, content: bytes) -> None:
    assert problem(tmp_path / "eveobs.toml", content).what


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    found = read_document(tmp_path)
    assert isinstance(found, Problem)
    assert found.what == "is a folder, not a file"


def test_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "eveobs.toml"
    path.symlink_to(path)
    found = read_document(path)
    assert isinstance(found, Problem)
    assert "cannot be read" in found.what


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "eveobs.toml"
    path.touch(mode=0o000)
    found = read_document(path)
    assert isinstance(found, Problem)
    assert found.what == "cannot be read: permission denied"
