"""The tree is complete, its defaults are valid, and the example file is what it says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from eveobs.esi.routes import COMPATIBILITY_DATE
from eveobs.settings import Settings, load
from eveobs.settings.checks import Standing
from eveobs.settings.dump import as_plain_tree, plain
from eveobs.settings.example import example
from eveobs.settings.keys import keys, sections, variables
from eveobs.settings.meta import OLD_NAMES, SPELLINGS
from eveobs.settings.values import fit

pytestmark = pytest.mark.unit

EXAMPLE = Path(__file__).parents[2] / "eveobs.toml.example"
COMMENTED = re.compile(r"^#(?=[a-z_]+ = )", re.MULTILINE)


def test_every_key_has_words_and_a_default_that_fits(tmp_path: Path) -> None:
    for key in keys().values():
        assert key.description.endswith("."), key.dotted
        assert key.expected
        again = fit(key, plain(key.default, reveal=True), Standing(tmp_path, tmp_path))
        assert again == key.default, key.dotted


def test_every_section_has_words() -> None:
    for name, table in sections().items():
        assert (table.__doc__ or "").endswith("."), name


def test_old_names_and_spellings_point_at_keys() -> None:
    assert set(OLD_NAMES.values()) <= set(keys())
    assert set(SPELLINGS) <= set(keys())


def test_variables_are_unambiguous() -> None:
    names = list(variables()) + [key.file_variable for key in keys().values() if key.is_secret]
    secrets = sum(key.is_secret for key in keys().values())
    assert len(set(names)) == len(names) == len(keys()) + secrets
    assert secrets > 2


def test_the_compatibility_date_is_that_of_the_route_table() -> None:
    assert Settings().esi.compatibility_date == COMPATIBILITY_DATE


def test_the_example_in_the_repository_is_the_generated_one() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == example(), "run scripts/generate_example.py"


def test_the_example_as_it_is_changes_nothing(tmp_path: Path) -> None:
    assert tomllib.loads(example()) == {section: {} for section in sections()}
    (tmp_path / "eveobs.toml").write_text(example())
    loaded = load(environ={"EVEOBS_HOME": "home"}, cwd=tmp_path)
    assert loaded.settings == Settings()


def test_the_example_has_every_key_with_its_default(tmp_path: Path) -> None:
    text = COMMENTED.sub("", example())
    (tmp_path / "eveobs.toml").write_text(text)
    config = Path("eveobs.toml")
    loaded = load(environ={"EVEOBS_HOME": "home"}, cwd=tmp_path, config=config)
    assert loaded.settings == Settings()
    assert tomllib.loads(text) == as_plain_tree(loaded)
    for key in keys().values():
        line = text.splitlines()[int(str(loaded.origins[key.dotted]).rpartition(":")[2]) - 1]
        assert line.startswith(f"{key.name} = ")
        assert key.variable in example()
    assert all(len(line) <= 100 for line in text.splitlines())
