"""HTTP connections to allowed addresses only, with a deadline for the whole fetch."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from indexer.images.addresses import AllowedHosts

# When this thread's fetch has to end, by time.monotonic(). Fetches share connections, so those can't hold it.
_deadline: ContextVar[float] = ContextVar("deadline")

_CONNECTIONS, _IDLE_CONNECTIONS, _IDLE_SECONDS = 100, 20, 15.0


@contextmanager
def deadline(seconds: float) -> Iterator[Callable[[], float]]:
    """Allow this thread's fetch ``seconds`` in total; yields a function that returns how many are left."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield lambda: _left(httpcore.ReadTimeout)
    finally:
        _deadline.reset(token)


def _left(error: type[httpcore.TimeoutException]) -> float:
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise error("the time is up")
    return left


def connection_pool(hosts: AllowedHosts, proxy: str | None) -> httpcore.ConnectionPool:
    """Build the connection pool for fetching images. Proxies of the environment are ignored."""
    if proxy:
        # The proxy then resolves names, and decides what can be reached.
        backend: httpcore.NetworkBackend = _Backend(None)
        through = httpcore.Proxy(proxy)
    else:
        backend, through = _Backend(hosts), None
    return httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(),
        proxy=through,
        max_connections=_CONNECTIONS,
        max_keepalive_connections=_IDLE_CONNECTIONS,
        keepalive_expiry=_IDLE_SECONDS,
        network_backend=backend,
    )


class _Backend(httpcore.NetworkBackend):
    """Connects to the address that was checked; TLS and the Host header keep the name.

    Names are resolved here only, so no redirect and no second answer of the resolver gets past the check.
    """

    def __init__(self, hosts: AllowedHosts | None) -> None:
        self._hosts, self._system = hosts, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(httpcore.ConnectTimeout)
        addresses = [host] if self._hosts is None else self._hosts.addresses(host, port, left)
        for number, address in enumerate(addresses):
            # Each address has a share of the time, so that one that drops packets leaves some for the next.
            share = _left(httpcore.ConnectTimeout) / (len(addresses) - number)
            try:
                stream = self._system.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses) - 1:
                    raise
            else:
                return _Stream(stream)
        raise httpcore.ConnectError("no address")


class _Stream(httpcore.NetworkStream):
    """A connection whose reads and writes all end by the deadline, even if single bytes keep arriving."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
