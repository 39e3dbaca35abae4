"""What docs/ says is so: the tutorial works as written, the reference is of this code."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eveobs.operate.alerts.rules import RULES
from tests.conftest import NewEden, missing, new_eden_of

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TUTORIAL = (DOCS / "tutorial.md").read_text(encoding="utf-8")
CLICK = """#!{python}
import json, sys
from urllib.request import urlopen
address = sys.argv[1]
people = json.load(urlopen("{url}/_sandbox/people"))
urlopen(f"{{address}}&character={{people['characters'][0]['id']}}").read()
"""


def commands() -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", TUTORIAL, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


@pytest.fixture(scope="module")
def eden() -> Iterator[NewEden]:
    with new_eden_of() as started:
        yield started


@pytest.fixture(scope="module")
def shell(eden: NewEden, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A newcomer's terminal, and a browser in which the first character is chosen."""
    home = tmp_path_factory.mktemp("tutorial")
    browser = home / "browser"
    browser.write_text(CLICK.format(python=sys.executable, url=eden.url))
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    exports = re.findall(r"^export (\w+)=(http\S+|eveobs-sandbox)$", TUTORIAL, re.MULTILINE)
    assert len(exports) == 5
    told = {name: value.replace("http://127.0.0.1:8787", eden.url) for name, value in exports}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {
        "EVEOBS_HOME": str(home / "eveobs-tutorial"),
        "PATH": path,
        "BROWSER": f"{browser} %s",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    return {**os.environ, **told, **own}


def test_the_tutorial_works_as_written(shell: dict[str, str], tmp_path: Path) -> None:
    said: dict[str, str] = {}
    for command in commands():
        if command == "eveobs sandbox":
            continue
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            env=shell,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
        assert ran.stdout or ran.stderr, command
        said[command] = ran.stdout
    fetched = said['eveobs fetch contracts --region "The Forge"']
    assert re.search(r"unchanged\s+2,?500", fetched), "the second time"
    assert "2 of" not in said["eveobs list blueprints --copies --min-me 8 --limit 5"]
    site = Path(shell["EVEOBS_HOME"]) / "data" / "site" / "index.html"
    assert site.is_file()


def test_the_sandbox_prints_what_the_tutorial_shows(eden: NewEden) -> None:
    shown = re.findall(r"^export (\w+)=", TUTORIAL, re.MULTILINE)[:5]
    assert shown == [
        "EVEOBS_ESI__BASE_URL",
        "EVEOBS_SSO__BASE_URL",
        "EVEOBS_SSO__CLIENT_ID",
        "EVEOBS_STATIC_DATA__BASE_URL",
        "EVEOBS_IMAGES__BASE_URL",
    ]


def test_every_rule_of_alerts_is_told() -> None:
    text = (DOCS / "how-to" / "alerts.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE) == list(RULES)


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_every_file_a_page_links_to_exists(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_page_has_its_place() -> None:
    places = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in DOCS.rglob("*.md"):
        assert str(page.relative_to(DOCS)) in places


@pytest.mark.parametrize(
    "script",
    ["scripts/generate_man.py", "-m scripts.generate_reference", "scripts/generate_completions.py"],
)
def test_what_is_generated_is_of_this_code(script: str) -> None:
    command = [sys.executable, *script.split(), "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", sorted((ROOT / "man").glob("*.1")), ids=lambda page: page.name)
def test_manual_pages_are_right_for_groff(page: Path) -> None:
    groff = ["groff", "-man", "-Tutf8", "-ww", "-z", str(page)]
    try:
        ran = subprocess.run(groff, capture_output=True, text=True)
    except FileNotFoundError:
        missing("groff is not installed")
    assert (ran.returncode, ran.stderr) == (0, "")
