"""Everything that is installed, built upon or run to make a release is pinned by a digest."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.unit

REPOSITORY = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
RUNTIME = PYPROJECT["project"]["dependencies"]
DEVELOPMENT = PYPROJECT["project"]["optional-dependencies"]["dev"]
BUILD = PYPROJECT["dependency-groups"]["build"]
LOCKS = {
    "requirements.lock": RUNTIME,
    "requirements-build.lock": BUILD,
    "requirements-dev.lock": [*RUNTIME, *DEVELOPMENT, *BUILD],
}


def pins(lock: str) -> dict[str, tuple[str, int]]:
    """The locked packages: canonical name → (version, number of SHA-256 hashes)."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", (REPOSITORY / lock).read_text("utf-8"))
    found: dict[str, tuple[str, int]] = {}
    for entry in entries:
        pin = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", entry)
        assert pin, f"{lock} has an entry that is not NAME==VERSION: {entry[:60]!r}"
        found[canonicalize_name(pin[1])] = (
            pin[2],
            len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)),
        )
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    assert {name for name, (_, hashes) in pins(lock).items() if not hashes} == set()


@pytest.mark.parametrize(("lock", "declared"), LOCKS.items())
def test_a_lock_satisfies_what_pyproject_declares(lock: str, declared: list[str]) -> None:
    locked = pins(lock)
    missing = []
    for text in declared:
        requirement = Requirement(text)
        version, _ = locked.get(canonicalize_name(requirement.name), ("", 0))
        if not version or version not in requirement.specifier:
            missing.append(f"{text} (locked: {version or 'not at all'})")
    assert missing == [], "run `make lock`"


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    tested = pins("requirements-dev.lock")
    shipped = {**pins("requirements.lock"), **pins("requirements-build.lock")}
    assert {name: tested.get(name, ("",))[0] for name in shipped} == {
        name: version for name, (version, _) in shipped.items()
    }


def test_base_images_are_pinned_by_digest() -> None:
    images = re.findall(
        r"^FROM\s+(\S+)", (REPOSITORY / "Dockerfile").read_text("utf-8"), re.MULTILINE
    )
    assert images
    assert [image for image in images if not re.search(r"@sha256:[0-9a-f]{64}$", image)] == []


def test_the_image_installs_what_is_locked_and_nothing_else() -> None:
    text = (REPOSITORY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    installs = re.findall(r"pip install .*", text)
    assert installs
    for line in installs:
        assert "--require-hashes" in line or (
            "--no-deps" in line and "--no-build-isolation" in line
        ), line


@pytest.mark.parametrize(
    "workflow", sorted((REPOSITORY / ".github/workflows").glob("*.yml")), ids=lambda path: path.name
)
def test_actions_are_pinned_by_commit(workflow: Path) -> None:
    actions = re.findall(r"uses:\s*(\S+)", workflow.read_text("utf-8"))
    assert actions
    assert [action for action in actions if not re.search(r"@[0-9a-f]{40}$", action)] == []


@pytest.mark.parametrize(
    ("library", "wrappers"),
    [
        # Its values are unpickled, and its rows name files, unless the wrapper forbids both.
        ("diskcache", {"esi/bytes_disk.py", "esi/disk.py"}),
        # It sends again what was sent, has no time-out and unpacks without a bound.
        ("wordpress_xmlrpc", {"publish/targets/wordpress/xmlrpc.py"}),
    ],
)
def test_a_library_with_known_faults_is_imported_by_its_wrapper_alone(
    library: str, wrappers: set[str]
) -> None:
    package = REPOSITORY / "eveobs"
    importing = re.compile(rf"^\s*(import|from)\s+{library}\b", re.MULTILINE)
    assert {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if importing.search(path.read_text("utf-8"))
    } == wrappers
