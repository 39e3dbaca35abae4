"""Synchronous HTTP clients whose answers end in time, also where a server is never silent.

httpx times each read by itself. A server that sends interim responses (1xx) without end, or a byte
now and then, never lets such a time-out pass. Here the time-outs of every read are cut to what is
left of a limit for the headers, for the whole answer, or of a least rate.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx


@dataclass(slots=True)
class _Limit:
    """What is left for the answer of the request that the current thread sends."""

    head: float
    """Seconds for the headers, counted from the last byte of the request."""
    ends: float
    """Moment (monotonic) at which the whole answer must be there."""
    rate: float
    head_ends: float
    in_body: bool = False
    slack: float = 0.0
    """Seconds that reads of the body may still wait; bytes that arrive earn some, up to `head`."""

    def left(self, timeout: float | None) -> float:
        """Seconds that one read may take; zero or less when time is up."""
        now = time.monotonic()
        left = self.ends - now
        if not self.in_body:
            left = min(left, self.head_ends - now)
        elif self.rate:
            left = min(left, self.slack)
        return left if timeout is None else min(left, timeout)

    def sent(self) -> None:
        """A part of the request is sent: its answer is waited for from now on."""
        self.head_ends = time.monotonic() + self.head

    def received(self, size: int, seconds: float) -> None:
        """A read has taken `seconds` and given `size` bytes."""
        if self.in_body and self.rate:
            # Waiting alone is counted: a slow disk or a pause of the reader is no slow server.
            self.slack = min(self.slack - seconds + size / self.rate, self.head)


class _Current(threading.local):
    limit: _Limit | None = None


_CURRENT = _Current()
"""A request is sent, and its answer read, in one thread."""


def bounded_client(
    *,
    head: float,
    total: float = float("inf"),
    rate: float = 0.0,
    event_hooks: dict[str, list[Callable[..., Any]]] | None = None,
    **more: Any,
) -> httpx.Client:
    """An `httpx.Client` of the arguments `more` whose requests end with `httpx.ReadTimeout` when
    the headers take longer than `head` seconds after the request, the whole exchange longer than
    `total`, or the body comes slower than `rate` bytes a second (0: any rate) for `head` seconds.
    """

    def begin(_: httpx.Request) -> None:
        now = time.monotonic()
        _CURRENT.limit = _Limit(head, now + total, rate, now + head, slack=head)

    def headers_are_there(_: httpx.Response) -> None:
        if _CURRENT.limit is not None:
            _CURRENT.limit.in_body = True

    hooks = event_hooks or {}
    client = httpx.Client(
        event_hooks={
            "request": [begin, *hooks.get("request", [])],
            "response": [headers_are_there, *hooks.get("response", [])],
        },
        **more,
    )
    # httpx has no argument for a network backend; its pools, those of proxies too, have one.
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001
        if isinstance(transport, httpx.HTTPTransport):
            pool = transport._pool  # noqa: SLF001
            pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001
    return client


class _Backend(httpcore.NetworkBackend):
    """A network backend whose streams obey the limit of the current thread."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to `host`."""
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """A connection to the socket at `path`."""
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_unix_socket(path, left, socket_options))

    def sleep(self, seconds: float) -> None:
        """Wait before a connection is tried again."""
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """A connection; each read and write of it takes what is left at most."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What is there, up to `max_bytes`. Raises httpcore.ReadTimeout."""
        left = _left(timeout, httpcore.ReadTimeout)
        started = time.monotonic()
        part = self._inner.read(max_bytes, left)
        if _CURRENT.limit is not None:
            _CURRENT.limit.received(len(part), time.monotonic() - started)
        return part

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`. Raises httpcore.WriteTimeout."""
        if _CURRENT.limit is not None:
            _CURRENT.limit.sent()
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))
        if _CURRENT.limit is not None:
            _CURRENT.limit.sent()

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same connection, with TLS. Raises httpcore.ConnectTimeout."""
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        """What the connection says of itself."""
        return self._inner.get_extra_info(info)


def _left(timeout: float | None, kind: type[Exception]) -> float | None:
    limit = _CURRENT.limit
    if limit is None:
        return timeout
    left = limit.left(timeout)
    if left <= 0:
        raise kind("timed out")
    return None if left == float("inf") else left
