"""A site is written where its folder leads, and nowhere else, whatever was planted beside it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from eveobs.errors import ConfigError
from eveobs.publish.targets.static import manifest, replacing
from tests.publish.test_static_site import document, publish

pytestmark = pytest.mark.unit


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder of the user with a file in it, and no site."""
    victim = tmp_path / "user" / "documents"
    victim.mkdir(parents=True)
    (victim / "thesis.txt").write_text("years of work")
    return victim


def untouched(victim: Path) -> bool:
    return [path.name for path in victim.rglob("*")] == ["thesis.txt"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("exchanged", [True, False])
def test_a_folder_that_is_a_link_stays_one_and_its_target_gets_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanged: bool
) -> None:
    if not exchanged:
        monkeypatch.setattr(replacing, "_exchange", lambda *_: False)
    real = tmp_path / "disk" / "www"
    real.mkdir(parents=True)
    link = tmp_path / "web" / "site"
    link.parent.mkdir()
    link.symlink_to(real)
    for version in (1, 2):
        publish(link, [document(1, version=version)])
        assert link.is_symlink()
        assert f"Version {version}" in (real / "contract" / "1.html").read_text()
    assert [path.name for path in link.parent.iterdir()] == ["site"]
    assert {path.name for path in real.parent.iterdir()} == {"www", ".www.lock"}


def test_a_link_to_a_folder_that_is_not_there_yet_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "site").symlink_to(tmp_path / "new" / "www")
    publish(tmp_path / "site", [document(1)])
    assert (tmp_path / "site").is_symlink()
    assert manifest.is_site(tmp_path / "new" / "www")


@pytest.mark.parametrize("name", [".site.new", ".site.old", ".site.0123456789abcdef.new"])
@pytest.mark.parametrize("there", [True, False])
def test_a_planted_link_beside_the_folder_is_not_written_through(
    tmp_path: Path, victim: Path, name: str, there: bool
) -> None:
    folder = tmp_path / "site"
    if there:
        publish(folder, [document(1)])
    (tmp_path / name).symlink_to(victim)
    publish(folder, [document(1, version=2)])
    assert untouched(victim)
    assert (tmp_path / name).is_symlink()
    assert "Version 2" in (folder / "contract" / "1.html").read_text()


def test_a_planted_link_in_the_place_of_the_lock_is_not_followed(
    tmp_path: Path, victim: Path
) -> None:
    (tmp_path / ".site.lock").symlink_to(victim / "made")
    with pytest.raises(ConfigError, match="cannot be written"):
        publish(tmp_path / "site", [document(1)])
    assert untouched(victim)


def test_what_only_looks_like_a_left_over_stays(tmp_path: Path, victim: Path) -> None:
    names = [".site.new", ".site.old", ".site.0123.new", ".other.0123456789abcdef.new"]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.txt").write_text("years of work")
    (tmp_path / ".site.fedcba9876543210.new").write_text("a file")
    publish(tmp_path / "site", [document(1)])
    for name in names:
        assert (tmp_path / name / "thesis.txt").read_text() == "years of work"
    assert (tmp_path / ".site.fedcba9876543210.new").is_file()


def test_a_left_over_of_a_killed_run_goes_and_links_in_it_are_not_followed(
    tmp_path: Path, victim: Path
) -> None:
    left = tmp_path / ".site.0123456789abcdef.new"
    (left / "site").mkdir(parents=True)
    (left / "site" / "contract").symlink_to(victim)
    publish(tmp_path / "site", [document(1)])
    assert not left.exists()
    assert untouched(victim)


def test_a_link_in_a_left_over_does_not_become_the_site(tmp_path: Path, victim: Path) -> None:
    left = tmp_path / ".site.0123456789abcdef.new"
    left.mkdir()
    (left / "old").symlink_to(victim)
    publish(tmp_path / "site", [document(1)])
    assert not (tmp_path / "site").is_symlink()
    assert untouched(victim)


@pytest.mark.parametrize("file", ["../user/documents/thesis.txt", "/etc/passwd", "x/../../y.html"])
def test_a_planted_manifest_brings_no_file_from_elsewhere_into_the_site(
    tmp_path: Path, victim: Path, file: str
) -> None:
    folder = tmp_path / "site"
    publish(folder, [document(1)])
    lines = (folder / manifest.NAME).read_bytes()
    (folder / manifest.NAME).write_bytes(lines.replace(b"contract/1.html", file.encode()))
    with pytest.raises(ConfigError, match="no page of a site"):
        publish(folder, [document(2)])
    assert untouched(victim)


@pytest.mark.parametrize("linked", ["contract", "contract/1.html"])
def test_a_link_in_the_site_brings_no_file_from_elsewhere_into_the_next_one(
    tmp_path: Path, victim: Path, linked: str
) -> None:
    folder = tmp_path / "site"
    publish(folder, [document(1)])
    (victim / "1.html").write_text("secret")
    (folder / linked).rename(tmp_path / "aside")
    target = victim if linked == "contract" else victim / "1.html"
    (folder / linked).symlink_to(target)
    with pytest.raises(ConfigError, match="cannot be written"):
        publish(folder, [document(2)])
    assert (folder / linked).is_symlink(), "what was there is as it was"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o027])
def test_the_site_has_the_modes_that_a_web_server_needs_and_what_is_beside_it_has_not(
    tmp_path: Path, umask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    replace = replacing.Place.replace

    def looked_at(place: replacing.Place) -> None:
        seen.append(mode(place.new.parent))
        replace(place)

    monkeypatch.setattr(replacing.Place, "replace", looked_at)
    before = os.umask(umask)
    try:
        publish(tmp_path / "deep" / "site", [document(1)])
    finally:
        os.umask(before)
    folder = tmp_path / "deep" / "site"
    assert mode(folder) == mode(folder.parent) == mode(folder / "contract") == 0o777 & ~umask
    assert mode(folder / "contract" / "1.html") == 0o666 & ~umask
    assert mode(folder.with_name(".site.lock")) == 0o600
    assert seen == [0o700]


def test_a_mode_that_the_owner_gave_the_folder_stays(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    publish(folder, [document(1)])
    folder.chmod(0o750)
    publish(folder, [document(1, version=2)])
    assert mode(folder) == 0o750
