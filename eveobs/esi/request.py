"""A request as httpx knows it, whose URL is taken apart only where somebody looks at it.

httpx checks and takes apart every URL, a tenth of what a request costs in all. Ours are made of
parts that are quoted already, and aiohttp takes them apart once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx


class PlainRequest(httpx.Request):
    """`text` is the whole URL. With a stream of its own a request works out no headers either."""

    def __init__(
        self,
        method: str,
        text: str,
        *,
        headers: httpx.Headers,
        content: bytes,
        extensions: Mapping[str, Any],
    ) -> None:
        stream = httpx.ByteStream(content)
        super().__init__(method, NOWHERE, headers=headers, stream=stream, extensions=extensions)
        self.text = text
        self._url: httpx.URL | None = None

    @property
    def url(self) -> httpx.URL:
        """As httpx has it."""
        if self._url is None:
            self._url = httpx.URL(self.text)
        return self._url

    @url.setter
    def url(self, url: httpx.URL) -> None:
        self._url = url
        self.text = str(url)


NOWHERE = httpx.URL()
