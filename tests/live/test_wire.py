"""Requests that no browser sends, to the storefront as gunicorn serves it."""

import socket
from urllib.parse import urlsplit

import httpx
import pytest


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "shop=" + "A" * 7_000},
        {"Cookie": "shop=" + "A" * 60_000},
        {"Cookie": "; ".join(f"c{n}=x" for n in range(2_000))},
        {"Cookie": "shop=eyJ2aXNpdG9yIjoiYSJ9.aaaa.bbbb"},
        {"Cookie": "shop=\xff\xfe; shop=; =;;"},
        {"Host": "evil.example"},
        {"Host": ""},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
        {f"X-{n}": "x" for n in range(200)},
    ],
    ids=range(9),
)
def test_headers_of_any_kind_get_an_answer(storefront: str, headers: dict[str, str]) -> None:
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = httpx.get(f"{storefront}/search?q=dress", headers=sent)
    assert answer.status_code in {200, 400, 414, 431}
    assert "evil.example" not in answer.text
    assert "Traceback" not in answer.text
    assert httpx.get(f"{storefront}/healthz").status_code == 200


def test_an_address_that_is_too_long_is_answered_as_the_description_says(storefront: str) -> None:
    described = httpx.get(f"{storefront}/api/openapi.json").json()["paths"]["/api/search"]["get"]["responses"]
    answer = httpx.get(f"{storefront}/api/search?q={'x' * 20_000}")
    assert answer.status_code == 414
    assert answer.headers["Content-Type"].partition(";")[0] in described["414"]["content"]


def test_no_peer_says_under_which_path_the_shop_is(storefront: str) -> None:
    # The test's own address, 127.0.0.1, is one that gunicorn trusts by default.
    address = urlsplit(storefront)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(
            f"GET /search?q=dress HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n"
            "SCRIPT_NAME: /elsewhere\r\nScript-Name: /elsewhere\r\nPATH_INFO: /elsewhere\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'href="/search?' in answer
    assert b"elsewhere" not in answer


def test_no_answer_names_the_server(storefront: str) -> None:
    answer = httpx.get(f"{storefront}/search?q=dress")
    assert answer.headers["Content-Security-Policy"]
    assert "Server" not in answer.headers
