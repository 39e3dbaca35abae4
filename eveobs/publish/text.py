"""Text that strangers typed, made safe for a page, and values as a reader likes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from markupsafe import Markup, escape

from eveobs.records.python_text import decode_python_text

# All that XML 1.0 forbids (a WordPress cannot hand out a post with such a character in it over
# XML-RPC), C1 controls, and what turns the direction of the text around it.
_HARMFUL = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)
_BREAK = re.compile(r"<br\s*/?>|\r\n?|\u2028|\u2029", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def readable(text: str) -> str:
    """`text` on one line, without characters that XML 1.0 forbids or that reorder others."""
    return " ".join(_HARMFUL.sub("", text).split())


def clean(page: str) -> str:
    """`page` without the characters that `readable` leaves out, and without empty lines."""
    lines = (_HARMFUL.sub("", line).rstrip() for line in page.split("\n"))
    return "\n".join(line for line in lines if line)


def prose(text: str | None) -> str:
    """What a player wrote of himself: the game's tags left out, its line breaks kept."""
    meant = decode_python_text(text or "")  # first: what its escapes hide is cleaned below
    lines = _TAG.sub("", _BREAK.sub("\n", meant)).split("\n")
    return "\n".join(line for line in map(readable, lines) if line)


def isk(amount: float | None) -> str:
    """1234567.8 as "1,234,568 ISK"; cents are shown below a thousand."""
    if amount is None:
        return ""
    return f"{amount:,.2f} ISK" if abs(amount) < 1000 and amount % 1 else f"{amount:,.0f} ISK"


def exact_isk(amount: float | None) -> str:
    """1234567.8 as "1,234,567.80 ISK": to the cent."""
    return "" if amount is None else f"{amount:,.2f} ISK"


def short_isk(amount: float | None) -> str:
    """1234567.8 as "1.23M ISK"."""
    if amount is None:
        return ""
    for size, unit in _UNITS:
        if abs(amount) >= size:
            return f"{amount / size:.3g}{unit} ISK"
    return f"{amount:,.0f} ISK"


def number(value: float | None) -> str:
    """12345.5 as "12,345.5"."""
    return "" if value is None else f"{value:,.6g}" if value % 1 else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """12.5 as "12.5 %": the value is a percentage already, not a share of 1."""
    return "" if value is None else f"{number(value)} %"


def moment(when: datetime | None) -> Markup:
    """A `<time>` that people and programs can read, in EVE's own time, which is UTC."""
    if when is None:
        return Markup("")
    at = when.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d %H:%M} UTC"
    )


def day(when: datetime | None) -> str:
    """The day of a moment, in UTC."""
    return "" if when is None else f"{when.astimezone(UTC):%Y-%m-%d}"


def words(text: str | None) -> str:
    """`item_exchange` as "Item exchange"."""
    spaced = (text or "").replace("_", " ")
    return spaced[:1].upper() + spaced[1:]


def lines(text: str | None) -> Markup:
    """`prose` as HTML, a `<br>` between its lines."""
    return Markup("<br>").join(escape(line) for line in prose(text).split("\n"))
