"""EVEOBS_HOME holds everything; without it each thing is where the platform keeps such things."""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs
import pytest

from eveobs.errors import ConfigError
from eveobs.settings import load
from eveobs.settings.paths import Places, find_places, home_folder, settings_files, system_files

pytestmark = pytest.mark.unit

CWD = Path("/there")
unix = pytest.mark.skipif(sys.platform == "win32", reason="XDG is not Windows'")


@pytest.mark.parametrize(
    ("home", "root"),
    [
        ("/srv/e", "/srv/e"),
        ("e", "/there/e"),
        ("../e", "/e"),
        ("~/e", "/home/me/e"),
        ("~", "/home/me"),
    ],
)
def test_eveobs_home_holds_everything(home: str, root: str) -> None:
    places = find_places({"EVEOBS_HOME": home, "HOME": "/home/me", "XDG_DATA_HOME": "/x"}, CWD)
    folder = Path(root)
    assert places == Places(folder / "config", folder / "data", folder / "cache", folder / "state")


@unix
def test_xdg_of_the_environment_handed_in() -> None:
    environ = {
        "EVEOBS_HOME": "",
        "XDG_CONFIG_HOME": "/c",
        "XDG_DATA_HOME": "/d",
        "XDG_CACHE_HOME": "/k",
        "XDG_STATE_HOME": "/s",
    }
    expected = Places(*(Path(f"/{one}/eveobs") for one in "cdks"))
    assert find_places(environ, CWD) == expected


@unix
def test_relative_xdg_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    places = find_places({"XDG_CONFIG_HOME": "here"}, CWD)
    assert places.config == platformdirs.user_config_path("eveobs", appauthor=False)


@unix
def test_no_home_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    for environ in ({}, {"EVEOBS_HOME": "~/e"}):
        with pytest.raises(ConfigError, match="no home folder") as caught:
            find_places(environ, CWD)
        assert "EVEOBS_HOME" in (caught.value.hint or "")
    assert find_places({"EVEOBS_HOME": "/e"}, CWD).data == Path("/e/data")
    found = load(environ={"EVEOBS_HOME": "/e", "EVEOBS_CACHE__DIR": "c"}, cwd=CWD)
    assert found.places.cache == CWD / "c"
    with pytest.raises(ConfigError, match="expected a path"):
        load(environ={"EVEOBS_HOME": "/e", "EVEOBS_CACHE__DIR": "~/c"}, cwd=CWD)


@unix
def test_system_files_the_weakest_first() -> None:
    found = system_files({"XDG_CONFIG_DIRS": "/strong:relative:/weak"})
    assert [str(path) for path in found] == [
        "/weak/eveobs/eveobs.toml",
        "/strong/eveobs/eveobs.toml",
    ]
    assert system_files({}) == (
        platformdirs.site_config_path("eveobs", appauthor=False) / "eveobs.toml",
    )


def test_a_file_in_two_roles_is_listed_once_as_the_own_one() -> None:
    places = find_places({"EVEOBS_HOME": "/e"}, CWD)
    found = settings_files({"XDG_CONFIG_DIRS": "/x"}, Path("/e/config"), None, places)
    assert found[1:] == (("user", Path("/e/config/eveobs.toml")),)
    found = settings_files({"XDG_CONFIG_DIRS": "/x"}, CWD, Path("a.toml"), places)
    assert found[-1] == ("--config", Path("/there/a.toml"))


def test_home_folder_without_a_variable() -> None:
    assert home_folder({}) == Path.home()
