"""Clients that send or read slowly keep no thread waiting, and those that take longest give way."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.task import ThreadedTaskDispatcher

from tests.conftest import wait_until
from webapp import server
from webapp.server import Server

PARTIAL = b"GET / HTTP/1.1\r\nHost: shop\r\n"
WHOLE = PARTIAL + b"\r\n"
LARGE = b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 5000\r\n\r\nbegun"


class _Served:
    """A server of one thread, and connections to it."""

    def __init__(self, *, connections: int = 100) -> None:
        self.tasks: list[int] = []
        self._stopped, self._channels = False, dict[int, Any]()
        listener = socket.create_server(("127.0.0.1", 0))
        self._address = listener.getsockname()
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(1)
        self.server = Server(
            _answer,
            self._channels,
            True,
            listener,
            dispatcher=dispatcher,
            adj=Adjustments(
                sockets=[listener],
                cleanup_interval=2**30,
                max_request_body_size=100_000,
                max_request_header_size=server._MAX_HEAD,
                log_socket_errors=False,
            ),
            sockinfo=(listener.family, listener.type, listener.proto, self._address),
            bind_socket=False,
            served=lambda: self.tasks.append(1),
            connections=connections,
            keepalive=60,
        )
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._clients: list[socket.socket] = []

    def _run(self) -> None:
        while not self._stopped:
            wasyncore.loop(timeout=0.05, use_poll=True, map=self._channels, count=1)
            self.server.tidy()

    def connect(self, data: bytes) -> socket.socket:
        """Open a connection, send something, and wait until the server has it."""
        known = set(self.server.active_channels.values())
        client = socket.create_connection(self._address)
        self._clients.append(client)
        wait_until(lambda: bool(set(self.server.active_channels.values()) - known), "the connection")
        client.sendall(data)
        return client

    def stop(self) -> None:
        self._stopped = True
        self._thread.join()
        self.server.task_dispatcher.shutdown()
        for client in self._clients:
            client.close()
        wasyncore.close_all(self._channels)


def _answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", "4")])
    return [b"%04d" % len(body)]


def _answer_at_length(_: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", [("Content-Length", str(2**23))])
    return [bytes(2**23)]  # more than the sockets' buffers take


@pytest.fixture
def serve() -> Iterator[Callable[..., _Served]]:
    running: list[_Served] = []

    def start(**options: Any) -> _Served:
        running.append(_Served(**options))
        return running[-1]

    yield start
    for one in running:
        one.stop()


def _body(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < 4:
        received = client.recv(4_096)
        assert received, "the connection was closed"
        data += received
    return data.partition(b"\r\n\r\n")[2]


def _until_closed(client: socket.socket) -> bytes:
    data = b""
    with suppress(ConnectionResetError):
        while received := client.recv(65_536):
            data += received
    return data


def _is_closed(client: socket.socket) -> bool:
    return _until_closed(client) == b""


def test_one_thread_answers_while_many_requests_arrive_slowly(serve: Callable[..., _Served]) -> None:
    served = serve()
    slow = [served.connect(start) for start in (PARTIAL, LARGE) for _ in range(8)]
    assert _body(served.connect(WHOLE)) == b"0000"
    slow[0].sendall(b"\r\n")
    assert _body(slow[0]) == b"0000"
    slow[8].sendall(b"x" * (5_000 - len("begun")))
    assert _body(slow[8]) == b"5000"
    wait_until(lambda: len(served.tasks) == 3, "counting the requests")


def test_the_connection_that_has_taken_longest_gives_way(serve: Callable[..., _Served]) -> None:
    served = serve(connections=3)
    first, *others = [served.connect(PARTIAL) for _ in range(3)]
    assert _body(served.connect(WHOLE)) == b"0000"
    assert _is_closed(first)
    others[1].sendall(b"\r\n")
    assert _body(others[1]) == b"0000"


def test_few_large_bodies_arrive_at_a_time(serve: Callable[..., _Served], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_LARGE", 1_000)
    monkeypatch.setattr(server, "_LARGE_AT_ONCE", 2)
    served = serve()
    partial = served.connect(PARTIAL)
    first, second = served.connect(LARGE), served.connect(LARGE)
    wait_until(lambda: sum(c.sends_a_large_body for c in served.server.active_channels.values()) == 2, "two uploads")
    third = served.connect(LARGE)
    assert _is_closed(first)
    for upload in (second, third):
        upload.sendall(b"x" * (5_000 - len("begun")))
        assert _body(upload) == b"5000"
    partial.sendall(b"\r\n")
    assert _body(partial) == b"0000"


def test_a_client_that_sends_many_requests_ahead_is_dropped(serve: Callable[..., _Served]) -> None:
    served = serve()
    patient = served.connect(WHOLE * 3)
    assert _body(patient).startswith(b"0000")
    hasty = served.connect(WHOLE * 99 + PARTIAL + b"Connection: close\r\n\r\n")
    assert _until_closed(hasty).count(b"200 OK") < 99
    assert _body(served.connect(WHOLE)) == b"0000"


def test_a_client_that_does_not_read_its_answer_is_dropped(
    serve: Callable[..., _Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve()
    monkeypatch.setattr(served.server, "application", _answer_at_length)
    served.connect(WHOLE)
    wait_until(lambda: any(c.total_outbufs_len for c in served.server.active_channels.values()), "the answer")
    wait_until(lambda: bool(served.tasks), "the thread to be free")
    monkeypatch.setattr(server, "_SEND_SECONDS", 0.0)
    wait_until(lambda: not served.server.active_channels, "closing the connection")


def test_a_body_that_is_too_large_is_refused_by_the_application(serve: Callable[..., _Served]) -> None:
    client = serve().connect(b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 200000\r\n\r\n")
    assert _until_closed(client).endswith(b"0000")  # without having been read


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /?q=" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: shop\r\n\r\n", b"414"),
        (PARTIAL + b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 5, 6\r\n\r\n", b"400"),
        (PARTIAL + b"X: y\r\n Content-Length: 5\r\n\r\n", b"400"),
        (PARTIAL + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (PARTIAL + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n", b"400"),
    ],
    ids=["address", "headers", "lengths", "folded", "length and coding", "coding twice"],
)
def test_what_is_too_long_or_ambiguous_is_refused(serve: Callable[..., _Served], sent: bytes, status: bytes) -> None:
    assert serve().connect(sent).recv(100).split()[1] == status


@pytest.mark.parametrize("begun", [PARTIAL, LARGE, b""], ids=["head", "body", "idle"])
def test_a_request_that_takes_too_long_is_dropped(
    serve: Callable[..., _Served], monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    served = serve()
    client = served.connect(begun)
    if begun:
        wait_until(lambda: any(c.request for c in served.server.active_channels.values()), "the bytes to arrive")
    monkeypatch.setattr(server, "_RECEIVE_SECONDS", 0.0)
    monkeypatch.setattr(served.server, "_keepalive", 0.0 if not begun else 60.0)
    assert _is_closed(client)
