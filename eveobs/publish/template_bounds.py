"""Sizes of what one operation of a template may make, estimated before it is made.

Python cannot be interrupted while it makes a text of a gigabyte or multiplies large numbers. So
every operation that makes more than it is given is weighed first: operators, filters, and methods
of texts. An estimate may be too large; the bounds are a hundred times what a page needs.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from jinja2.exceptions import SecurityError
from jinja2.filters import make_attrgetter

MAX_TEXT = 8 * 1024 * 1024
"""Characters of a text."""
MAX_ELEMENTS = 1_000_000
"""Characters or elements that `*` may make of a text or a list; elements that `+` may make."""
MAX_BITS = 4096
"""Bits of an integer that an operator takes or makes."""
MAX_NUMBER = 10_000
"""A width, a precision, or a number of parts."""
_NUMBERS = re.compile(r"[0-9]{5,}")
_COUNTED = ("batch", "center", "indent", "pprint", "round", "slice", "tojson", "truncate", "urlize")
"""Filters with an argument that says how much they make."""
_WIDTHS = ("center", "ljust", "rjust", "zfill")
_REFUSED = ("expandtabs", "from_bytes", "maketrans", "to_bytes", "translate")


def check_operator(operator: str, left: Any, right: Any) -> None:
    """Raise SecurityError where `left operator right` would be of an unreasonable size."""
    for value in (left, right):
        if isinstance(value, int) and value.bit_length() > MAX_BITS:
            raise SecurityError("a number is too large")
    if operator in _CHECKS:
        _CHECKS[operator](left, right)


def _check_product(left: Any, right: Any) -> None:
    _check_repetition(left, right)
    _check_repetition(right, left)
    if _are_integers(left, right) and left.bit_length() + right.bit_length() > MAX_BITS:
        raise SecurityError("a product is too large")


def _check_power(left: Any, right: Any) -> None:
    if _are_integers(left, right) and abs(left) > 1 and right * left.bit_length() > MAX_BITS:
        raise SecurityError("a power is too large")


def _check_sum(left: Any, right: Any) -> None:
    largest = MAX_TEXT if isinstance(left, str | bytes) else MAX_ELEMENTS
    if _length(left) + _length(right) > largest:
        raise SecurityError("a text or list is too large")


def _check_percent(left: Any, right: Any) -> None:
    if not isinstance(left, str | bytes):
        return
    text = left.decode("latin-1") if isinstance(left, bytes) else left
    if "*" in text or _NUMBERS.search(text):
        raise SecurityError("a width of % is too large")
    _check_text(len(text) + text.count("%") * (_largest_width(text) + _longest(right)))


_CHECKS = {"*": _check_product, "**": _check_power, "+": _check_sum, "%": _check_percent}


def _largest_width(text: str) -> int:
    return max((int(one) for one in re.findall(r"[0-9]{1,4}", text)), default=0)


def joined(parts: Iterable[Any], separator: Any = "") -> list[Any]:
    """`parts`, as a list. Raises SecurityError where they make too large a text."""
    found, size = [], 0
    for part in parts:
        size += _length(part) + _length(separator)
        _check_text(size)
        found.append(part)
    return found


def check_format(text: str, values: Iterable[Any]) -> None:
    """Raise SecurityError where `text.format(*values)` would be too large."""
    longest = max((_length(value) for value in values), default=0)
    size = 0
    for literal, _, spec, _ in string.Formatter().parse(text):
        if spec and ("{" in spec or _NUMBERS.search(spec)):
            raise SecurityError("a width of a format is too large, or a field itself")
        size += len(literal) + longest + _largest_width(spec or "")
    _check_text(size)


def check_method(method: Any, args: tuple[Any, ...], more: Mapping[str, Any]) -> None:
    """Raise SecurityError where a method of a text, bytes or an integer would make too much."""
    owner, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
    if isinstance(owner, int) or owner is int:
        if name in _REFUSED:
            raise SecurityError(f"{name} is not available")
        return
    if not isinstance(owner, str | bytes) and owner not in (str, bytes):
        return
    if name in _REFUSED:
        raise SecurityError(f"{name} is not available")
    if name in _WIDTHS:
        _check_numbers(name, (*args, *more.values()))
    elif name == "replace" and isinstance(owner, str | bytes) and len(args) > 1:
        _check_replacement(owner, args[0], args[1])
    elif name == "join" and args and isinstance(args[0], list | tuple):
        joined(args[0], owner)


def bounded_filters(filters: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Jinja's `filters`, those that make more than they are given with a bound."""
    found = dict(filters)
    for name in _COUNTED:
        skipped = 2 if hasattr(found[name], "jinja_pass_arg") else 1
        found[name] = _with_check(found[name], name, _check_numbers, skipped)
    found["indent"] = _with_check(found["indent"], "indent", _check_indent)
    found["wordwrap"] = _with_check(found["wordwrap"], "wordwrap", _check_wrap)
    found["format"] = _with_check(found["format"], "format", _check_printf)
    found["replace"] = _with_check(found["replace"], "replace", _check_replace)
    join = found["join"]

    @wraps(join)
    def bounded_join(context: Any, value: Any, d: Any = "", attribute: Any = None) -> Any:
        if attribute is not None:
            value = map(make_attrgetter(context.environment, attribute), value)
        return join(context, joined(value, d), d)

    found["join"] = bounded_join
    return found


