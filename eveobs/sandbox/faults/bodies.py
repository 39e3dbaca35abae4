"""Bodies that are not what they should be, under the headers of those that would be.

They keep the ETag of the honest body: whoever stores one of them is told 304 for it later.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Any

import msgspec

from eveobs.sandbox.answers import Answer, Body, RawBody
from eveobs.sandbox.faults.kind import Scene
from eveobs.sandbox.faults.refusals import web_page

MEGABYTE = 1 << 20


def instead(honest: Answer, body: Body) -> Answer:
    """Another body under the same headers, also where 304 would do."""
    etag = honest.body.etag if honest.body and honest.etag else None
    return honest._replace(body=body, etag=False, extra=(("Etag", etag),))


def empty(scene: Scene) -> Answer:
    """200, and nothing."""
    honest = scene.honest()
    return instead(honest, RawBody(b""))._replace(status=200)


def html(scene: Scene) -> Answer:
    """200, and a web page: a proxy that wants a sign-in."""
    return web_page(int(scene.options["status"]))


def cut_gzip(scene: Scene) -> Answer:
    """Compressed, and only a part of it, as if that were all."""
    honest = scene.honest()
    body = _given(honest)
    if body is None:
        return honest
    part = body.packed[: int(len(body.packed) * scene.options["part"])]
    return instead(honest, RawBody(body.data, packed=part))


def invalid_json(scene: Scene) -> Answer:
    """The body without its end."""
    honest = scene.honest()
    body = _given(honest)
    if body is None:
        return honest
    return instead(honest, RawBody(body.data[: int(len(body.data) * scene.options["part"])]))


def wrong_shape(scene: Scene) -> Answer:
    """Valid JSON in which the numbers of the last row are words."""
    honest = scene.honest()
    body = _given(honest)
    if body is None:
        return honest
    value = msgspec.json.decode(body.data)
    if isinstance(value, list):
        value = [*value[:-1], _in_words(value[-1])] if value else {"rows": []}
    else:
        value = _in_words(value)
    return instead(honest, RawBody(msgspec.json.encode(value)))


def bomb(scene: Scene) -> Answer:
    """A small body that unpacks to a huge one."""
    packed = _packed_blanks(int(scene.options["megabytes"]))
    return instead(scene.honest(), RawBody(b"[]", packed=packed))._replace(status=200)


def _given(honest: Answer) -> Body | None:
    return honest.body if honest.status == 200 else None


def _in_words(row: Any) -> Any:
    if isinstance(row, dict):
        return {name: _in_words(value) for name, value in row.items()}
    return f"number {row}" if isinstance(row, int | float) and row is not True else row


@lru_cache(maxsize=2)
def _packed_blanks(megabytes: int) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    blanks = b" " * MEGABYTE
    parts = [packer.compress(blanks) for _ in range(megabytes)]
    return b"".join([packer.compress(b"["), *parts, packer.compress(b"]"), packer.flush()])
