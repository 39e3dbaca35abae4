r"""Descriptions that ESI sends as Python source: `u'caf\xe9 \'o7\''`, seen in January 2026.

What is stored and what machines read stays ESI's own value: it is compared with the next answer, a
later ESI may mend it, and a script that decodes it by itself must not find it decoded once already.
Tables, cards and pages show it decoded.

The text is a player's and hostile: it is parsed as a literal by a regular expression and never
evaluated, and whoever shows it makes it safe *after* it was decoded, as a `\x1b` becomes a control
character only then.
"""

from __future__ import annotations

import re

FIELDS = frozenset({"description"})
"""Fields in which such text has been seen."""

_LITERAL = re.compile(r"u(?:'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\")", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\\'\"abfnrtv\n]))", re.DOTALL
)
_PLAIN = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "\n": "",
}
_LARGEST = 0x10FFFF


def decode_python_text(text: str) -> str:
    r"""`text` as its writer meant it, where all of it is one literal `u'…'` or `u"…"`.

    Any other text comes back as it is, and so does an escape that Python does not know. Two halves
    of a surrogate pair become one character, a single half U+FFFD.
    """
    if not text.startswith(("u'", 'u"')):
        return text
    literal = _LITERAL.fullmatch(text)
    if literal is None:
        return text
    inside = literal[1] if literal[1] is not None else literal[2]
    decoded = _ESCAPE.sub(_character, inside)
    return decoded.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    if code is None:
        return _PLAIN[escape[4]]
    number = int(code, 16)
    return chr(number) if number <= _LARGEST else escape[0]
