"""Bodies of answers as values of the shape that was asked for."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from eveobs.errors import ShapeError
from eveobs.esi.answers import Answer
from eveobs.esi.body_limits import MAX_VALUES, may_have_too_many_values

if TYPE_CHECKING:
    from eveobs.esi.anomalies import Anomalies

T = TypeVar("T")

REPLACEMENT = "\ufffd"
_ESCAPES = re.compile(
    rb"\\\\"  # a backslash, of which nothing begins
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair: one character
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"  # half of one
)
_HALF = 6
"""Bytes of an escape such as `\\ud800`."""


class Decoding:
    """Decodes and validates JSON; a decoder is made once a shape. `anomalies` is told what had to
    be mended.
    """

    def __init__(self, anomalies: Anomalies) -> None:
        self._anomalies = anomalies
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    def decode(self, path: str, url: str, body: bytes, shape: type[T]) -> T:
        """`body`, the answer of the route `path` to `url`. Raises ShapeError for another shape.

        Text that is no Unicode costs its value alone: U+FFFD stands in its place.
        """
        decoder = self._decoders.get(shape)
        if decoder is None:
            decoder = self._decoders[shape] = msgspec.json.Decoder(shape)
        if may_have_too_many_values(body):
            raise _not_documented(path, f"more than {MAX_VALUES:,} values", url)
        try:
            try:
                return decoder.decode(body)  # type: ignore[no-any-return]
            except msgspec.ValidationError:
                raise
            except msgspec.DecodeError:
                mended, places = mend(body)
                if not places:
                    raise
                value: T = decoder.decode(mended)
                self._anomalies.replaced(path, places)
                return value
        except msgspec.DecodeError as error:
            raise _not_documented(path, str(error), url) from error
        except RecursionError as error:
            raise _not_documented(path, "it is nested too deeply", url) from error


def mend(body: bytes) -> tuple[bytes, int]:
    """`body` with U+FFFD for every half of a surrogate pair and for bytes that are no UTF-8, and
    how many there were: players' text has been cut off in the middle of a character.
    """
    count = 0

    def replace(found: re.Match[bytes]) -> bytes:
        nonlocal count
        if len(found[0]) != _HALF:
            return found[0]
        count += 1
        return b"\\ufffd"

    text = body.decode("utf-8", errors="replace")
    damaged = text.count(REPLACEMENT) - body.count(REPLACEMENT.encode())
    return _ESCAPES.sub(replace, text.encode()), count + damaged


def _not_documented(path: str, why: str, url: str) -> ShapeError:
    return ShapeError(
        f"the answer of {path} is not what ESI documents: {why} ({url})",
        status=200,
        hint="Nothing of it was kept. If it stays so, ESI has changed: update eveobs.",
    )


async def twice_if_cut_short(ask: Callable[[], Awaitable[Answer[T]]]) -> Answer[T]:
    """A body that is no JSON at all was damaged on its way, which asking once more may mend."""
    try:
        return await ask()
    except ShapeError as error:
        if type(error.__cause__) is not msgspec.DecodeError:
            raise
    return await ask()
