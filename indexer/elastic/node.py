"""Connections to Elasticsearch on which a whole answer must arrive in time, even if single bytes keep arriving."""

from __future__ import annotations

import io
import socket
import time
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any
from urllib.parse import unquote

from elastic_transport import Urllib3HttpNode
from urllib3.connection import HTTPConnection, HTTPSConnection, ProxyConfig
from urllib3.util import make_headers, parse_url

from indexer import deadlines

_PATIENCE = 4  # times the time-out of a background request, for an answer that arrives in pieces

_end: ContextVar[float | None] = ContextVar("end", default=None)  # of the answer, by time.monotonic()


class _BoundedReader(io.RawIOBase):
    """What arrives on a socket, until the answer must be there. urllib3's own time-out begins anew with each byte."""

    def __init__(self, raw: Any, connection: socket.socket) -> None:
        self._raw, self._connection = raw, connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if (end := _end.get()) is not None:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer took too long to arrive")
            self._connection.settimeout(left)
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_BoundedReader(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _BoundedResponse


class _TlsConnection(HTTPSConnection):
    response_class = _BoundedResponse


class BoundedNode(Urllib3HttpNode):
    """A node whose ``request_timeout`` holds for a whole answer; without a deadline, a multiple of it does."""

    proxy = ""  # address of the HTTP proxy that https connections are tunnelled through

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.pool.ConnectionCls = _TlsConnection if self.scheme == "https" else _Connection
        if self.proxy:
            address = parse_url(self.proxy)
            self.pool.proxy = address._replace(auth=None)
            self.pool.proxy_headers = make_headers(proxy_basic_auth=unquote(address.auth)) if address.auth else {}
            self.pool.proxy_config = ProxyConfig(None, False, None, None)

    @classmethod
    def through(cls, proxy: str) -> type[BoundedNode]:
        """Return the class of nodes that are reached through a proxy."""
        return type(cls.__name__, (cls,), {"proxy": proxy})

    def perform_request(self, *args: Any, **options: Any) -> Any:
        """Send a request, and read its answer in time."""
        timeout = options.get("request_timeout")
        seconds = timeout if isinstance(timeout, int | float) else self.config.request_timeout
        patience = _PATIENCE if deadlines.left() is None else 1
        token = _end.set(None if seconds is None else time.monotonic() + patience * seconds)
        try:
            return super().perform_request(*args, **options)
        finally:
            _end.reset(token)
