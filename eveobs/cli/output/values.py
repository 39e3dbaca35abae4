"""How a value looks to a person: a column of values in, their texts out, full and compact.

Texts are plain (see `eveobs.cli.plain`). A value that is not of its column's kind is shown as text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeGuard

from eveobs.cli.output.machine import digits, json_text, timestamp
from eveobs.cli.plain import plain
from eveobs.records.python_text import FIELDS, decode_python_text

YES = "✓"
_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_THOUSAND = 1000
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LONG = 100  # days from which hours say nothing


class Shown(NamedTuple):
    """The cells of a column; `compact` is what they become where width is short."""

    full: list[str]
    compact: list[str]
    right: bool = False


def show(kind: str, values: Sequence[object], now: datetime | None) -> Shown:
    """The texts of a column of `kind` (a `Kind`, or "" to go by the values).

    Times are told relative to `now`, and as ESI writes them without one.
    """
    return _SHOW.get(kind or kind_of(values), _show_text)(values, now)


def as_meant(field: str, value: object) -> object:
    """The value of `field` as its writer meant it: some descriptions arrive as Python source."""
    return decode_python_text(value) if field in FIELDS and isinstance(value, str) else value


def text(value: object) -> str:
    """One value as plain text: nothing for None, a time as ESI writes it."""
    if isinstance(value, str):
        return plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, int | float):
        return digits(value)
    return plain(json_text(value))


def compact_amount(amount: float) -> str:
    """An amount in three figures and a unit: 1.25B, 340M, 12.5k, 999."""
    for size, unit in _UNITS:
        scaled = float(f"{amount / size:.3g}")
        if abs(scaled) >= 1:
            return (f"{scaled:,.0f}" if abs(scaled) >= _THOUSAND else f"{scaled:g}") + unit
    return f"{float(f'{amount:.3g}'):g}"


def relative(moment: datetime, now: datetime) -> str:
    """How far `moment` is from `now`: "in 3d 4h", "2h ago"."""
    seconds = int((_utc(moment) - _utc(now)).total_seconds())
    if seconds == 0:
        return "now"
    parts = _span(abs(seconds))
    return f"in {' '.join(parts)}" if seconds > 0 else f"{parts[0]} ago"


def _span(seconds: int) -> list[str]:
    """One or two parts: days and hours, hours and minutes, minutes, or seconds."""
    days, hours, minutes = seconds // _DAY, seconds % _DAY // _HOUR, seconds % _HOUR // _MINUTE
    if days:
        return [f"{days}d"] + ([f"{hours}h"] if hours and days < _LONG else [])
    if hours:
        return [f"{hours}h"] + ([f"{minutes}m"] if minutes else [])
    return [f"{minutes}m"] if minutes else [f"{seconds}s"]


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def kind_of(values: Sequence[object]) -> str:
    """The `Kind` of a field without a column; whole numbers may be ids: no separators."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, bool):
        return "flag"
    if isinstance(first, datetime):
        return "time"
    if isinstance(first, int):
        return "id"
    return "isk" if isinstance(first, float) else "text"


def _show_text(values: Sequence[object], _now: datetime | None) -> Shown:
    texts = [text(value) for value in values]
    return Shown(texts, texts)


def _show_id(values: Sequence[object], _now: datetime | None) -> Shown:
    texts = [text(value) for value in values]
    return Shown(texts, texts, right=True)


def _show_flag(values: Sequence[object], _now: datetime | None) -> Shown:
    texts = [YES if value is True else "" if value is False else text(value) for value in values]
    return Shown(texts, texts)


def _show_isk(values: Sequence[object], _now: datetime | None) -> Shown:
    """Cents for all when one has them, so that the digits of a column stand below each other."""
    cents = 2 if any(_is_amount(value) and value % 1 for value in values) else 0
    full = [f"{value:,.{cents}f}" if _is_amount(value) else text(value) for value in values]
    compact = [compact_amount(value) if _is_amount(value) else text(value) for value in values]
    return Shown(full, compact, right=True)


def _show_number(values: Sequence[object], _now: datetime | None) -> Shown:
    full = [_grouped(value) if _is_amount(value) else text(value) for value in values]
    return Shown(full, full, right=True)


def _show_volume(values: Sequence[object], _now: datetime | None) -> Shown:
    full = [f"{_grouped(v)} m³" if _is_amount(v) else text(v) for v in values]
    compact = [f"{compact_amount(v)} m³" if _is_amount(v) else text(v) for v in values]
    return Shown(full, compact, right=True)


def _show_percent(values: Sequence[object], _now: datetime | None) -> Shown:
    full = [f"{_grouped(v)} %" if _is_amount(v) else text(v) for v in values]
    return Shown(full, full, right=True)


def _show_share(values: Sequence[object], now: datetime | None) -> Shown:
    """Shares of 1, as the percentages that people read."""
    return _show_percent([100 * v if _is_amount(v) else v for v in values], now)


def _show_time(values: Sequence[object], now: datetime | None) -> Shown:
    if now is None:
        return _show_text(values, now)
    full = [relative(v, now) if isinstance(v, datetime) else text(v) for v in values]
    return Shown(full, [cell.removeprefix("in ") for cell in full])


def _grouped(number: float) -> str:
    """Thousands separated; at most two decimals, none for whole numbers."""
    return f"{number:,.2f}".rstrip("0").rstrip(".") if number % 1 else f"{number:,.0f}"


def _is_amount(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_SHOW: dict[str, Callable[[Sequence[object], datetime | None], Shown]] = {
    "text": _show_text,
    "id": _show_id,
    "isk": _show_isk,
    "number": _show_number,
    "volume": _show_volume,
    "percent": _show_percent,
    "share": _show_share,
    "time": _show_time,
    "flag": _show_flag,
}
