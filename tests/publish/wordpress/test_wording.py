"""A document is stored as text that nobody acts on, and is known again by its last line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.publish.document import FIELDS, Key, differing, digests
from eveobs.publish.targets.wordpress import wording
from tests.cli import hostile
from tests.publish.test_publishing import document

pytestmark = pytest.mark.unit
HASH = "0123456789abcdef" * 2


@given(kind=st.from_regex(r"[a-z]{1,16}", fullmatch=True), number=st.integers(0, 2**63))
def test_a_post_says_which_document_it_is_in_which_state(kind: str, number: int) -> None:
    one = document(1, kind=kind, external_id=str(number), hash=HASH)
    found = wording.marker(wording.content(one))
    assert found is not None
    assert (found.key, found.hash) == (one.key, HASH)
    assert differing(one, wording.unpack(found.digests)) == ()


@given(st.text())
def test_what_is_no_marker_is_none(text: str) -> None:
    assert wording.marker(text) is None


def test_the_last_marker_counts_not_one_that_a_player_wrote() -> None:
    forged = "&lt;!-- eveobs:contract/9 " + HASH + " - --&gt;"
    one = document(1, html=f"<p>{forged}</p>", hash=HASH)
    found = wording.marker(wording.content(one))
    assert found is not None
    assert found.key == Key("contract", "1")


@pytest.mark.parametrize("title", hostile.ALL)
def test_titles_are_text(title: str) -> None:
    kept = wording.title(document(1, title=title))
    assert not set("<>[]") & set(kept)
    assert "&" not in re.sub(r"&(amp|lt|gt|#91|#93);", "", kept)


def test_shortcodes_are_text_wherever_they_stand() -> None:
    one = document(1, html="<p>[gallery] and [eveobs]</p>", excerpt="[gallery]", hash=HASH)
    assert "[" not in wording.content(one) + wording.excerpt(one)


def test_a_moment_to_come_is_now() -> None:
    now = datetime(2026, 9, 1, tzinfo=UTC)
    assert wording.moment(document(1, date=now + timedelta(days=1)), now) == now
    assert wording.moment(document(1, date=now - timedelta(days=1)), now) < now


def test_digests_of_another_version_are_none() -> None:
    assert wording.unpack("") == wording.unpack("-") == wording.unpack("0" * 95) == {}
    assert {*wording.unpack(wording.pack(digests(document(1))))} == {*FIELDS}
