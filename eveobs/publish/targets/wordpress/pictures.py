"""The pictures of documents at a site: linked, or taken to the site once."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple, Protocol

import httpx

from eveobs.errors import EveobsError
from eveobs.esi.bounded_http import bounded_client
from eveobs.esi.downloading import unpacked
from eveobs.esi.trust import verified
from eveobs.publish.document import Document

MOST_BYTES = 4 * 1024 * 1024
"""No picture of EVE's image server is nearly as large."""
TIMEOUT = 30.0
"""Seconds of silence; also for all headers of an answer."""
MAX_SECONDS = 60.0
"""For one picture; silence ends it earlier."""
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


class Picture(NamedTuple):
    """A document's picture at the site: its page with it, the address, and the site's own id of it
    where the site holds it.
    """

    html: str
    address: str
    media_id: str = ""


class Held(NamedTuple):
    """A picture that a site holds."""

    media_id: str
    address: str


class Pictures(Protocol):
    """How pictures are shown."""

    version: str
    """Changes when pages would look otherwise."""

    def of(self, document: Document) -> Picture:
        """The picture of `document`."""

    def close(self) -> None:
        """Close what was opened for it."""


class Media(Protocol):
    """The pictures of a site."""

    def held(self, name: str) -> Held | None:
        """The picture called `name` (without its ending)."""

    def take(self, name: str, kind: str, content: bytes) -> Held:
        """Have the site hold a picture; `name` has its ending, `kind` is its content type."""


class Linked:
    """Pictures stay where they are, at EVE's image server."""

    version = "linked"

    def of(self, document: Document) -> Picture:
        """The document as it is."""
        return Picture(document.html, document.image)

    def close(self) -> None:
        """Nothing was opened."""


class Taken:
    """Pictures are taken from the image server `images` and given to the site, each once: its name
    there is made of its bytes. `warn` hears of those that cannot be had.
    """

    version = "taken"

    def __init__(
        self,
        media: Media,
        images: str,
        warn: Callable[[str], None],
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._media, self._images, self._warn = media, images, warn
        self._client = bounded_client(
            head=TIMEOUT,
            total=MAX_SECONDS,
            timeout=TIMEOUT,
            verify=verified(),
            transport=transport,
        )
        self._held: dict[str, Held] = {}
        self._by_name: dict[str, Held] = {}
        self._silent = False

    def of(self, document: Document) -> Picture:
        """The picture as the site holds it; none where it cannot be had."""
        address = document.image
        if not address.startswith(self._images):
            return Picture(document.html, address)
        held = self._of(address)
        linked = address.replace("&", "&amp;")
        return Picture(document.html.replace(linked, held.address), held.address, held.media_id)

    def close(self) -> None:
        """Close the way to the image server."""
        self._client.close()

    def _of(self, address: str) -> Held:
        if address not in self._held:
            try:
                self._held[address] = self._placed(*self._fetched(address))
            except (EveobsError, httpx.HTTPError, ValueError) as error:
                self._tell(address, error)
                self._held[address] = Held("", address)
        return self._held[address]

    def _placed(self, content: bytes, kind: str) -> Held:
        name = f"eve-{sha256(content).hexdigest()[:24]}"
        if name not in self._by_name:
            held = self._media.held(name)
            ending = _ENDINGS[kind]
            self._by_name[name] = held or self._media.take(f"{name}.{ending}", kind, content)
        return self._by_name[name]

    def _fetched(self, address: str) -> tuple[bytes, str]:
        # httpx would unpack any encoding, one within another, too, without a bound.
        end = time.monotonic() + MAX_SECONDS
        parts = []
        with self._client.stream(
            "GET", address, headers={"accept-encoding": "identity"}
        ) as response:
            response.raise_for_status()
            for part in unpacked(response, "the picture", MOST_BYTES):
                if time.monotonic() > end:
                    raise ValueError("it comes too slowly")
                parts.append(part)
        content = b"".join(parts)
        kind = response.headers.get("content-type", "").partition(";")[0]
        if kind not in _ENDINGS:
            raise ValueError("no picture")
        return content, kind

    def _tell(self, address: str, error: Exception) -> None:
        if not self._silent:
            self._warn(f"the picture {address} cannot be taken to the site, and is linked: {error}")
        self._silent = True
