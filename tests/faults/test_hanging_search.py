"""Elasticsearch accepts requests and answers none: every shopper still gets an answer, and nothing else waits."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.conftest import Shop, running_storefront, wait_until
from tests.faults.servers import SpoilingProxy

SEARCHES = 24
_PATIENT = 120.0  # seconds: a request that waits for the proxy never ends, and one that doesn't ends long before
_MARK = "be searched right now. This is how it looked"


@pytest.fixture
def proxy(shop: Shop) -> Iterator[SpoilingProxy]:
    proxy = SpoilingProxy(os.environ["ELASTICSEARCH_URL"])
    yield proxy
    proxy.stop()


@pytest.fixture
def storefront(proxy: SpoilingProxy) -> Iterator[str]:
    """Start a production storefront that sends its searches to the proxy."""
    with running_storefront("hanging-storefront", ELASTICSEARCH_URL=proxy.url, REQUEST_SECONDS="2") as running:
        yield running.url


@pytest.fixture
def shopper(storefront: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=storefront, timeout=_PATIENT) as client:
        yield client


def _release(proxy: SpoilingProxy, shopper: httpx.Client) -> None:
    """Let Elasticsearch answer again, and wait until a probe has noticed."""
    proxy.spoil = ""
    proxy.released.set()
    wait_until(lambda: shopper.get("/search?q=dress&size=99").status_code == 200, "answering again")


def test_every_request_is_answered_while_elasticsearch_hangs(shopper: httpx.Client, proxy: SpoilingProxy) -> None:
    def status(path: str) -> int:
        return shopper.get(path).status_code

    wait_until(lambda: status("/search?q=dress") == 200, "the first search")  # it may take longer than the others
    proxy.spoil = "hang"
    with ThreadPoolExecutor(SEARCHES + 2) as threads:
        searches = [threads.submit(status, f"/search?q=dress&size={n + 30}") for n in range(SEARCHES)]
        other = [threads.submit(status, path) for path in ("/static/shop.css", "/livez")]
        assert [one.result() for one in other] == [200, 200]
        assert {search.result() for search in searches} == {503}
    answer = shopper.get("/api/search?q=gown")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["detail"]
    _release(proxy, shopper)
    assert {status(f"/search?q=dress&size={n + 30}") for n in range(4)} == {200}


def test_what_was_shown_before_is_shown_while_elasticsearch_hangs(
    shopper: httpx.Client, storefront: str, proxy: SpoilingProxy
) -> None:
    wait_until(lambda: shopper.get("/search?q=dress").status_code == 200, "the first search")
    page, known = shopper.get("/search?q=dress").text, shopper.get("/api/search?q=dress").json()
    assert shopper.get("/").status_code == 200
    read, seen = (product["id"] for product in known["products"][:2])
    product = shopper.get(f"/products/{read}")
    assert (known["stale_seconds"], _MARK in page) == (None, False)
    token = re.findall('name="csrf_token" value="([^"]+)"', product.text)[0]
    size = re.findall('name="size" value="([^"]+)"', product.text)[:1]
    chosen = {"csrf_token": token, "product_id": read, "quantity": "3", "size": size}
    bagged = shopper.post("/bag", data=chosen, headers={"Referer": storefront})
    assert bagged.status_code == 303
    assert shopper.get("/bag").status_code == 200

    proxy.spoil = "hang"
    stale = shopper.get("/search?q=dress")
    assert (stale.status_code, stale.headers["Cache-Control"], _MARK in stale.text) == (200, "no-store", True)
    assert int(stale.headers["Age"]) >= 0
    assert _cards(stale.text) == _cards(page)
    with httpx.Client(base_url=storefront, timeout=_PATIENT) as other:  # another shopper
        theirs = other.get("/search?q=dress").text
        assert "Your bag, 3 items" in stale.text
        assert "Your bag, 3 items" not in theirs
        assert other.get(f"/products/{read}").status_code == 200
        assert token not in other.get(f"/products/{read}").text
    again = shopper.get("/api/search?q=dress").json()
    assert again["stale_seconds"] >= 0
    # Either of the two first pages was kept; their plans and cursors say how long it took, and from which snapshot.
    own = {name: known[name] for name in ("stale_seconds", "plan", "next_cursor")}
    assert again | own == known
    assert _MARK in shopper.get("/").text
    for shown in (read, seen):  # one has a page of its own, the other is known from the listing
        page = shopper.get(f"/products/{shown}").text
        assert _MARK in page
        assert "Add to bag" in page or "in your bag" in page
        assert shopper.get(f"/api/products/{shown}").json()["stale_seconds"] >= 0
    assert _MARK in shopper.get("/bag").text
    assert shopper.post("/bag/order", data={"csrf_token": token}, headers={"Referer": storefront}).status_code == 503
    assert shopper.get("/search?q=dress&size=7").status_code == 503
    assert shopper.get("/products/dress-never-seen").status_code == 503

    _release(proxy, shopper)
    assert _MARK not in shopper.get("/search?q=dress").text
    assert 'lookalike_stale_total{kind="listing"}' in shopper.get("/metrics").text


def _cards(page: str) -> list[str]:
    return re.findall('class="card-title"><a href="/products/([^"?]+)', page)
