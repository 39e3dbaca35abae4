"""A template makes a page and nothing else, whoever wrote it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from eveobs.errors import ConfigError
from eveobs.publish.kinds import find_kinds
from eveobs.publish.rendering import Renderer
from eveobs.publish.targets.static.pages import Pages
from tests.conftest import Eveobs
from tests.publish.homes import IMAGES
from tests.publish.memory_target import Relative

pytestmark = pytest.mark.unit

DECLARATION = """{#
kind = "pwn"
singular = "Pwn"
plural = "Pwns"
records = ["contracts"]
title = '''%(title)s'''
excerpt = '''%(excerpt)s'''
date = '''%(date)s'''
image = '''%(image)s'''
[meta]
x = '''%(meta)s'''
[terms]
y = '''%(terms)s'''
#}
"""
PLACES = ("title", "excerpt", "date", "image", "meta", "terms")
PLAIN = {"title": "t", "excerpt": "e", "date": "none", "image": "''", "meta": "''", "terms": "''"}


def made(folder: Path, page: str = "", **places: str) -> Any:
    """The document of a record, by a template of the user's folder with this page."""
    folder.mkdir(exist_ok=True)
    (folder / "pwn.html").write_text(DECLARATION % (PLAIN | places) + page)
    kinds = find_kinds(folder)
    return Renderer(kinds, Relative(), IMAGES, folder).document(kinds["pwn"], "1", {"number": 7})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "templates"


def test_a_template_that_does_nothing_bad_is_rendered(folder: Path) -> None:
    (folder).mkdir()
    (folder / "_part.html").write_text("part {{ number }}")
    (folder / "sub").mkdir()
    (folder / "sub" / "deep.html").write_text("deep")
    (folder / "_link.html").symlink_to("_part.html")
    page = (
        "{{ '<b>' }} {% include '_part.html' %} {% include '_link.html' %}"
        "{% include 'sub/deep.html' %} {{ '%s'|format(number) }} {{ '{}'.format('<i>') }}"
        "{{ range(3)|list }} {{ 'ab' * 3 }} {{ 2 ** 8 }} {{ picture('types', 1, 'icon') }}"
    )
    found = made(folder, page, title="{{ number }}")
    assert found.title == "7"
    for words in ("&lt;b&gt;", "part 7", "deep", "&lt;i&gt;", "[0, 1, 2]", "ababab", "256"):
        assert words in found.html


ESCAPES = [
    "''.__class__.__mro__",
    "''['__class__']",
    "''|attr('__class__')",
    "''|attr('__cla' ~ 'ss__')",
    "().__class__.__base__.__subclasses__()",
    "cycler.__init__.__globals__",
    "lipsum.__globals__.os.popen('touch pwned')",
    "lipsum['__globals__']['os']",
    "joiner.__init__.__globals__",
    "namespace.__init__.__globals__",
    "page.__globals__",
    "page.__closure__",
    "page.__code__",
    "picture.__self__",
    "picture.__func__.__globals__",
    "self.__init__.__globals__",
    "self._TemplateReference__context",
    "kind.__class__.__mro__",
    "kind.__init__.__globals__",
    "'{0.__class__.__mro__}'.format('')",
    "'{0.__class__}'.format_map({'0': ''})",
    "'{0.__globals__}'.format(page)",
    "(''|attr('format'))('{0.__class__}')",
    "'{0.__class__}'|attr('format')('')",
    "['{0.__globals__[sys]}']|map('format', page)|first",
    "[page]|map(attribute='__globals__')|list",
    "[page]|map('attr', '__globals__')|list",
    "[page]|selectattr('__globals__')|list",
    "([page]|groupby('__globals__'))[0][0]",
    "[page]|sum(attribute='__globals__')",
    "[page]|sort(attribute='__globals__')|map(attribute='__globals__')|list",
    "[page]|unique(attribute='__globals__')|list",
    "(page|attr('__globals__'))['sys']",
    "dict(a=1).update(b=2)",
    "kind.meta.clear()",
    "[1].append(2)",
]


@pytest.mark.parametrize("attack", ESCAPES)
@pytest.mark.parametrize("place", ["page", "title", "date", "meta"])
def test_no_way_leads_out_of_a_template(
    folder: Path, monkeypatch: pytest.MonkeyPatch, attack: str, place: str
) -> None:
    folder.mkdir()
    monkeypatch.chdir(folder)
    wrapped = f"{{{{ {attack} }}}}" if place in ("page", "title", "excerpt") else attack
    try:
        found = made(folder, **{place: wrapped})
    except ConfigError as error:
        assert "does not fit" in error.message or "pwn.html" in error.message
        return
    finally:
        assert not (folder / "pwned").exists()
    told = f"{found.html} {found.title} {found.meta} {found.date}"
    for sign in ("class '", "<class", "&lt;class", "built-in", "module", "function", "object at"):
        assert sign not in told, told


@pytest.mark.parametrize("place", PLACES)
def test_every_place_of_a_declaration_is_a_sandbox(folder: Path, place: str) -> None:
    attack = "lipsum.__globals__.os.getpid()"
    wrapped = f"{{{{ {attack} }}}}" if place in ("title", "excerpt") else attack
    with pytest.raises(ConfigError, match=r"unsafe|undefined"):
        made(folder, **{place: wrapped})


def test_the_pages_of_the_site_are_a_sandbox_too() -> None:
    pages = Pages("Site", {})
    template = pages._templates.from_string("{{ lipsum.__globals__ }}")
    with pytest.raises(Exception, match="unsafe"):
        template.render()
    assert "&lt;" in pages._templates.from_string("{{ '<' }}").render()


@pytest.mark.parametrize(
    "attack",
    [
        "{% for a in range(10 ** 12) %}{{ a }}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}xxxxxxxxxx{% endfor %}{% endfor %}",
        "{{ 10 ** (10 ** 10) }}",
        "{{ 'a' * 10 ** 11 }}",
        "{{ 10 ** 11 * 'a' }}",
        "{{ [0] * 10 ** 11 }}",
        "{{ (10 ** 400) ** 400 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'pwn.html' %}",
        "{{ 1 / 0 }}",
        "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
        "{{ 9 ** (9 ** (9 ** 9)) }}",
        "{{ 2.0 ** 5000 }}",
    ],
)
def test_a_template_without_an_end_is_stopped(folder: Path, attack: str) -> None:
    begun = time.monotonic()
    with pytest.raises(ConfigError):
        made(folder, attack)
    assert time.monotonic() - begun < 60


# -- where templates are read from -----------------------------------------------------------------


def plant_link(folder: Path, secret: Path) -> None:
    (folder / "_part.html").symlink_to(secret)


def plant_fifo(folder: Path, _: Path) -> None:
    os.mkfifo(folder / "_part.html")


def plant_device(folder: Path, _: Path) -> None:
    (folder / "_part.html").symlink_to("/dev/zero")


def plant_folder(folder: Path, _: Path) -> None:
    (folder / "_part.html").mkdir()


def plant_large(folder: Path, _: Path) -> None:
    with (folder / "_part.html").open("wb") as file:
        file.truncate(1 << 40)


def plant_bytes(folder: Path, _: Path) -> None:
    (folder / "_part.html").write_bytes(b"\xff\xfe")


@pytest.mark.parametrize(
    "plant", [plant_link, plant_fifo, plant_device, plant_folder, plant_large, plant_bytes]
)
def test_only_regular_files_of_the_folder_are_templates(
    folder: Path, tmp_path: Path, plant: Any
) -> None:
    folder.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("structural secret")
    plant(folder, secret)
    with pytest.raises(ConfigError, match=r"_part\.html"):
        made(folder, "{% include '_part.html' %}")


@pytest.mark.parametrize("plant", [plant_link, plant_fifo, plant_device, plant_folder, plant_large])
def test_the_same_below_the_folder(folder: Path, tmp_path: Path, plant: Any) -> None:
    """`find_kinds` does not look there, `include` does."""
    below = folder / "below"
    below.mkdir(parents=True)
    secret = tmp_path / "secret"
    secret.write_text("structural secret")
    plant(below, secret)
    with pytest.raises(ConfigError, match=r"_part\.html"):
        made(folder, "{% include 'below/_part.html' %}")


@pytest.mark.parametrize(
    "name",
    ["../secret", "/etc/passwd", "below/../../secret", "link/secret", "..\\secret", "a\x00b", ""],
)
def test_no_path_leads_out_of_the_folder(folder: Path, tmp_path: Path, name: str) -> None:
    folder.mkdir()
    (folder / "below").mkdir()
    (folder / "link").symlink_to(tmp_path)
    (tmp_path / "secret").write_text("structural secret")
    for statement in ("include", "import", "extends"):
        more = " as x" if statement == "import" else ""
        with pytest.raises(ConfigError):
            made(folder, f"{{% {statement} name{more} %}}".replace("name", f"{name!r}"))


def test_a_folder_that_is_a_link_is_the_folder_that_it_leads_to(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "templates").symlink_to(real)
    assert "7" in made(tmp_path / "templates", "{{ number }}").html


def test_a_changed_template_is_read_again(folder: Path) -> None:
    folder.mkdir()
    (folder / "_part.html").write_text("one")
    assert "one" in made(folder, "{% include '_part.html' %}").html
    (folder / "_part.html").write_text("another")
    assert "another" in made(folder, "{% include '_part.html' %}").html


# -- the whole way ---------------------------------------------------------------------------------


@pytest.mark.integration
def test_templates_of_a_working_folder_are_not_even_read(
    filled: Eveobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`publish --dry-run` in a folder that somebody else filled ran any code."""
    work = tmp_path / "clone"
    templates = work / "templates"
    templates.mkdir(parents=True)
    attack: Mapping[str, str] = PLAIN | {"title": "{{ lipsum.__globals__.os.mkdir('pwned') }}"}
    (templates / "pwn.html").write_text(DECLARATION % attack)
    (work / "eveobs.toml").write_text(
        "[publish]\ntemplates = 'templates'\nrecords = ['contracts']\n"
    )
    monkeypatch.chdir(work)
    site = ("--folder", str(tmp_path / "site"), "--from", "contracts", "--limit", "1")
    result = filled("publish", "--dry-run", *site)
    assert not (work / "pwned").exists()
    assert result.exit_code == 0, result.output
    assert "ignored: publish.templates, publish.records" in result.stderr
    assert filled("config", "trust", "--yes").exit_code == 0
    result = filled("publish", "--dry-run", *site)
    assert result.exit_code == 3
    assert not (work / "pwned").exists()
