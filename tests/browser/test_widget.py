"""The widget, on a page of another origin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, expect

from demo.services.process import free_port
from tests.browser.conftest import _patient
from tests.conftest import Shop, running_storefront
from webapp.storefront.pictures import BUSY

# As strict as pages get: scripts and pictures of the shop, requests to it, no inline styles.
PAGE = """<!doctype html><html lang="en"><head><title>A dress</title><meta name="viewport" content="width=device-width">
<script src="{shop}/static/widget.js" defer></script></head><body><main><h1>A dress</h1>
<lookalike-similar product="{product}" count="4"
 link="/p/{{id}}?from=widget" heading="You may like"></lookalike-similar>
<lookalike-similar id="plain" product="{product}" heading="In the shop"></lookalike-similar>
<lookalike-similar id="none" product="not-there"></lookalike-similar></main></body></html>"""
POLICY = "default-src 'none'; script-src {shop}; connect-src {shop}; img-src {shop}"


@contextmanager
def _page(port: int, body: Callable[[], str], policy: Callable[[], str]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy())
            self.end_headers()
            self.wfile.write(body().encode() if self.path == "/" else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://localhost:{port}"  # another host, and so another site, than the shop's 127.0.0.1
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def origin_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def open_shop(shop: Shop, origin_port: int) -> Iterator[str]:
    with running_storefront("widget", WIDGET_ORIGINS=f"http://localhost:{origin_port}") as running:
        yield running.url


@pytest.fixture
def product(shop: Shop) -> str:
    return str(shop.client.search(index=shop.alias, size=1)["hits"]["hits"][0]["_id"])


def test_a_page_of_another_origin_shows_similar_products(
    browser: Browser, open_shop: str, origin_port: int, product: str
) -> None:
    context = _patient(browser.new_context())
    page = context.new_page()
    body, policy = PAGE.format(shop=open_shop, product=product), POLICY.format(shop=open_shop)
    with _page(origin_port, lambda: body, lambda: policy) as origin:
        page.goto(origin)
        region = page.get_by_role("region", name="You may like")
        expect(region.get_by_role("listitem")).to_have_count(4)
        listed = httpx.get(f"{open_shop}/api/products/{product}/similar?size=4", timeout=60).json()["products"]
        links = [link.get_attribute("href") for link in region.get_by_role("link").all()]
        assert links == [f"{origin}/p/{one['id']}?from=widget" for one in listed]
        assert region.get_by_role("link").first.inner_text().startswith(listed[0]["title"])
        plain = page.get_by_role("region", name="In the shop").get_by_role("link")
        expect(plain).to_have_count(6)
        assert plain.first.get_attribute("href") == f"{open_shop}/products/{listed[0]['id']}"
        picture = region.locator("img").first
        picture.scroll_into_view_if_needed()
        page.wait_for_function("image => image.complete && image.naturalWidth > 4", arg=picture.element_handle())
        assert page.locator("#none").is_hidden()
        region.get_by_role("link").first.focus()
        assert Axe().run(page).response["violations"] == []
        page.locator("lookalike-similar").first.evaluate("element => element.setAttribute('count', '2')")
        expect(region.get_by_role("listitem")).to_have_count(2)
        assert context.cookies() == []
    context.close()


def test_pictures_that_the_shop_is_too_busy_to_make_come_later(
    browser: Browser, open_shop: str, origin_port: int, product: str
) -> None:
    context = _patient(browser.new_context())
    page = context.new_page()
    body, policy = PAGE.format(shop=open_shop, product=product), POLICY.format(shop=open_shop)

    def refuse(route: Route) -> None:
        if "again=" in route.request.url:
            route.continue_()
        else:
            route.fulfill(status=503, content_type="image/svg+xml", body=BUSY)

    page.route("**/pictures/**", refuse)
    with _page(origin_port, lambda: body, lambda: policy) as origin:
        page.goto(origin)
        picture = page.get_by_role("region", name="You may like").locator("img").first
        picture.scroll_into_view_if_needed()
        page.wait_for_function("image => image.naturalWidth > 40", arg=picture.element_handle())
    context.close()


def test_other_origins_and_other_answers_stay_closed(open_shop: str, origin_port: int, product: str) -> None:
    with httpx.Client(base_url=open_shop, timeout=60) as client:
        similar = f"/api/products/{product}/similar"
        for origin in (
            "http://localhost",
            "http://evil.example",
            "null",
            f"http://localhost:{origin_port}.evil.example",
        ):
            answer = client.get(similar, headers={"Origin": origin})
            assert "access-control-allow-origin" not in answer.headers
            assert "Origin" in answer.headers["vary"]
        mine = {"Origin": f"http://localhost:{origin_port}"}
        assert client.get(similar, headers=mine).headers["access-control-allow-origin"] == mine["Origin"]
        assert "access-control-allow-credentials" not in client.get(similar, headers=mine).headers
        for path in ("/", "/bag", "/api/search", f"/api/products/{product}", "/static/main.js"):
            answer = client.get(path, headers=mine)
            assert "access-control-allow-origin" not in answer.headers, path
            assert answer.headers["cross-origin-resource-policy"] == "same-origin", path


def test_without_the_setting_no_page_may_load_it(storefront: str) -> None:
    answer = httpx.get(f"{storefront}/static/widget.js", timeout=60)
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert len(answer.content) < 15_000
