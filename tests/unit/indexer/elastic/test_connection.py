"""Every documented way to reach Elasticsearch, tried on servers of this machine."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elastic_transport import ConnectionError as ConnectionFailedError
from elastic_transport import TlsError

from demo.services.process import free_port
from indexer.elastic.client import connect
from indexer.elastic.connection import client_options, with_port
from indexer.settings import Settings
from tests.certificates import make_certificate


class _Server(http.server.ThreadingHTTPServer):
    """Answers as Elasticsearch does, and notes paths and credentials."""

    def __init__(self, certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str | None]] = []
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["authorization"]))
        body = json.dumps({"version": {"number": "9.4.3"}}).encode()
        self.send_response(200)
        self.send_header("x-elastic-product", "Elasticsearch")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Proxy(http.server.ThreadingHTTPServer):
    """Tunnels connections, and notes where to and whose they are."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.tunnels: list[tuple[str, str | None]] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _Tunnel(http.server.BaseHTTPRequestHandler):
    server: _Proxy

    def do_CONNECT(self) -> None:
        self.server.tunnels.append((self.path, self.headers["proxy-authorization"]))
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=60) as upstream:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_copy, args=(upstream, self.connection), daemon=True)
            back.start()
            _copy(self.connection, upstream)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))[1]


@pytest.fixture
def secure(certificate: Path) -> Iterator[_Server]:
    with _Server(certificate) as server:
        yield server
        server.shutdown()


@pytest.fixture
def plain() -> Iterator[_Server]:
    with _Server() as server:
        yield server
        server.shutdown()


def _info(**settings: Any) -> None:
    with connect(Settings(**settings)) as client:
        client.options(max_retries=0).info()


def test_a_certificate_of_an_own_authority_is_trusted_only_with_its_file(secure: _Server, certificate: Path) -> None:
    url = f"https://127.0.0.1:{secure.server_port}"
    with pytest.raises(TlsError):
        _info(elasticsearch_url=url)
    _info(elasticsearch_url=url, elasticsearch_ca_file=certificate.with_name("ca.pem"))
    assert secure.asked


def test_a_fingerprint_is_enough_and_must_fit(secure: _Server, certificate: Path) -> None:
    url = f"https://127.0.0.1:{secure.server_port}"
    pem = certificate.with_name("ca.pem").read_text()
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    _info(elasticsearch_url=url, elasticsearch_fingerprint=digest)
    colons = ":".join(digest[place : place + 2] for place in range(0, 64, 2)).upper()
    _info(elasticsearch_url=url, elasticsearch_fingerprint=colons)
    with pytest.raises(ConnectionFailedError):
        _info(elasticsearch_url=url, elasticsearch_fingerprint="0" * 64)


@pytest.mark.parametrize(
    ("settings", "credentials"),
    [
        ({"elasticsearch_api_key": "key"}, "ApiKey key"),
        ({"elasticsearch_user": "ada", "elasticsearch_password": "a:b@c"}, b"ada:a:b@c"),
    ],
)
def test_credentials_are_sent(plain: _Server, settings: dict[str, str], credentials: str | bytes) -> None:
    _info(elasticsearch_url=f"http://127.0.0.1:{plain.server_port}", **settings)
    sent = credentials if isinstance(credentials, str) else f"Basic {base64.b64encode(credentials).decode()}"
    assert {header for _, header in plain.asked} == {sent}


def test_credentials_and_the_path_of_a_proxy_can_be_in_the_address(plain: _Server) -> None:
    _info(elasticsearch_url=f"http://ada:a%40b@127.0.0.1:{plain.server_port}/search/engine")
    assert plain.asked[0] == ("/search/engine/", f"Basic {base64.b64encode(b'ada:a@b').decode()}")


def test_a_node_that_is_down_is_left_out(plain: _Server) -> None:
    down = f"http://127.0.0.1:{free_port()}"
    urls = f"{down},http://127.0.0.1:{plain.server_port}"
    with connect(Settings(elasticsearch_url=urls)) as client:
        for _ in range(6):
            client.info()
    assert len(plain.asked) == 7  # all, and one for the version


def test_https_is_tunnelled_through_a_proxy(secure: _Server, certificate: Path) -> None:
    with _Proxy() as proxy:
        _info(
            elasticsearch_url=f"https://localhost:{secure.server_port}",
            elasticsearch_ca_file=certificate.with_name("ca.pem"),
            elasticsearch_proxy=f"http://ada:p%40ss@127.0.0.1:{proxy.server_port}",
        )
        basic = f"Basic {base64.b64encode(b'ada:p@ss').decode()}"
        assert set(proxy.tunnels) == {(f"localhost:{secure.server_port}", basic)}
        proxy.shutdown()


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("https://search.example", "https://search.example:443"),
        ("http://a:b@search.example/es", "http://a:b@search.example:80/es"),
        ("http://[::1]:9200", "http://[::1]:9200"),
        ("https://[::1]", "https://[::1]:443"),
    ],
)
def test_an_address_without_a_port_has_that_of_its_scheme(address: str, whole: str) -> None:
    assert with_port(address) == whole


def test_a_cloud_id_takes_the_place_of_an_address() -> None:
    cloud_id = "shop:" + base64.b64encode(b"eu.example$abc$def").decode()
    settings = Settings(elasticsearch_cloud_id=cloud_id, elasticsearch_api_key="key")
    assert "hosts" not in client_options(settings)
    with connect(settings) as client:
        assert [node.base_url for node in client.transport.node_pool.all()] == ["https://abc.eu.example:443"]
