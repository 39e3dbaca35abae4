"""Descriptions that ESI sends as Python source are shown decoded, never evaluated, and stored as
they came.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.cli.output import Format, write_record, write_rows
from eveobs.publish import text as pages
from eveobs.records.python_text import decode_python_text
from eveobs.records.schema import Column
from tests.cli.hostile import leaked

pytestmark = pytest.mark.unit

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SENT = r"u'Caf\xe9 <b>o7</b>\n\u0416\ud83d\ude80'"
MEANT = "Café <b>o7</b>\nЖ🚀"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (SENT, MEANT),
        (r'u"it\'s \"quoted\""', 'it\'s "quoted"'),
        ("u'a\"b'", 'a"b'),
        ("u''", ""),
        (r"u'back\\slash \U0001F680'", "back\\slash 🚀"),
        (r"u'half \ud83d'", "half \ufffd"),
        (r"u'\U0011FFFF \q \x4'", r"\U0011FFFF \q \x4"),
    ],
)
def test_literals(sent: str, meant: str) -> None:
    assert decode_python_text(sent) == meant


@pytest.mark.parametrize(
    "plain",
    [
        "",
        "u",
        "u'",
        "Hello",
        "use u'x' here",
        "u'x' and more",
        "u'x' + u'y'",
        "u'it's'",
        "u'open\\'",
        "b'x'",
        "'x'",
        "__import__('os').system('true')",
        "u'{0}'.format(open('x'))",
    ],
)
def test_other_texts_stay_as_they_are(plain: str) -> None:
    assert decode_python_text(plain) == plain


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_it_is_the_inverse_of_what_python_writes(text: str) -> None:
    sent = "u" + ascii(text)
    assert decode_python_text(sent) == text == ast.literal_eval(sent)


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    decode_python_text(text)
    decode_python_text(f"u'{text}'")


def test_a_long_text_takes_no_longer_than_its_length() -> None:
    assert decode_python_text("u'" + "\\" * 200_001) == "u'" + "\\" * 200_001
    assert len(decode_python_text("u'" + r"\x41" * 100_000 + "'")) == 100_000


def shown(record: dict[str, object], format_: Format, fields: Sequence[str] | None = None) -> str:
    import io

    stream = io.StringIO()
    how = {"stream": stream, "width": None, "colour": False, "now": NOW, "fields": fields}
    columns = [Column("name", "Name")]
    names = list(record)
    if fields is None and format_ is Format.TABLE:
        write_record(record, columns=columns, details={}, format=format_, all_fields=names, **how)  # type: ignore[arg-type]
    else:
        write_rows([record], columns=columns, format=format_, all_fields=names, **how)  # type: ignore[arg-type]
    return stream.getvalue()


def test_people_see_it_decoded_and_machines_see_what_esi_sent() -> None:
    record: dict[str, object] = {"name": "Somebody", "description": SENT}
    assert "Café <b>o7</b>" in shown(record, Format.TABLE)
    assert "Café <b>o7</b>" in shown(record, Format.TABLE, ["name", "description"])
    assert json.loads(shown(record, Format.JSON))[0]["description"] == SENT
    assert json.loads(shown(record, Format.NDJSON))["description"] == SENT
    assert SENT in shown(record, Format.CSV)
    assert pages.prose(SENT) == "Café o7\nЖ🚀"
    assert pages.lines(SENT) == "Café o7<br>Ж🚀"


def test_only_descriptions_are_decoded() -> None:
    assert "u'x'" in shown({"name": "u'x'", "description": ""}, Format.TABLE)


@pytest.mark.parametrize(
    "sent",
    [r"u'\x1b[31mred\x07\u202e'", r"u'\x1b]0;title\x07'", r"u'<script>alert(1)</script>\x00'"],
)
def test_what_hides_in_escapes_is_made_safe_after_decoding(sent: str) -> None:
    record: dict[str, object] = {"name": "Somebody", "description": sent}
    for fields in (None, ["description"]):
        assert not leaked(shown(record, Format.TABLE, fields).replace("\n", ""))
    page = str(pages.lines(sent))
    assert not {"\x1b", "\x07", "\x00", "\u202e"} & set(page)
    assert "<script" not in page
