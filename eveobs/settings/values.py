"""From what someone wrote to a value that fits its key."""

from __future__ import annotations

import re
from contextlib import suppress

import msgspec

from eveobs.settings.checks import Standing
from eveobs.settings.keys import Key
from eveobs.settings.meta import SPELLINGS
from eveobs.settings.wording import shown

_YES_NO = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_WHOLE = re.compile(r"[+-]?\d[\d_]{0,30}", re.ASCII)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class UnfitError(ValueError):
    """A value does not fit its key; the text is ready for people and holds no secret."""


def from_text(key: Key, text: str) -> object:
    """What `text`, from a variable or a command line, means for `key`.

    Lists are comma-separated or JSON. A text that means nothing comes back as it is: `fit` then
    says what was expected.
    """
    word = text.strip()
    if key.shape is bool:
        return _YES_NO.get(word.lower(), text)
    if key.is_list:
        return _list_from_text(word)
    with suppress(ValueError):
        if key.shape is int and _WHOLE.fullmatch(word):
            return int(word)
        if key.shape is float:
            return float(word)
    return text


def _list_from_text(text: str) -> object:
    if not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text


def fit(key: Key, raw: object, standing: Standing) -> object:
    """`raw` (as TOML or a flag gives it) as the value of `key`. Raises UnfitError."""
    if key.is_secret:
        return _fit_secret(key, raw, standing)
    if key.choices and isinstance(raw, str):
        word = raw.strip().lower()
        raw = SPELLINGS.get(key.dotted, {}).get(word, word)
    if key.is_list and isinstance(raw, list | tuple):
        raw = _elements(key, raw)
    if key.shape is str:
        return _checked(key, _text(key, raw), standing)
    try:
        return msgspec.convert(raw, key.annotated)
    except (msgspec.ValidationError, OverflowError):
        raise _unfit(key, raw) from None


def _unfit(key: Key, raw: object) -> UnfitError:
    got = "" if key.is_secret else f", got {shown(raw)}"
    return UnfitError(f"{key.dotted}: expected {key.expected}{got}")


def _fit_secret(key: Key, raw: object, standing: Standing) -> object:
    if not isinstance(raw, str) or _CONTROLS.search(raw):
        raise _unfit(key, raw)
    return key.shape(_checked(key, raw.strip(), standing))


def _elements(key: Key, raw: list[object] | tuple[object, ...]) -> list[str]:
    """Texts; an id written as a number is as good as one in quotes."""
    texts = [str(one) if type(one) is int else one for one in raw]
    if not all(isinstance(one, str) and one.strip() for one in texts):
        raise _unfit(key, raw)
    return [_text(key, one) for one in texts]


def _text(key: Key, raw: object) -> str:
    # TOML has dates of its own; 2026-08-18 without quotes is as good as with them.
    if not isinstance(raw, str) and key.check and type(raw).__name__ == "date":
        return str(raw)
    if not isinstance(raw, str):
        raise _unfit(key, raw)
    if _CONTROLS.search(raw):
        raise UnfitError(
            f"{key.dotted}: expected text without control characters, got {shown(raw)}"
        )
    return raw.strip()


def _checked(key: Key, text: str, standing: Standing) -> str:
    if not key.check or (not text and key.may_be_empty):
        return text
    try:
        return key.check.rule(text, standing)
    except ValueError:
        raise _unfit(key, text) from None
