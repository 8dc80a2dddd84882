"""Requests as each version of Elasticsearch takes them."""

import json
from typing import Any

import numpy as np
import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig, Transport, TransportApiResponse
from elasticsearch import AuthenticationException, Elasticsearch, UnsupportedProductError

from indexer.elastic import transport
from indexer.elastic.capabilities import UnsupportedVersionError
from indexer.elastic.multi_get import get_with_vectors
from indexer.elastic.transport import ServerTransport

VECTOR = np.array([1.0, 0.5], np.float32)


class _Server:
    """Stands in for the network: notes requests, and answers as a version of Elasticsearch."""

    def __init__(self, version: str) -> None:
        self.version, self.status, self.product = version, 200, "Elasticsearch"
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.bodies: list[str] = []

    def perform_request(self, own: Transport, _: str, target: str, **options: Any) -> TransportApiResponse:
        self.requests.append((target, options))
        if (body := options.get("body")) is not None:
            sent = own.serializers.dumps(body, options["headers"]["content-type"])
            self.bodies.append(sent.decode() if isinstance(sent, bytes) else sent)
        headers = HttpHeaders({"x-elastic-product": self.product})
        meta = ApiResponseMeta(self.status, "1.1", headers, 0.0, NodeConfig("http", "shop.test", 9200))
        answer: dict[str, Any] = {"version": {"number": self.version}, "docs": [], "responses": [], "items": []}
        return TransportApiResponse(meta, answer if self.status == 200 else {"error": {"type": "no"}})

    @property
    def targets(self) -> list[str]:
        return [target for target, _ in self.requests]


@pytest.fixture
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> _Server:
    server = _Server(getattr(request, "param", "9.4.3"))

    def perform_request(own: Transport, method: str, target: str, **options: Any) -> TransportApiResponse:
        return server.perform_request(own, method, target, **options)

    monkeypatch.setattr(Transport, "perform_request", perform_request)
    return server


@pytest.fixture
def client(server: _Server) -> Elasticsearch:
    return Elasticsearch("http://shop.test:9200", transport_class=ServerTransport, api_key="key")


def test_the_version_is_asked_for_once_and_first_with_the_same_key(server: _Server, client: Elasticsearch) -> None:
    for _ in range(2):
        client.search(index="shop", query={"match_all": {}})
    assert server.targets == ["/", "/shop/_search", "/shop/_search"]
    asked, search, _ = (options["headers"] for _, options in server.requests)
    assert asked["authorization"] == search["authorization"] == "ApiKey key"
    assert asked["accept"] == "application/json"  # version 7 refuses the form of version 8
    assert search["accept"] == search["content-type"] == "application/vnd.elasticsearch+json; compatible-with=8"


@pytest.mark.parametrize(
    ("server", "sent"), [("9.4.3", "P4AAAD8AAAA="), ("9.2.0", [1.0, 0.5]), ("8.19.13", [1.0, 0.5])], indirect=["server"]
)
def test_vectors_are_sent_in_the_form_that_the_version_takes(server: _Server, client: Elasticsearch, sent: Any) -> None:
    client.info()
    client.bulk(operations=[{"index": {"_id": "1"}}, {"vector": VECTOR}])
    client.index(index="shop", document={"vector": VECTOR, "whole": np.array([1, 2])})
    [bulk, index] = server.bodies
    assert json.loads(bulk.splitlines()[1]) == {"vector": sent}
    assert json.loads(index) == {"vector": sent, "whole": [1, 2]}


@pytest.mark.parametrize(
    ("server", "asked"),
    [("9.4.3", "?_source_exclude_vectors=false"), ("9.1.0", ""), ("8.19.13", "")],
    indirect=["server"],
)
def test_reads_by_id_ask_for_vectors_only_where_they_are_left_out(
    server: _Server, client: Elasticsearch, asked: str
) -> None:
    client.perform_request("GET", "/shop/_doc/a%3Fb", params={"_source_exclude_vectors": "false", "routing": "x"})
    assert server.targets[-1] == f"/shop/_doc/a%3Fb{asked}{'&' if asked else '?'}routing=x"
    with pytest.raises(ValueError, match="shorter"):  # the stand-in has no documents
        get_with_vectors(client, "shop", ["a"])
    assert server.targets[-1] == f"/_mget{asked}"


@pytest.mark.parametrize(("server", "kept"), [("9.0.2", False), ("8.19.13", True)], indirect=["server"])
def test_searches_exclude_vectors_only_where_that_is_known(server: _Server, client: Elasticsearch, kept: bool) -> None:
    excluding = {"exclude_vectors": True, "includes": ["id"]}
    client.search(index="shop", source=excluding)
    client.search(index="shop", source={"exclude_vectors": False})
    client.msearch(searches=[{}, {"_source": excluding}, {}, {"_source": False}])
    one, alone, several = server.bodies
    left = excluding if kept else {"includes": ["id"]}
    assert json.loads(one) == {"_source": left}
    assert json.loads(alone) == ({"_source": {"exclude_vectors": False}} if kept else {})
    assert [json.loads(line) for line in several.splitlines()] == [{}, {"_source": left}, {}, {"_source": False}]


@pytest.mark.parametrize("server", ["8.18.1", "7.17.0"], indirect=True)
def test_an_old_server_gets_no_request_but_that_for_its_version(server: _Server, client: Elasticsearch) -> None:
    for _ in range(2):
        with pytest.raises(UnsupportedVersionError, match=server.version):
            client.indices.delete(index="shop")
    assert server.targets == ["/", "/"]


def test_what_is_not_elasticsearch_is_refused(server: _Server, client: Elasticsearch) -> None:
    server.product = "OpenSearch"
    with pytest.raises(UnsupportedProductError):
        client.indices.delete(index="shop")
    assert server.targets == ["/"]


def test_a_wrong_key_is_reported_as_by_any_request(server: _Server, client: Elasticsearch) -> None:
    server.status = 401
    with pytest.raises(AuthenticationException):
        client.search(index="shop")


def test_an_upgrade_is_noticed_but_base64_waits_for_a_restart(
    server: _Server, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.version = "8.19.13"
    client.info()
    monkeypatch.setattr(transport, "_RECHECK_SECONDS", 0.0)
    server.version = "9.4.3"  # of one node; others, which can't read base64, may still be at 8.19
    client.perform_request("GET", "/shop/_doc/a", params={"_source_exclude_vectors": "false"})
    assert server.targets[-1] == "/shop/_doc/a?_source_exclude_vectors=false"
    client.index(index="shop", document={"vector": VECTOR})
    assert json.loads(server.bodies[-1]) == {"vector": [1.0, 0.5]}
    server.status = 503
    with pytest.raises(Exception, match="503"):
        client.search(index="shop")
