"""The plugin in the repository knows the kinds of the templates in the repository."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from eveobs.publish.companion import PLUGIN, declaration, declared_version, plugin_source
from eveobs.publish.kinds import find_kinds
from tests.conftest import Eveobs, missing

pytestmark = pytest.mark.unit


def declared(source: str) -> tuple[str, object]:
    (version,) = re.findall(r"const DECLARED\s+= '([0-9a-f]{16})';", source)
    (text,) = re.findall(r"<<<'JSON'\n(.*?)\nJSON;", source, re.DOTALL)
    return version, json.loads(text)


def test_the_plugin_declares_what_the_templates_declare() -> None:
    kinds = find_kinds()
    source = PLUGIN.read_text(encoding="utf-8")
    assert declared(source) == (declared_version(kinds), declaration(kinds))
    assert declared(plugin_source(kinds)) == declared(source)


def test_it_is_handed_out_as_one_file() -> None:
    source = plugin_source(find_kinds())
    assert not re.search(
        r"^\s*(require|include)[ (]", source.replace("require_once ABSPATH", ""), re.MULTILINE
    )
    assert source.count("<?php") == source.count("\nnamespace ") == 1
    parts = sorted((PLUGIN.parent / "parts").glob("*.php"))
    assert parts
    for part in parts:
        body = part.read_text(encoding="utf-8").partition("|| exit;\n")[2]
        assert body.strip(), part
        assert body in source, part


def test_templates_of_ones_own_are_declared_too(tmp_path: Path) -> None:
    own = (
        '{#\nkind = "deal"\nsingular = "O\'Deal\\\\"\nplural = "Deals"\ntitle = ""\nexcerpt = ""\n'
        'date = "none"\n[meta]\nprice = "price"\n[terms]\nregion = "region"\n#}\n'
    )
    (tmp_path / "deal.html").write_text(own)
    kinds = find_kinds(tmp_path)
    version, found = declared(plugin_source(kinds))
    assert found == declaration(kinds)
    assert version != declared_version(find_kinds())


def test_the_command_prints_it(eveobs: Eveobs) -> None:
    result = eveobs("publish", "plugin")
    assert result.exit_code == 0
    assert result.stdout == plugin_source(find_kinds())


@pytest.mark.integration
def test_php_reads_it(tmp_path: Path) -> None:
    if not shutil.which("php"):
        missing("there is no php")
    whole = tmp_path / "eveobs.php"
    whole.write_text(plugin_source(find_kinds()), encoding="utf-8")
    for file in (PLUGIN, *(PLUGIN.parent / "parts").glob("*.php"), whole):
        done = subprocess.run(["php", "-l", str(file)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
