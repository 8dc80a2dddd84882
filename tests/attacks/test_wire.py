"""Raw requests to gunicorn as it runs in production: smuggled, endless, enormous, compressed."""

from __future__ import annotations

import gzip
import itertools
import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.conftest import DATA

_FLOOD = 2**26  # bytes that are sent at most
_PATIENCE = 120.0  # seconds; a busy machine answers late
_SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n"
_LENGTH = b"%d" % len(_SMUGGLED)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
FORM_TYPE = b"Content-Type: application/x-www-form-urlencoded\r\n"
HOST = b"Host: localhost\r\nConnection: close\r\n"
REPEATED = b"Content-Length: 0\r\nContent-Length: %b\r\n" % _LENGTH

# By name: headers that two servers may read differently, and a body that holds another request.
SMUGGLING = {
    "CL.TE": (b"Content-Length: %b\r\n%b" % (_LENGTH, CHUNKED), b"0\r\n\r\n" + _SMUGGLED),
    "TE.CL": (CHUNKED + b"Content-Length: 4\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(_SMUGGLED), _SMUGGLED)),
    "two lengths": (REPEATED, _SMUGGLED),
    "two lengths in one": (b"Content-Length: 0, %b\r\n" % _LENGTH, _SMUGGLED),
    "a length with a plus": (b"Content-Length: +%b\r\n" % _LENGTH, _SMUGGLED),
    "a negative length": (b"Content-Length: -1\r\n", _SMUGGLED),
    "a length in hex": (b"Content-Length: 0x0\r\n", _SMUGGLED),
    "a length with an underscore": (b"Content-Length: 1_0\r\n", _SMUGGLED),
    "a name with an underscore": (b"Content_Length: %b\r\n" % _LENGTH, b""),
    "a space before the colon": (b"Content-Length : %b\r\n" % _LENGTH, _SMUGGLED),
    "a folded header": (b"X: y\r\n Content-Length: %b\r\n" % _LENGTH, _SMUGGLED),
    "a folded coding": (b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n" + _SMUGGLED),
    "a vertical tab": (b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n" + _SMUGGLED),
    "an unknown coding": (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + _SMUGGLED),
    "two codings": (b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n" + _SMUGGLED),
    "chunked twice": (CHUNKED * 2, b"0\r\n\r\n" + _SMUGGLED),
    "a line feed alone": (b"X: y\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + _SMUGGLED),
    "a carriage return alone": (b"X: y\rTransfer-Encoding: chunked\r\n", b""),
    "a NUL": (b"X: \x00\r\n", b""),
    "a chunk with a bad size": (CHUNKED, b"0x5\r\nhello\r\n0\r\n\r\n" + _SMUGGLED),
    "a chunk with a negative size": (CHUNKED, b"-1\r\nhello\r\n0\r\n\r\n" + _SMUGGLED),
    "a chunk without an end": (CHUNKED, b"5\r\nhelloX0\r\n\r\n" + _SMUGGLED),
    "a chunk of 2^64": (CHUNKED, b"10000000000000000\r\nhello\r\n0\r\n\r\n" + _SMUGGLED),
    "a chunk's extension with a line feed": (CHUNKED, b"5;a\nhello\r\n0\r\n\r\n" + _SMUGGLED),
}


def _send(url: str, parts: Iterable[bytes]) -> bytes:
    """Send bytes until the server has enough, and return all that it answers."""
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), _PATIENCE) as connection:
        with suppress(OSError):  # it answered and closed before all was sent
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionError):
            while part := connection.recv(65_536):
                answer += part
        return answer


def _status(answer: bytes) -> int:
    """Return the status of an answer; 0 if the connection was closed without one."""
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def _posted(path: bytes, headers: bytes, *more: bytes) -> list[bytes]:
    return [b"POST %b HTTP/1.1\r\n" % path, headers, *more]


@pytest.mark.parametrize("path", [b"/livez", b"/bag"], ids=["unread", "read"])
@pytest.mark.parametrize("name", SMUGGLING)
def test_no_request_is_smuggled_in_another(storefront: str, name: str, path: bytes) -> None:
    headers, body = SMUGGLING[name]
    answer = _send(storefront, [*_posted(path, b"Host: localhost\r\n", FORM_TYPE, headers), b"\r\n", body])
    first, *more = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)] or [0]
    assert first in {0, 400, 405, 501}, answer[:200]
    assert more in ([], [400])  # what follows a broken body is refused, and the connection ends
    assert "/smuggled" not in (DATA / "storefront.log").read_text(errors="replace")
    assert httpx.get(f"{storefront}/livez", timeout=_PATIENCE).text == "alive\n"


