"""A web server on loopback that misbehaves in every way a hostile one may."""

import gzip
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from tests.images import picture

IMAGE = picture()
BOMB = gzip.compress(bytes(2**30))  # a gibibyte in a mebibyte


class HostileServer(socketserver.ThreadingTCPServer):
    """Answers each path with the behaviour of that name, and records its requests."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.heads: list[str] = []
        self.connections = 0

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def address(self, path: str, host: str = "shop.test") -> str:
        """Return an address on this server."""
        return f"http://{host}:{self.port}/{path}"


@contextmanager
def serving() -> Iterator[HostileServer]:
    """Run a server."""
    with HostileServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


class _Handler(socketserver.StreamRequestHandler):
    server: HostileServer
    answers = 0  # on this connection

    def handle(self) -> None:
        self.server.connections += 1
        while line := self.rfile.readline(9_000):
            path = line.split()[1].decode().lstrip("/")
            head = line + b"".join(iter(self.rfile.readline, b"\r\n"))
            self.server.asked.append(path)
            self.server.heads.append(head.decode().lower())
            try:
                _BEHAVIOURS[path.partition("?")[0].rpartition("/")[2]](self)  # a proxy is asked for whole addresses
            except OSError:
                return  # the client has closed the connection
            if not path.startswith("kept"):
                return
            self.answers += 1

    def say(self, status: str, body: bytes = b"", **headers: object) -> None:
        """Send an answer."""
        lines = [f"HTTP/1.1 {status}"]
        lines += [
            f"{name.replace('_', '-')}: {value}" for name, value in ({"content_length": len(body)} | headers).items()
        ]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)

    def drip(self, data: bytes, head: str = "") -> None:
        """Send a byte now and then, until the client disconnects."""
        self.wfile.write(head.encode())
        for byte in data:
            self.wfile.write(bytes([byte]))
            time.sleep(0.1)

    def send(self, answer: bytes) -> None:
        """Send bytes as they are."""
        self.wfile.write(answer)

    def reset(self, answer: bytes = b"") -> None:
        """Send bytes, and close the connection by a reset: what was sent may be lost."""
        self.send(answer)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def end_kept(self) -> None:
        """Answer, and close the kept connection when the next request arrives on it."""
        if self.answers:
            raise OSError
        self.say("200 OK", IMAGE)

    def flood(self, head: str, chunk: bytes) -> None:
        """Send without end."""
        self.wfile.write(head.encode())
        while True:
            self.wfile.write(chunk)


def _redirect(to: Callable[[_Handler], str]) -> Callable[[_Handler], None]:
    return lambda handler: handler.say("302 Found", location=to(handler))


_OK = "HTTP/1.1 200 OK\r\n"
_BEHAVIOURS: dict[str, Callable[[_Handler], None]] = {
    "fine": lambda h: h.say("200 OK", IMAGE),
    "kept": lambda h: h.say("200 OK", IMAGE),
    "packed": lambda h: h.say("200 OK", gzip.compress(IMAGE), content_encoding="gzip"),
    "versioned": lambda h: (
        h.say("304 Not Modified", etag='"v1"', content_length=0)
        if 'if-none-match: "v1"' in h.server.heads[-1]
        else h.say("200 OK", IMAGE, etag='"v1"')
    ),
    "unasked-304": lambda h: h.say("304 Not Modified"),
    "silent": lambda h: time.sleep(30),
    "slow-head": lambda h: h.drip(b"HTTP/1.1 200 OK\r\nx-padding: " + b"x" * 500),
    "slow-body": lambda h: h.drip(IMAGE * 50, f"{_OK}content-length: 5000\r\n\r\n"),
    "endless-body": lambda h: h.flood(f"{_OK}\r\n", bytes(65_536)),
    "endless-chunks": lambda h: h.flood(
        f"{_OK}transfer-encoding: chunked\r\n\r\n", b"8000\r\n" + bytes(32_768) + b"\r\n"
    ),
    "endless-head": lambda h: h.flood(_OK, b"x-more: " + b"x" * 1_000 + b"\r\n"),
    "says-too-much": lambda h: h.say("200 OK", IMAGE, content_length=len(IMAGE) + 1),
    "says-too-little": lambda h: h.say("200 OK", IMAGE, content_length=10),
    "says-huge": lambda h: h.say("200 OK", IMAGE, content_length=2**40),
    "says-negative": lambda h: h.say("200 OK", IMAGE, content_length=-5),
    "gzip-bomb": lambda h: h.say("200 OK", BOMB, content_encoding="gzip"),
    "gzip-broken": lambda h: h.say("200 OK", gzip.compress(IMAGE)[:-20], content_encoding="gzip"),
    "brotli": lambda h: h.say("200 OK", IMAGE, content_encoding="br"),
    "early-close": lambda h: None,
    "closes-in-head": lambda h: h.send(_OK.encode()),
    "closes-in-body": lambda h: h.say("200 OK", IMAGE[:50], content_length=len(IMAGE)),
    "closes-in-chunk": lambda h: h.send(f"{_OK}transfer-encoding: chunked\r\n\r\n64\r\n".encode() + IMAGE[:50]),
    "resets": lambda h: h.reset(),
    "resets-in-body": lambda h: h.reset(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + IMAGE[:50]),
    "kept-until-the-next": lambda h: h.end_kept(),
    "origin-down": lambda h: h.say("521 Web Server Is Down"),
    "garbage": lambda h: h.drip(b"", "\x00\x01" * 500),
    "missing": lambda h: h.say("404 Not Found"),
    "busy": lambda h: h.say("503 Service Unavailable", retry_after=90),
    "to-loopback": _redirect(lambda h: f"http://127.0.0.1:{h.server.port}/fine"),
    "to-metadata": _redirect(lambda h: "http://169.254.169.254/latest/meta-data/"),
    "to-decimal": _redirect(lambda h: f"http://2130706433:{h.server.port}/fine"),
    "to-unicode": _redirect(lambda h: f"http://127\u30020\u30020\u30021:{h.server.port}/fine"),
    "to-userinfo": _redirect(lambda h: f"http://shop.test@127.0.0.1:{h.server.port}/fine"),
    "to-file": _redirect(lambda h: "file:///etc/hostname"),
    "to-itself": _redirect(lambda h: h.server.address("to-itself")),
    "to-fine": _redirect(lambda h: "fine"),
    "to": _redirect(lambda h: unquote(h.server.asked[-1].partition("?")[2])),
    "to-nowhere": _redirect(lambda h: "http://["),
}
