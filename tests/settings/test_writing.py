"""A change of one value leaves everything else in the file, comments too, or keeps the old file."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.errors import ConfigError
from eveobs.settings.checks import Standing
from eveobs.settings.document import Document
from eveobs.settings.dump import Plain
from eveobs.settings.example import example
from eveobs.settings.keys import keys
from eveobs.settings.writing import _attempts, _reads_as, _wanted, set_value, writable_value

pytestmark = pytest.mark.unit
posix = pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def changed(path: Path, dotted: str, value: Plain) -> str:
    written = set_value(path, keys()[dotted], value)
    assert written.kept is None
    assert names(path.parent) == [path.name]
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[esi]\nconcurrency = 5\n"),
        ("# mine", "# mine\n\n[esi]\nconcurrency = 5\n"),
        ("[cache]\nsize_mb = 1\n", "[cache]\nsize_mb = 1\n\n[esi]\nconcurrency = 5\n"),
        ("[esi]\nconcurrency = 1 # why\n# end", "[esi]\nconcurrency = 5 # why\n# end"),
        ("[esi]\n  concurrency=1\n", "[esi]\n  concurrency=5\n"),
        ("[esi]\n", "[esi]\nconcurrency = 5\n"),
        (
            "[esi]\ntenant = 'a' # x\n\n# about the cache\n[cache]\n",
            "[esi]\ntenant = 'a' # x\nconcurrency = 5\n\n# about the cache\n[cache]\n",
        ),
        (
            "[esi]\n# Many.\n#concurrency = 20\n\n#tenant = ''\n[cache]\na = 1\n",
            "[esi]\n# Many.\n#concurrency = 20\nconcurrency = 5\n\n#tenant = ''\n[cache]\na = 1\n",
        ),
        (
            "[esi]\r\ntenant = 'a'\r\n\r\n[cache]\r\n",
            "[esi]\r\ntenant = 'a'\r\nconcurrency = 5\r\n\r\n[cache]\r\n",
        ),
        ("esi.concurrency = 1 # x\n", "esi.concurrency = 5 # x\n"),
        ("esi = { concurrency = 1 } # x\n", "esi = { concurrency = 5 } # x\n"),
    ],
)
def test_what_is_around_the_value_stays(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "eveobs.toml"
    path.write_bytes(before.encode())
    assert changed(path, "esi.concurrency", 5) == after


LAYOUTS = [
    example(),
    "[esi]\ntenant = '''\n#concurrency = 3\n'''\n",
    "esi.tenant = 'a'\n[cache]\nsize_mb = 1\n",
    "esi = { tenant = 'a' }\n",
    "[esi.x]\ny = 1\n",
    "[cache]\n[esi]\nregions = [\n  1, # one\n]\n\n\n[log]",
    "['esi'] # quoted\n'tenant' = 'a'\n",
    "[cache]\nx = 1\n[esi.x]\n[cache.y]\n[esi]\na = 1\n",
    'unknown = 1979-05-27T07:32:00Z\n[esi]\nx = "\u2028"\n',
]


@given(
    st.sampled_from(LAYOUTS),
    st.sampled_from(sorted(keys())),
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"])), st.integers(-(2**60), 2**60),
        st.booleans(), st.floats(allow_nan=False), st.lists(st.text(st.characters(codec="utf-8"))),
    ),
)  # fmt: skip
def test_every_layout_can_be_changed(text: str, dotted: str, value: Plain) -> None:
    document = Document(Path("eveobs.toml"), text, tomllib.loads(text))
    wanted = _wanted(document, keys()[dotted], value)
    good = [one for one in _attempts(document, keys()[dotted], value) if _reads_as(one, wanted)]
    assert good
    in_a_string = "'''" in text  # there a # begins no comment
    lines = [] if in_a_string else text.splitlines()
    kept = [line for line in lines if line.lstrip().startswith("#")]
    assert [one for one in good[0].splitlines() if one.lstrip().startswith("#")][
        : len(kept)
    ] == kept


def test_a_layout_that_cannot_be_edited_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise TypeError("a layout that it does not know")

    monkeypatch.setattr("tomlkit.parse", fail)
    path = tmp_path / "eveobs.toml"
    path.write_text("# mine\n[esi]\nconcurrency = 1\n")
    path.with_name("eveobs.toml.bak").write_text("older")
    written = set_value(path, keys()["esi.concurrency"], 5)
    assert tomllib.loads(path.read_text()) == {"esi": {"concurrency": 5}}
    assert written.kept == tmp_path / "eveobs.toml.bak2"
    assert written.kept.read_text().startswith("# mine")
    assert path.with_name("eveobs.toml.bak").read_text() == "older"


@pytest.mark.parametrize("broken", [b"[esi", b"\xff", b"esi = 3\n", b"[[esi]]\n"])
def test_a_broken_file_is_not_touched(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "eveobs.toml"
    path.write_bytes(broken)
    with pytest.raises(ConfigError):
        set_value(path, keys()["esi.concurrency"], 5)
    assert path.read_bytes() == broken
    assert names(tmp_path) == ["eveobs.toml"]


@posix
def test_a_new_file_is_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "eveobs.toml"
    changed(path, "esi.concurrency", 5)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@posix
def test_the_mode_stays_unless_a_secret_comes_in(tmp_path: Path) -> None:
    path = tmp_path / "eveobs.toml"
    path.touch()
    path.chmod(0o644)
    changed(path, "esi.concurrency", 5)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    changed(path, "wordpress.app_password", "x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "eveobs.toml"
    real.write_text("# mine\n")
    link = tmp_path / "eveobs.toml"
    link.symlink_to(real)
    set_value(link, keys()["esi.concurrency"], 5)
    assert link.is_symlink()
    assert tomllib.loads(real.read_text())["esi"] == {"concurrency": 5}


def test_a_failing_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "eveobs.toml"
    path.write_text("[esi]\n")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ConfigError, match="cannot be written: no space left on device"):
        set_value(path, keys()["esi.concurrency"], 5)
    assert path.read_text() == "[esi]\n"
    assert names(tmp_path) == ["eveobs.toml"]


def test_a_place_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        set_value(tmp_path / "file" / "eveobs.toml", keys()["esi.concurrency"], 5)


def test_a_relative_path_means_the_same_in_the_file(tmp_path: Path) -> None:
    standing = Standing(tmp_path, Path("/home/me"))
    elsewhere = tmp_path / "config"
    assert writable_value(keys()["cache.dir"], "c", standing, tmp_path) == "c"
    assert writable_value(keys()["cache.dir"], "c", standing, elsewhere) == str(tmp_path / "c")
    url = keys()["store.url"]
    assert writable_value(url, "sqlite:///s", standing, tmp_path) == "sqlite:///s"
    assert writable_value(url, "sqlite:///s", standing, elsewhere) == f"sqlite:///{tmp_path}/s"