def bounded_lipsum(lipsum: Callable[..., Any]) -> Callable[..., Any]:
    """Jinja's function that makes text without a meaning, of a reasonable length."""

    @wraps(lipsum)
    def bounded(n: int = 5, html: bool = True, min: int = 20, max: int = 100) -> Any:  # noqa: A002
        if n * max > MAX_NUMBER:
            raise SecurityError("lipsum makes too large a text")
        return lipsum(n, html, min, max)

    return bounded


def _with_check(
    apply: Callable[..., Any],
    name: str,
    check: Callable[[str, tuple[Any, ...]], None],
    skipped: int = 0,
) -> Callable[..., Any]:
    """`apply` after `check`, which gets the arguments but the first `skipped`: a value itself may
    be any number.
    """

    @wraps(apply)
    def checked(*args: Any, **more: Any) -> Any:
        check(name, (*args[skipped:], *more.values()))
        return apply(*args, **more)

    return checked


def _check_numbers(name: str, values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, int) and abs(value) > MAX_NUMBER:
            raise SecurityError(f"a number is too large for {name}")


def _check_indent(name: str, values: tuple[Any, ...]) -> None:
    del name
    text, *more = values
    width = max((one if isinstance(one, int) else _length(one) for one in more), default=4)
    _check_text(_length(text) + (str(text).count("\n") + 1) * width)


def _check_wrap(name: str, values: tuple[Any, ...]) -> None:
    del name
    texts = [one for one in values if isinstance(one, str)]
    longest = max((len(one) for one in texts[1:]), default=1)
    _check_text(len(texts[0]) * (1 + longest) if texts else 0)


def _check_printf(name: str, values: tuple[Any, ...]) -> None:
    del name
    check_operator("%", str(values[0]), values[1:])


def _check_replace(name: str, values: tuple[Any, ...]) -> None:
    del name
    texts = [one for one in values if isinstance(one, str)]
    if len(texts) > 2:
        _check_replacement(*texts[:3])


def _check_replacement(text: Any, old: Any, new: Any) -> None:
    if isinstance(old, type(text) | str | bytes):
        times = text.count(old) if isinstance(old, str) == isinstance(text, str) else 0
        _check_text(len(text) + times * _length(new))


def _check_repetition(value: Any, times: Any) -> None:
    repeated = isinstance(value, str | bytes | list | tuple) and isinstance(times, int)
    if repeated and len(value) * times > MAX_ELEMENTS:
        raise SecurityError("a text or list is repeated too often")


def _check_text(size: int) -> None:
    if size > MAX_TEXT:
        raise SecurityError(f"a text is larger than {MAX_TEXT:,} characters")


def _longest(values: Any) -> int:
    if isinstance(values, Mapping):
        values = values.values()
    elif not isinstance(values, tuple):
        values = (values,)
    return max((_length(one) for one in values), default=0)


def _length(value: Any) -> int:
    """Characters or elements."""
    return len(value) if isinstance(value, str | bytes | list | tuple | dict) else 0


def _are_integers(left: Any, right: Any) -> bool:
    return isinstance(left, int) and isinstance(right, int)
