"""A real browser. Its errors, and any request to another host, fail the test that caused them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

DESKTOP = {"width": 1280, "height": 900}
_PATIENCE_MS = 30_000  # on an idle machine


def _patient(context: BrowserContext) -> BrowserContext:
    """Scale the time-outs of a page and of expectations with the machine's load."""
    patience = _PATIENCE_MS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    context.set_default_timeout(patience)
    expect.set_options(timeout=patience)
    return context


def _is_elsewhere(url: str, host: str) -> bool:
    # The shopper's own photograph has an address within the page.
    return urlsplit(url).scheme not in {"blob", "data"} and urlsplit(url).netloc != host


def _is_error(message: ConsoleMessage) -> bool:
    # A busy machine answers some pictures with 503, and the page asks for them again.
    is_retried = "/pictures/" in message.location["url"] and "503" in message.text
    return message.type == "error" and not is_retried


@pytest.fixture
def page(browser: Browser, storefront: str) -> Iterator[Page]:
    """Open a page of a new visitor with reduced motion, which is faster; addresses are relative to the shop."""
    context = _patient(browser.new_context(base_url=storefront, viewport=DESKTOP, reduced_motion="reduce"))  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    host = urlsplit(storefront).netloc
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if _is_error(message) else None)
    page.on("request", lambda request: complaints.append(request.url) if _is_elsewhere(request.url, host) else None)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def troubled_page(browser: Browser, storefront: str) -> Iterator[Page]:
    """Open a page on which errors are expected."""
    context = _patient(browser.new_context(base_url=storefront, viewport=DESKTOP))  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


@pytest.fixture
def plain_page(browser: Browser, storefront: str) -> Iterator[Page]:
    """Open a page without JavaScript."""
    context = _patient(browser.new_context(base_url=storefront, viewport=DESKTOP, java_script_enabled=False))  # type: ignore[arg-type]
    yield context.new_page()
    context.close()
