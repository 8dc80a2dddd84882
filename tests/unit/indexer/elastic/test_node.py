"""An answer that drips is given up when its time is over, however steadily its bytes arrive."""

import json
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from elastic_transport import ConnectionTimeout
from elasticsearch import Elasticsearch

from indexer import deadlines
from indexer.elastic import node
from indexer.elastic.client import connect
from indexer.settings import Settings

_HEAD = b"HTTP/1.1 200 OK\r\nX-Elastic-Product: Elasticsearch\r\nContent-Type: application/json\r\n"
_BODY = json.dumps({"name": "dripping" * 200, "version": {"number": "9.4.3"}}).encode()


class _Dripping(socketserver.ThreadingTCPServer):
    """Sends what follows `fast` byte by byte, until the client disconnects or it is told to stop."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fast, self.slow = b"", b""
        self.disconnected, self.stopped = threading.Event(), threading.Event()


class _Handler(socketserver.StreamRequestHandler):
    server: _Dripping

    def handle(self) -> None:
        while self.rfile.readline() not in {b"\r\n", b""}:
            pass
        self.wfile.write(self.server.fast)
        for byte in self.server.slow:
            if self.server.stopped.wait(0.02):
                return
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                self.server.disconnected.set()
                return


@pytest.fixture
def server() -> Iterator[_Dripping]:
    with _Dripping() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.stopped.set()
        server.shutdown()


@pytest.fixture
def client(server: _Dripping) -> Iterator[Elasticsearch]:
    with connect(Settings(elasticsearch_url=f"http://127.0.0.1:{server.server_address[1]}")) as client:
        yield client


def _answer(slow: str) -> dict[str, bytes]:
    length = b"Content-Length: %d\r\n\r\n" % len(_BODY)
    endless = b"X-Padding: " + b"x" * 5_000 + b"\r\n"
    chunk = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(_BODY)
    return {
        "status": {"fast": b"", "slow": b"HTTP/1.1 200 " + b"O" * 5_000},
        "head": {"fast": _HEAD, "slow": endless + length + _BODY},
        "body": {"fast": _HEAD + length, "slow": _BODY},
        "chunk": {"fast": _HEAD + chunk, "slow": _BODY + b"\r\n0\r\n\r\n"},
    }[slow]


@pytest.mark.parametrize("slow", ["status", "head", "body", "chunk"])
def test_an_answer_that_drips_ends_with_the_deadline(server: _Dripping, client: Elasticsearch, slow: str) -> None:
    vars(server).update(_answer(slow))
    with deadlines.within(0.5), pytest.raises(ConnectionTimeout):
        client.info()
    assert server.disconnected.wait(60)  # the connection is closed, not kept for another request


def test_background_work_does_not_wait_without_end(
    server: _Dripping, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "_PATIENCE", 2)
    vars(server).update(_answer("body"))
    with pytest.raises(ConnectionTimeout):
        client.options(request_timeout=0.2, max_retries=0).info()


def test_an_answer_that_arrives_in_pieces_is_read(server: _Dripping, client: Elasticsearch) -> None:
    whole: dict[str, Any] = {"name": "in pieces", "version": {"number": "9.4.3"}}
    body = json.dumps(whole).encode()
    server.fast, server.slow = _HEAD + b"Content-Length: %d\r\n\r\n" % len(body), body
    with deadlines.within(60):
        assert client.info().body == whole
