"""A template makes a page and nothing else, whoever wrote it."""

from __future__ import annotations

import os
import time
import tracemalloc
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


BOMBS = [
    "{{ '%500000000d' % 1 }}",
    "{{ '%*d' % (500000000, 1) }}",
    "{{ '%.500000000f' % 1 }}",
    "{{ '%500000000d'|format(1) }}",
    "{{ ('%s' * 9999) % ((('a' * 99999),) * 9999) }}",
    "{{ '{:500000000d}'.format(1) }}",
    "{{ '{:{}d}'.format(1, 500000000) }}",
    "{{ ('{0}' * 9999).format('a' * 99999) }}",
    "{{ '{x:500000000}'.format_map({'x': 1}) }}",
    "{{ 'a'.center(500000000) }}",
    "{{ 'a'.zfill(500000000) }}",
    "{{ 'a'.ljust(500000000) }}",
    "{{ 'a'.rjust(width=500000000) if false else 'a'.rjust(500000000) }}",
    "{{ ('a'|e).center(500000000) }}",
    "{{ 'a'.encode().center(500000000) }}",
    "{{ '\t'.expandtabs(500000000) }}",
    "{{ (1).to_bytes(500000000, 'big') }}",
    "{{ 'a'.translate({97: 'b' * 999999}) }}",
    "{{ ('a' * 99999).replace('a', 'b' * 99999) }}",
    "{{ ('a' * 99999)|replace('a', 'b' * 99999) }}",
    "{{ ('a' * 99999).join(['b'] * 99999) }}",
    "{{ (['b'] * 99999)|join('a' * 99999) }}",
    "{{ 'a'|center(500000000) }}",
    "{{ ['a']|map('center', 500000000)|list }}",
    "{{ 'a'|indent(500000000, true) }}",
    "{{ ('\n' * 99999)|indent(9999, true, true) }}",
    "{{ ('a' * 99999)|wordwrap(1, true, 'b' * 99999) }}",
    "{{ [1]|batch(500000000, 0)|list }}",
    "{{ [1]|slice(500000000)|list }}",
    "{{ 1|round(500000000, 'ceil') }}",
    "{{ [[1]]|tojson(500000000) }}",
    "{{ lipsum(500000) }}",
    *(
        "{% set n = namespace(x='a' * 1000) %}"
        "{% for i in range(25) %}{% set n.x = " + doubled + " %}{% endfor %}"
        for doubled in ("n.x ~ n.x", "n.x + n.x", "[n.x, n.x]|join")
    ),
    (
        "{% set n = namespace(x='a' * 1000) %}{% for i in range(25) %}"
        "{% set y %}{{ n.x }}{{ n.x }}{% endset %}{% set n.x = y %}{% endfor %}"
    ),
    (
        "{% macro two(x) %}{{ x }}{{ x }}{% endmacro %}{% set n = namespace(x='a' * 1000) %}"
        "{% for i in range(25) %}{% set n.x = two(n.x) %}{% endfor %}"
    ),
    (
        "{% set n = namespace(x=10 ** 1000) %}{% for i in range(25) %}{% set n.x = n.x * n.x %}"
        "{% endfor %}"
    ),
    "{% set n = namespace(x=[1]) %}{% for i in range(28) %}{% set n.x = n.x + n.x %}{% endfor %}",
]


@pytest.mark.parametrize("attack", BOMBS)
def test_no_operation_of_a_template_makes_something_huge(folder: Path, attack: str) -> None:
    """Most of these took seconds and gigabytes, in which Python cannot be interrupted. The bound of
    the test is small so that it is the operation that is refused, and not the page that it makes.
    """
    begun = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(ConfigError, match=r"too large|too often|larger than|not available"):
            made(folder, attack)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * 1024 * 1024
    assert time.monotonic() - begun < 10


def test_reasonable_operations_are_left_alone(folder: Path) -> None:
    page = (
        "{{ 'a'.center(5)|replace(' ', '.') }} {{ 'a'.zfill(3) }} {{ '%05.1f' % 2 }} {{ '%d%%' % 7 }}"
        "{{ '{:>5}'.format('x') }} {{ '{a}'.format(a=1) }} {{ [1, 2]|join(', ') }} {{ 123456789|tojson }}"
        "{{ 1234567.891|round(1) }} {{ [{'a': 1}]|join(attribute='a') }} {{ 10 ** 12 * 3 - 1 }}"
        "{{ 'x' ~ 1 ~ '<' }} {{ [1, 2, 3]|batch(2, 0)|list }} {{ 'a\nb'|indent(2) }}"
        "{{ [1] + [2] }} {{ '%s' % [3] }} {{ 9999999999 % 7 }} {{ 'a b'|wordwrap(1) }}"
        "{{ '{:,.2f}'.format(12345678901.5) }} {{ 'a'|default(1000000) }} {{ 5 // 2 }}"
    )
    html = made(folder, page).html
    for words in ("..a..", "00a", "002.0", "7%", "1, 2", "123456789", "x1&lt;", "2999999999999"):
        assert words in html
    assert "12,345,678,901.50" in html


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
