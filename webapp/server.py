"""The process that serves the shop: waitress under gunicorn, so that slow clients keep no thread waiting.

gunicorn starts, watches and replaces processes. In each, waitress reads requests and sends answers in one thread, and
hands a request to the threads of the shop once it has arrived whole, so a client that sends or reads byte by byte costs
a connection and nothing else. gunicorn's own threads read from the client themselves: as many slow clients as threads
stop all.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import time
from collections.abc import Callable
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import BadRequest, RequestEntityTooLarge, RequestHeaderFieldsTooLarge

from webapp.security import MAX_BODY

log = logging.getLogger("gunicorn.error")  # gunicorn's own, whose addresses webapp/access_log.py shortens

_LOOP_SECONDS = 1.0  # at most, between two signs of life
_TIDY_SECONDS = 0.5  # between two looks at what takes too long
_RECEIVE_SECONDS = 120.0  # for a whole request: a photograph of 20 MB over 1.4 Mbit/s
_SEND_SECONDS = 60.0  # for a whole answer to be read
_MAX_HEAD = 16_384  # bytes of a request's line and headers: 50 likes and a cursor fit
_IN_MEMORY = 65_536  # bytes of a request's body; a longer one goes to a temporary file
_PIPELINED = 8  # requests sent ahead on one connection; a thread waits for answers of more than 16 MiB to be read
_FOLDED = re.compile(rb"\n[ \t]")
_CODING = re.compile(rb"(?im)^transfer-encoding:(.*)$")
_LARGE, _LARGE_AT_ONCE = 2**20, 8  # bytes of a body that counts as large, and how many may arrive at a time


class _AddressTooLongError(BadRequest):  # type: ignore[misc]
    code, reason = 414, "URI Too Long"


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads a request."""

    error: Exception | None

    def received(self, data: bytes) -> int:
        head = self.header_plus + data
        taken: int = super().received(data)
        if isinstance(self.error, RequestHeaderFieldsTooLarge) and b"\r\n" not in head[: _MAX_HEAD // 2]:
            self.error = _AddressTooLongError("The address is too long.")
        elif isinstance(self.error, RequestEntityTooLarge) and not self.chunked:
            # The application refuses it by its length, with a page that says how large a photograph may be.
            self.error, self.headers["CONNECTION"] = None, "close"
        if self.error:
            self.version = "1.1"  # of the answer; that of the request may not have been read
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        """Read a request's head; refuse a body whose end two servers may see in different places."""
        if _FOLDED.search(header_plus):
            raise ParsingError("A header goes on in another line")
        super().parse_header(header_plus)
        codings = [coding.strip(b" \t\r").lower() for coding in _CODING.findall(header_plus)]
        if codings and (codings != [b"chunked"] or not self.chunked or "CONTENT_LENGTH" in self.headers):
            raise ParsingError("The transfer coding must be chunked, given once and without a length")


class Channel(HTTPChannel):  # type: ignore[misc]
    """A client's connection, which knows since when it is doing what it does."""

    parser_class = _Parser

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.since = time.monotonic()

    @property
    def is_free(self) -> bool:
        """Whether no thread works for it: it is idle, sends a request or reads an answer."""
        return not self.requests

    @property
    def sends_a_large_body(self) -> bool:
        """Whether the request that is arriving has, or will have, a large body."""
        request = self.request
        return bool(request) and max(request.content_length, request.body_bytes_received) > _LARGE

    def is_late(self, now: float, keepalive: float) -> bool:
        """Return whether the client takes longer than it may."""
        limit = _SEND_SECONDS if self.total_outbufs_len else _RECEIVE_SECONDS if self.request else keepalive
        return self.is_free and now - self.since > limit

    def received(self, data: bytes) -> bool:
        """Take bytes of requests."""
        if self.request is None:
            self.since = time.monotonic()
        was_large = self.sends_a_large_body
        taken: bool = super().received(data)
        if len(self.requests) > _PIPELINED:
            self.will_close = True
        if self.sends_a_large_body and not was_large:
            self.server.make_room(lambda channel: channel.sends_a_large_body, _LARGE_AT_ONCE)
        return taken

    def service(self) -> None:
        """Answer a request, in a thread of the shop."""
        if error := self.requests[0].error:
            log.warning("Invalid request from ip=%s: %s", self.addr[0], error.body)
        super().service()
        self.since = time.monotonic()
        self.server.served()


class Server(TcpWSGIServer):  # type: ignore[misc]
    """A listening socket and its connections, of which those that take longest give way to new ones.

    Parameters
    ----------
    served : callable
        Called after each request.
    connections : int
        How many there may be at a time.
    """

    channel_class = Channel

    def __init__(
        self, *args: Any, served: Callable[[], None], connections: int, keepalive: float, **options: Any
    ) -> None:
        self.served, self._connections, self._keepalive = served, connections, keepalive
        self._next_tidy = 0.0
        super().__init__(*args, **options)

    def getsockname(self) -> tuple[str, str]:
        """Return where it listens."""
        return ("unix", "") if self.family == socket.AF_UNIX else super().getsockname()

    def fix_addr(self, addr: Any) -> Any:
        """Return a client's address; one on a Unix socket has none."""
        return addr or ("localhost", None)

    def set_socket_options(self, conn: socket.socket) -> None:
        """Set a connection's options, all of which are TCP's."""
        if self.family != socket.AF_UNIX:
            super().set_socket_options(conn)

    def handle_accept(self) -> None:
        """Accept a connection."""
        super().handle_accept()
        self.make_room(lambda _: True, self._connections)

    def tidy(self) -> None:
        """Close connections that have given way, and those whose clients take too long.

        waitress itself waits until such a client reads, and measures by a clock that may be set.
        """
        now = time.monotonic()
        if now < self._next_tidy:
            return
        self._next_tidy = now + _TIDY_SECONDS
        for channel in list(self.active_channels.values()):
            if channel.will_close or channel.is_late(now, self._keepalive):
                channel.handle_close()

    def make_room(self, counts: Callable[[Channel], bool], limit: int) -> None:
        """Close the connection that has taken longest, of those that count, if there are more than allowed."""
        channels = [c for c in self.active_channels.values() if counts(c) and not c.will_close]
        free = [channel for channel in channels if channel.is_free]
        if len(channels) > limit and free:
            min(free, key=lambda channel: float(channel.since)).will_close = True


class BufferingWorker(Worker):  # type: ignore[misc]
    """A gunicorn worker that serves with waitress.

    Of gunicorn's settings it heeds ``threads``, ``worker_connections``, ``keepalive``, ``max_requests`` and time-outs.
    """

    def run(self) -> None:
        """Serve until told to stop, or until enough requests are served."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # warns whenever a request waits for a thread
        dispatcher = ThreadedTaskDispatcher()
        channels: dict[int, Any] = {}
        dispatcher.set_thread_count(self.cfg.threads)
        servers = [self._server(listener.sock, dispatcher, channels) for listener in self.sockets]
        while self.alive:
            self._turn(servers, channels)
        for server in servers:  # leaves the socket to the processes that go on
            server.del_channel()
        end = time.monotonic() + self.cfg.graceful_timeout
        while time.monotonic() < end and any(_is_busy(server) for server in servers):
            self._turn(servers, channels)
        dispatcher.shutdown(timeout=1)

    def _server(self, listener: Any, dispatcher: ThreadedTaskDispatcher, channels: dict[int, Any]) -> Server:
        adjustments = Adjustments(
            sockets=[listener],
            ident=None,
            clear_untrusted_proxy_headers=False,  # webapp/security.py decides which proxies are trusted
            connection_limit=2**30,  # `Server.make_room` keeps to worker_connections
            cleanup_interval=2**30,  # `Server.tidy` cleans up
            max_request_header_size=_MAX_HEAD,
            max_request_body_size=MAX_BODY + 1,
            inbuf_overflow=_IN_MEMORY,
            recv_bytes=_IN_MEMORY,
            log_socket_errors=False,
        )
        address = (listener.family, listener.type, listener.proto, listener.getsockname())
        return Server(
            self.wsgi,
            channels,
            True,
            listener,
            dispatcher=dispatcher,
            adj=adjustments,
            sockinfo=address,
            bind_socket=False,
            served=self._served,
            connections=self.cfg.worker_connections,
            keepalive=self.cfg.keepalive,
        )

    def _turn(self, servers: list[Server], channels: dict[int, Any]) -> None:
        """Read and send what can be, and tell gunicorn that this process lives."""
        self.notify()
        wasyncore.loop(timeout=_LOOP_SECONDS, use_poll=True, map=channels, count=1)
        for server in servers:
            server.tidy()
        if self.ppid != os.getppid():
            self.alive = False

    def _served(self) -> None:
        """Count a request, and end this process once it has served enough."""
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("This process has served %d requests and is replaced.", self.nr)
            self.alive = False


def _is_busy(server: Server) -> bool:
    return any(channel.requests or channel.total_outbufs_len for channel in server.active_channels.values())
