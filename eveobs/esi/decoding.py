"""Bodies of answers as values of the shape that was asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from eveobs.errors import ShapeError
from eveobs.esi.answers import Answer

T = TypeVar("T")


class Decoding:
    """Decodes and validates JSON; a decoder is made once a shape."""

    def __init__(self) -> None:
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    def decode(self, path: str, url: str, body: bytes, shape: type[T]) -> T:
        """`body`, the answer of the route `path` to `url`. Raises ShapeError for another shape."""
        decoder = self._decoders.get(shape)
        if decoder is None:
            decoder = self._decoders[shape] = msgspec.json.Decoder(shape)
        try:
            return decoder.decode(body)  # type: ignore[no-any-return]
        except msgspec.DecodeError as error:
            raise ShapeError(
                f"the answer of {path} is not what ESI documents: {error} ({url})",
                status=200,
                hint="Nothing of it was kept. If it stays so, ESI has changed: update eveobs.",
            ) from error


async def twice_if_cut_short(ask: Callable[[], Awaitable[Answer[T]]]) -> Answer[T]:
    """A body that is no JSON at all was damaged on its way, which asking once more may mend."""
    try:
        return await ask()
    except ShapeError as error:
        if type(error.__cause__) is not msgspec.DecodeError:
            raise
    return await ask()
