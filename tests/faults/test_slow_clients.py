"""Clients that send or read byte by byte: the shop answers all others as ever."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Event, Thread
from urllib.parse import urlsplit

import httpx
import pytest

_PATIENT = 120.0  # seconds: a request that waits for a slow client never ends, and one that doesn't ends long before
_DRIP_SECONDS = 0.1  # between two bytes
_BEGINNINGS = {
    "head": "GET /search HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "form": "POST /bag HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 5000\r\n\r\nproduct_id=",
    "chunks": "POST /api/behaviour HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "Transfer-Encoding: chunked\r\n\r\n1388\r\n",
    "photograph": "POST /photo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    'Content-Length: 5000000\r\n\r\n--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n',
    "reader": "GET /static/shop.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 8,
}


def _client(address: tuple[str, int], beginning: str) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)  # reads next to nothing
    client.connect(address)
    client.sendall(beginning.encode())
    return client


def _drip(clients: list[socket.socket], stop: Event) -> None:
    while not stop.wait(_DRIP_SECONDS):
        for client in clients:
            try:
                client.sendall(b"a")
            except OSError:  # dropped, which is fine
                continue


@pytest.fixture
def besieged(storefront: str, count: Callable[[int, int], int]) -> Iterator[Callable[[str], None]]:
    """Begin as many slow requests as two processes have threads, or in full runs more, and go on with them."""
    parts, stop = urlsplit(storefront), Event()
    with ExitStack() as stack:

        def begin(kind: str) -> None:
            address = (str(parts.hostname), int(parts.port or 0))
            clients = [_client(address, _BEGINNINGS[kind]) for _ in range(count(16, 300))]
            for client in clients:
                stack.enter_context(client)
            if kind != "reader":
                thread = Thread(target=_drip, args=(clients, stop))
                thread.start()
                stack.callback(thread.join)
                stack.callback(stop.set)

        yield begin


@pytest.mark.parametrize("kind", _BEGINNINGS)
def test_slow_clients_keep_nobody_else_waiting(storefront: str, besieged: Callable[[str], None], kind: str) -> None:
    with httpx.Client(base_url=storefront, timeout=_PATIENT) as shopper:
        assert shopper.get("/search?q=dress").status_code == 200
    besieged(kind)
    for path in ("/livez", "/static/shop.css", "/search?q=dress", "/api/search?q=dress"):
        for _ in range(3):  # on connections of their own, so that each process is asked
            assert httpx.get(f"{storefront}{path}", timeout=_PATIENT).status_code == 200
