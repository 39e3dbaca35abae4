"""One connection to a site: each request is sent once, whatever becomes of it."""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import httpx

from eveobs import __version__
from eveobs.errors import ConfigError, EveobsError, UnreachableError
from eveobs.esi.bounded_http import bounded_client
from eveobs.esi.trust import verified
from eveobs.publish.target import UnknownOutcomeError
from eveobs.publish.targets.wordpress.address import HINT, home_of, moved_to

if TYPE_CHECKING:
    from eveobs.settings.secret import Secret

MOST_BYTES = 64 * 1024 * 1024
"""No answer of a site is larger; unpacked, so that a small body cannot become a large one."""

LONGEST = 10
"""Time-outs that one exchange may take; its headers come within one of them."""


class Answer(NamedTuple):
    """What a site sent: its status, headers by lower-case name, the unpacked body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The content type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Line:
    """Requests to the site at `url`, as `username`. `timeout` is in seconds, of silence."""

    def __init__(
        self,
        url: str,
        username: str,
        password: Secret,
        *,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.home = home_of(url)
        self.username, self.password = username, password
        self.timeout = timeout
        self.sent = 0
        self._client = bounded_client(
            head=timeout,
            total=timeout * LONGEST,
            headers={"user-agent": f"eveobs/{__version__}", "accept-encoding": "gzip"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            follow_redirects=False,
            verify=verified(),
            transport=transport,
        )

    @property
    def basic(self) -> str:
        """The value of an authorization header."""
        pair = f"{self.username}:{self.password.reveal()}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> Answer:
        """Send a request and take the whole answer, whatever its status.

        Raises UnreachableError where nothing can have been carried out, UnknownOutcomeError where a
        request that is no GET may have been, ConfigError for a redirect.
        """
        self.sent += 1
        started = time.monotonic()
        try:
            answer = self._exchange(method, url, headers, content)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise UnreachableError(
                f"{self.home} cannot be reached: {_reason(error)}",
                hint="Is wordpress.url right, and the network up?",
            ) from error
        except httpx.TimeoutException as error:
            slow = time.monotonic() - started >= self.timeout * LONGEST
            why = f"no answer within {self.timeout:g} seconds"
            raise self._lost(method, "the answer comes too slowly" if slow else why) from error
        except (httpx.HTTPError, OSError) as error:
            raise self._lost(method, "the connection broke before the whole answer came") from error
        if 300 <= answer.status < 400 and answer.status != 304:
            raise self._moved(answer, url)
        return answer

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Answer:
        with self._client.stream(method, url, headers=headers, content=content) as response:
            packed = response.headers.get("content-encoding", "").strip().lower()
            if packed not in ("", "identity", "gzip"):  # "gzip, gzip" unpacks a million times
                raise self._lost(method, f"the answer is packed as {packed[:40]!r}")
            parts, size, end = [], 0, time.monotonic() + self.timeout * LONGEST
            for part in response.iter_bytes():
                size += len(part)
                if size > MOST_BYTES:
                    raise self._lost(method, f"the answer is larger than {MOST_BYTES:,} bytes")
                if time.monotonic() > end:
                    raise self._lost(method, "the answer comes too slowly")
                parts.append(part)
        told = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, told, b"".join(parts))

    def _lost(self, method: str, what: str) -> EveobsError:
        kind = UnreachableError if method == "GET" else UnknownOutcomeError
        return kind(f"{self.home}: {what}", hint="Publish again: what was written stays written.")

    def _moved(self, answer: Answer, url: str) -> ConfigError:
        location = answer.headers.get("location", "")
        there = moved_to(location, url) if location else ""
        return ConfigError(
            f"{self.home} sends requests on to {there or 'another address'}",
            hint=HINT.replace("https://…", there) if there else HINT,
        )


def _reason(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    return "no connection in time" if isinstance(error, httpx.TimeoutException) else str(error)
