"""What strangers typed is text on every page; a template says what is wrong with it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.errors import ConfigError
from eveobs.publish import text
from eveobs.publish.document import Key
from eveobs.publish.kinds import find_kinds
from eveobs.publish.publishing import Publishing
from eveobs.publish.rendering import Renderer
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence
from tests.cli import hostile
from tests.publish.homes import IMAGES, plan_for
from tests.publish.memory_target import MemoryTarget, Relative
from tests.store.drafts import contract, reading

pytestmark = pytest.mark.unit

XML = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
OWN_TAGS = {
    *("article header img div h1 h2 p dl dt dd section table thead tbody tr th td time".split()),
    *("a span ul li br".split()),
}


class Tags(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.comments: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def test_hostile_titles_are_text_on_every_page(store: Store) -> None:
    titles = [one.encode("utf-8", "replace").decode() for one in hostile.ALL]
    store.apply(reading([contract(n, title=one) for n, one in enumerate(titles, 1)]))
    target = MemoryTarget(100)
    with plan_for(target, store, summaries=True) as plan:
        Publishing(target, Silence()).carry_out(plan)
    assert len(target.pages) == len(titles) + 1
    for _, page, _ in target.pages.values():
        parser = Tags()
        parser.feed(page.html)
        parser.close()
        assert parser.tags <= OWN_TAGS
        assert not parser.comments
        assert not {name for name in parser.attributes if name.startswith("on")}
        for field in (page.html, page.title, page.excerpt, *page.meta.values()):
            assert XML.fullmatch(field)
            assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068") & set(field)
    shown = target.pages[Key("contract", str(titles.index("<script>alert(1)</script>") + 1))][1]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.html


@given(st.text())
def test_readable_is_of_characters_that_xml_allows(given_text: str) -> None:
    found = text.readable(given_text)
    assert XML.fullmatch(found)
    assert text.readable(found) == found
    assert "\n" not in found


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126)))
def test_readable_leaves_plain_words_alone(given_text: str) -> None:
    assert text.readable(given_text) == given_text


@given(st.text())
def test_the_words_of_a_player_hold_no_tag_and_no_control(given_text: str) -> None:
    assert XML.fullmatch(text.prose(given_text))
    assert "<" not in re.sub(r"&lt;|<br>", "", str(text.lines(given_text)))


@pytest.mark.parametrize(
    ("amount", "shown", "short"),
    [
        (None, "", ""),
        (0.0, "0 ISK", "0 ISK"),
        (0.5, "0.50 ISK", "0 ISK"),
        (1234567.8, "1,234,568 ISK", "1.23M ISK"),
        (2e9, "2,000,000,000 ISK", "2B ISK"),
        (9.87e12, "9,870,000,000,000 ISK", "9.87T ISK"),
    ],
)
def test_isk_is_readable(amount: float | None, shown: str, short: str) -> None:
    assert text.isk(amount) == shown
    assert text.short_isk(amount) == short


def test_the_tags_of_the_game_are_left_out() -> None:
    bio = '<font size="12" color="#bfffffff">Hi<br>there</font> <a href="showinfo:5">x</a> 1 < 2'
    assert text.prose(bio) == "Hi\nthere x 1 < 2"
    assert text.lines(bio) == "Hi<br>there x 1 &lt; 2"


def test_a_template_of_ones_own_takes_the_place_of_ours(store: Store, tmp_path: Path) -> None:
    ours = find_kinds()["contract"]
    declared = ours.source.partition("#}")[0] + "#}"
    (tmp_path / "contract.html").write_text(declared + "<p>{{ contract_id }}!</p>")
    store.apply(reading([contract(7)]))
    target = MemoryTarget()
    with plan_for(target, store) as plan:
        Publishing(target, Silence()).carry_out(plan)
    with plan_for(target, store, templates=tmp_path) as plan:
        Publishing(target, Silence()).carry_out(plan)
        assert [one.fields for one in plan.changes] == [("html",)]
    assert target.pages[Key("contract", "7")][1].html == "<p>7!</p>"


def test_another_template_is_another_version() -> None:
    (one, two) = (
        Renderer(find_kinds(), Relative(), images, None) for images in (IMAGES, "https://x.example")
    )
    kind = find_kinds()["contract"]
    assert one.hash(kind, {"a": 1}) == one.hash(kind, {"a": 1})
    assert one.hash(kind, {"a": 1}) != one.hash(kind, {"a": 2})
    assert one.hash(kind, {"a": 1}) != two.hash(kind, {"a": 1})


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("<p>no declaration</p>", "does not start with a declaration"),
        ("{# kind = #}", "its declaration is wrong"),
        ('{# kind = "x" #}', "missing required field"),
        (
            '{# kind = "Con tract"\nsingular=""\nplural=""\ntitle=""\nexcerpt=""\ndate="" #}',
            "a to z",
        ),
        ('{# kind = "x"\nsingular=""\nplural=""\ntitle=""\nexcerpt=""\ndate=""\nmore=1 #}', "more"),
    ],
)
def test_a_template_that_declares_nothing_is_told_of(
    tmp_path: Path, source: str, problem: str
) -> None:
    (tmp_path / "mine.html").write_text(source)
    with pytest.raises(ConfigError, match=problem):
        find_kinds(tmp_path)


@pytest.mark.parametrize("body", ["{{ nothing_such }}", "{% if %}", "{{ price.x.y }}"])
def test_a_template_that_does_not_fit_names_itself(store: Store, tmp_path: Path, body: str) -> None:
    ours = find_kinds()["contract"]
    (tmp_path / "contract.html").write_text(ours.source.partition("#}")[0] + "#}" + body)
    store.apply(reading([contract(7, price=1.0)]))
    with pytest.raises(ConfigError, match=r"contract\.html does not fit contract 7"):
        plan_for(MemoryTarget(), store, templates=tmp_path)