def test_a_body_that_nobody_read_is_not_the_next_request(storefront: str) -> None:
    first = b"POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: %b\r\n\r\n%b" % (_LENGTH, _SMUGGLED)
    last = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = _send(storefront, [first + last])
    assert _status(answer) == 405
    assert answer.count(b"HTTP/1.1 ") in {1, 2}  # the connection may end after a body that wasn't read
    assert answer.count(b"HTTP/1.1 ") == 1 or answer.endswith(b"alive\n")
    assert "/smuggled" not in (DATA / "storefront.log").read_text(errors="replace")


HEAD = b"GET /livez HTTP/1.1\r\n" + HOST
FORM = HOST + FORM_TYPE
JSON = HOST + b"Content-Type: application/json\r\n"
MULTIPART = HOST + b"Content-Type: multipart/form-data; boundary=b\r\n"
CHUNK = b"8000\r\n" + b"x" * 32_768 + b"\r\n"
LINE = b"X: " + b"x" * 1_000 + b"\r\n"
PARTS = b"".join(b'--b\r\nContent-Disposition: form-data; name="a%d"\r\n\r\nx\r\n' % n for n in range(20_000))


# By name: how it begins, what follows again and again, and the statuses that end it.
FLOODS: dict[str, tuple[list[bytes], bytes, set[int]]] = {
    "endless headers": ([HEAD], LINE, {400, 431}),
    "one endless header": ([HEAD, b"X: "], b"x" * 1_000, {400, 431}),
    "an endless address": ([b"GET /"], b"x" * 1_000, {400, 414}),
    "an endless method": ([], b"G" * 1_000, {0, 400, 414}),
    "a huge length": (_posted(b"/bag", FORM, b"Content-Length: 99999999999\r\n\r\n"), CHUNK, {413}),
    "an endless form": (_posted(b"/bag", FORM, CHUNKED, b"\r\n"), CHUNK, {400, 413}),
    "endless events": (_posted(b"/api/catalog/events", JSON, CHUNKED, b"\r\n"), CHUNK, {401, 413}),
    "endless JSON": (_posted(b"/api/behaviour", JSON, CHUNKED, b"\r\n"), CHUNK, {400, 413}),
    "many parts": (_posted(b"/photo", MULTIPART, b"Content-Length: %d\r\n\r\n" % len(PARTS), PARTS), b"", {400, 413}),
    "endless chunk extensions": (_posted(b"/bag", FORM, CHUNKED, b"\r\n1"), b";" + b"a" * 1_000, {0, 400, 413}),
    "endless trailers": (_posted(b"/bag", FORM, CHUNKED, b"\r\n0\r\n"), LINE, {0, 400, 413, 431}),
}


def _memory() -> int:
    """Return the MiB that the storefront's processes take at most; the biggest counts."""
    children = [p for p in psutil.Process().children(recursive=True) if "gunicorn" in " ".join(p.cmdline())]
    assert children
    return max(child.memory_info().rss for child in children) >> 20


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_refused_early(storefront: str, name: str) -> None:
    begin, again, statuses = FLOODS[name]
    before = _memory()
    answer = _send(storefront, [*begin, *itertools.repeat(again, _FLOOD // len(again) if again else 0)])
    assert _status(answer) in statuses, answer[:300]
    assert _memory() - before < 100  # MiB
    assert httpx.get(f"{storefront}/livez", timeout=_PATIENCE).text == "alive\n"


@pytest.mark.parametrize("path", ["/api/behaviour", "/api/catalog/events", "/bag", "/photo", "/api/similar-to-image"])
def test_a_compressed_body_is_not_unpacked(storefront: str, path: str) -> None:
    bomb, before = gzip.compress(bytes(2**28)), _memory()  # a quarter of a gibibyte in as many kibibytes
    for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"):
        headers = {"Content-Encoding": "gzip", "Content-Type": kind}
        answer = httpx.post(f"{storefront}{path}", content=bomb, headers=headers, timeout=_PATIENCE)
        assert 400 <= answer.status_code < 500, answer.text
    assert _memory() - before < 100


@pytest.mark.parametrize(
    "path", ["//evil.example", "///evil.example/a", "/\\evil.example", "/%5cevil.example", "/%2f%2fevil.example",
             "/products//evil.example", "//evil.example/%2e%2e", "/static//evil.example", "http://evil.example/", "*"],
)  # fmt: skip
def test_no_address_is_redirected_elsewhere(storefront: str, path: str) -> None:
    answer = _send(storefront, [b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path.encode()])
    assert _status(answer) in {200, 308, 400, 404}, answer
    head = answer.partition(b"\r\n\r\n")[0].lower()
    locations = [line.partition(b":")[2].strip() for line in head.split(b"\r\n") if line.startswith(b"location:")]
    assert all(location.startswith((b"/", b"http://localhost/")) for location in locations)
    assert not any(location.startswith((b"//", b"/\\")) for location in locations)
