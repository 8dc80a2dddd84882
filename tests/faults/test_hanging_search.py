"""Elasticsearch accepts requests and answers none: every shopper still gets an answer, and nothing else waits."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from demo.processes import start_child
from demo.services.process import free_port
from tests.conftest import DATA, Shop, wait_until
from tests.faults.servers import SpoilingProxy

SEARCHES = 24
_PATIENT = 120.0  # seconds: a request that waits for the proxy never ends, and one that doesn't ends long before


@pytest.fixture
def proxy(shop: Shop) -> Iterator[SpoilingProxy]:
    proxy = SpoilingProxy(os.environ["ELASTICSEARCH_URL"])
    yield proxy
    proxy.stop()


@pytest.fixture
def storefront(proxy: SpoilingProxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start a production storefront with one process that sends its searches to the proxy."""
    monkeypatch.setenv("ELASTICSEARCH_URL", proxy.url)
    monkeypatch.setenv("REQUEST_SECONDS", "2")
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    child = start_child("storefront", command, DATA / "hanging-storefront.log")

    def answers() -> bool:
        child.check()
        try:
            return httpx.get(f"{url}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    wait_until(answers, "the storefront")
    yield url
    child.stop()


def test_every_request_is_answered_while_elasticsearch_hangs(storefront: str, proxy: SpoilingProxy) -> None:
    with httpx.Client(base_url=storefront, timeout=_PATIENT) as client:
        assert client.get("/search?q=dress").status_code == 200
        proxy.spoil = "hang"

        def status(path: str) -> int:
            return client.get(path).status_code

        with ThreadPoolExecutor(SEARCHES + 2) as threads:
            searches = [threads.submit(status, f"/search?q=dress&size={n + 1}") for n in range(SEARCHES)]
            other = [threads.submit(status, path) for path in ("/static/shop.css", "/livez")]
            assert [one.result() for one in other] == [200, 200]
            assert {search.result() for search in searches} == {503}
        answer = client.get("/api/search?q=dress")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["detail"]

        # When it answers again, a probe notices, and all requests are served.
        proxy.spoil = ""
        proxy.released.set()
        wait_until(lambda: status("/search?q=dress") == 200, "answering again")
        assert {status(f"/search?q=dress&size={n + 1}") for n in range(4)} == {200}
