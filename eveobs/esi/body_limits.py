"""How many bytes a body may have, by what it is; counted while it is read and unpacked.

A server or a proxy can send a body without an end, or a few kilobytes that unpack to gigabytes.
Each size below is several times what was ever seen, with the reason beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eveobs.esi.route import Route

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE

PAGE = 8 * MEBIBYTE
"""A page of a list, or a list without pages. The largest of ESI that was seen has about 1 MB: 1,000
contracts of 400 bytes, or 1,000 orders; /markets/prices, without pages, about as much."""
DETAIL = 4 * MEBIBYTE
"""One object (a route that ends in an id). The largest are killmails with a thousand attackers,
some 500 kB."""
ERROR = 64 * KIBIBYTE
"""An error, of which one sentence is read; ESI's have some hundred bytes. More, a proxy's page
for instance, is not read."""
SIGN_IN = 256 * KIBIBYTE
"""An answer of the sign-in: metadata, keys, tokens; none has more than some kilobytes."""
BUILD = 64 * KIBIBYTE
"""The file that names the latest build of the static data: a line of 100 bytes."""
STATIC_LINE = 4 * MEBIBYTE
"""A line of the static data: an object with texts in eight languages, some 60 kB at most."""
MAX_VALUES = 2_000_000
"""Values in one body. A value of two bytes takes up to 70 in memory (an empty list): this many stay
below 200 MB. A page of ESI has some 20,000."""


def max_body(route: Route, status: int = 200) -> int:
    """Bytes that an answer of `route` may have, unpacked."""
    if status >= 400:
        return ERROR
    return DETAIL if not route.paging and route.path.endswith("}") else PAGE


def may_have_too_many_values(body: bytes) -> bool:
    """Whether decoding `body` could make more than MAX_VALUES values. Cheap: it counts what
    separates and opens them, also inside of strings.
    """
    if len(body) <= MAX_VALUES:
        return False
    return body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES
