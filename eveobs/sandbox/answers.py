"""What a handler is asked and what it answers, before either touches a wire."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from hashlib import sha224
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import msgspec

ROWS_PER_PAGE = 1000
_WORTH_PACKING = 1024
_MOST_PAGES = (1 << 31) - 1
_LARGEST_ID = (1 << 63) - 1


class Body:
    """JSON, encoded once: the bytes, their ETag, and the same compressed."""

    content_type = "application/json; charset=UTF-8"

    def __init__(self, value: object, *, weak: bool = False) -> None:
        """ESI's ETags are 56 hexadecimal digits; those of static data are weak."""
        self.data = msgspec.json.encode(value, order="sorted")
        self.etag = f'{"W/" if weak else ""}"{sha224(self.data).hexdigest()}"'

    @cached_property
    def packed(self) -> bytes:
        """Compressed with gzip."""
        return gzip.compress(self.data, 6, mtime=0)

    @property
    def is_worth_packing(self) -> bool:
        """Whether it is sent compressed to whoever accepts that."""
        return len(self.data) > _WORTH_PACKING


class RawBody(Body):
    """Any bytes; `packed` is what is sent for them as if compressed, and always."""

    def __init__(
        self, data: bytes, *, packed: bytes = b"", content_type: str = Body.content_type
    ) -> None:
        self.data = data
        self.etag = ""
        self.content_type = content_type
        if packed:
            self.packed = packed

    @property
    def is_worth_packing(self) -> bool:
        """Only what is compressed already."""
        return "packed" in self.__dict__


class Answer(NamedTuple):
    """`last_modified` and `expires` in seconds since the epoch; None where ESI sends no header.

    `hit`: it was at hand, as ESI's `X-Esi-Cache-Status` tells. `extra` are headers that are said
    whatever else would be; one without a value is left out.
    """

    status: int
    body: Body | None = None
    last_modified: int | None = None
    expires: int | None = None
    pages: int | None = None
    hit: bool = True
    cache_control: str | None = None
    etag: bool = True
    extra: tuple[tuple[str, str | None], ...] = ()


class Call(NamedTuple):
    """A request, once its route is known. `values` are the path's parameters, still as text.

    `character` is whose token it was sent with (0: none that is valid), `scopes` what that allows.
    """

    now: float
    values: tuple[str, ...]
    query: str
    body: bytes
    character: int = 0
    scopes: frozenset[str] = frozenset()

    def number(self, index: int = 0) -> int:
        """A path parameter that is an id."""
        return _whole_number(self.values[index], 0, _LARGEST_ID, "id")

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters; of repeated ones the last."""
        pairs = parse_qs(self.query, keep_blank_values=True)
        return {name: values[-1] for name, values in pairs.items()}

    @property
    def page(self) -> int:
        """Which page is asked for, from 1."""
        if not self.query:
            return 1
        return _whole_number(self.parameters.get("page", "1"), 1, _MOST_PAGES, "page")


Handler = Callable[[Call], Answer]
Handlers = Mapping[tuple[str, str], Handler]
"""By method and path, as in the route table."""


class RefusedError(Exception):
    """A handler's way out: the request is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.answer = error(status, message)


def error(status: int, message: str, **more: int) -> Answer:
    """An answer as ESI words its errors."""
    return Answer(status, Body({"error": message, **more}), hit=False, etag=False)


def paged(rows: Sequence[Any]) -> list[Body]:
    """Rows as pages; no rows are one empty page."""
    starts = range(0, len(rows) or 1, ROWS_PER_PAGE)
    return [Body(rows[start : start + ROWS_PER_PAGE]) for start in starts]


def page_of(
    pages: Sequence[Body], number: int, *, last_modified: int, expires: int, hit: bool
) -> Answer:
    """One page of several."""
    if number > len(pages):
        raise RefusedError(404, "Requested page does not exist!")
    return Answer(
        200, pages[number - 1], last_modified, expires, len(pages), hit, cache_control="public"
    )


def _whole_number(text: str, least: int, most: int, what: str) -> int:
    if not (text.isascii() and text.isdigit()) or not least <= int(text[:20]) <= most:
        raise RefusedError(400, f"{what} must be a whole number from {least} to {most}")
    return int(text)
