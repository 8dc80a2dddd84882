"""HTTP connections to allowed addresses only, with a deadline for the whole exchange."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from indexer.images.addresses import AllowedHosts

# This thread's exchange. Exchanges share connections, so those can't hold it.
_exchange: ContextVar[Exchange] = ContextVar("exchange")

_CONNECTIONS, _IDLE_CONNECTIONS, _IDLE_SECONDS = 100, 20, 15.0


@dataclass
class Exchange:
    """A request and its answer, and what became of their connection.

    Attributes
    ----------
    ends : float
        When it has to end, by time.monotonic().
    connected : bool
        Whether it opened its connection; otherwise that was kept from an earlier exchange.
    received : bool
        Whether any of the answer arrived.
    closed : bool
        Whether the server closed the connection.
    """

    ends: float
    connected: bool = False
    received: bool = False
    closed: bool = False

    def left(self, error: type[httpcore.TimeoutException] = httpcore.ReadTimeout) -> float:
        """Return the seconds that are left; raises the error if there are none."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise error("the time is up")
        return left

    @property
    def was_stale(self) -> bool:
        """Whether it failed because the server ended a kept connection while the request was on its way."""
        return not self.connected and not self.received


@contextmanager
def exchange(seconds: float) -> Iterator[Exchange]:
    """Allow this thread's exchange ``seconds`` in total."""
    begun = Exchange(time.monotonic() + seconds)
    token = _exchange.set(begun)
    try:
        yield begun
    finally:
        _exchange.reset(token)


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
        current = _exchange.get()
        current.connected = True
        left = current.left(httpcore.ConnectTimeout)
        addresses = [host] if self._hosts is None else self._hosts.addresses(host, port, left)
        for number, address in enumerate(addresses):
            # Each address has a share of the time, so that one that drops packets leaves some for the next.
            share = current.left(httpcore.ConnectTimeout) / (len(addresses) - number)
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
        current = _exchange.get()
        data = self._stream.read(max_bytes, current.left())
        current.received, current.closed = current.received or bool(data), not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _exchange.get().left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(
            self._stream.start_tls(ssl_context, server_hostname, _exchange.get().left(httpcore.ConnectTimeout))
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
