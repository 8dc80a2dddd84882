"""The addresses of pictures, and the format that a browser gets."""

from urllib.parse import parse_qs, unquote, urlsplit

import elastic_transport
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from indexer.deadlines import DeadlineError
from indexer.errors import ImageUnavailableError
from indexer.settings import Settings
from webapp import create_app
from webapp.budgets import Bulkhead
from webapp.services.thumbnails import WIDTHS, Format, Thumbnails
from webapp.storefront.pictures import BUSY, picture_sizes, picture_url

_FAULTS = {
    "busy": ImageUnavailableError("2 other pictures are being made"),
    "late": DeadlineError("Elasticsearch took too long"),
    "down": elastic_transport.ConnectionError("Connection refused"),
}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Flask:
    def get(_: Thumbnails, product_id: str, width: int, number: int, version: str, form: Format = "webp") -> bytes:
        if product_id in _FAULTS:
            raise _FAULTS[product_id]
        return f"{product_id} {width} {number} {form}".encode()

    monkeypatch.setattr(Thumbnails, "get", get)
    return create_app(Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1"))


@pytest.fixture
def web(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize("product_id", ["dress-1", "a/0", "0/0?0", "é %2F&"])
def test_each_size_of_a_picture_has_its_address(app: Flask, web: FlaskClient, product_id: str) -> None:
    product = {"id": product_id, "images": ["a.jpg", "b.jpg"]}
    with app.test_request_context():
        sizes = picture_sizes(product, WIDTHS, "b.jpg")
        version = _version(picture_url(product, 96, "b.jpg"))
        assert version != _version(picture_url(product, 96))
    for entry, width in zip(sizes.split(", "), WIDTHS, strict=True):
        address, _, descriptor = entry.partition(" ")
        assert descriptor == f"{width}w"
        assert web.get(address).text == f"{product_id} {width} 1 webp"
        assert _version(address) == version
        assert unquote(urlsplit(address).path) == f"/pictures/{product_id}/{width}"


def _version(address: str | None) -> str:
    return parse_qs(urlsplit(address or "").query)["v"][0]


def test_a_product_without_pictures_has_no_sizes(app: Flask) -> None:
    with app.test_request_context():
        assert picture_sizes({"id": "a", "images": []}, (320,)) == ""


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("image/avif,image/webp,image/apng,*/*;q=0.8", "avif"),
        ("image/webp,*/*", "webp"),
        ("image/avif;q=0, image/webp", "webp"),
        ("", "webp"),
    ],
)
def test_a_browser_gets_the_smallest_format_that_it_reads(web: FlaskClient, accept: str, form: str) -> None:
    answer = web.get("/pictures/dress-1/480?v=1", headers={"Accept": accept})
    assert (answer.mimetype, answer.text) == (f"image/{form}", f"dress-1 480 0 {form}")
    assert "Accept" in answer.vary
    assert answer.cache_control.immutable


def test_an_address_that_names_the_format_has_that_format(web: FlaskClient) -> None:
    answer = web.get("/pictures/dress-1/480.webp?v=1", headers={"Accept": "image/avif"})
    assert answer.text == "dress-1 480 0 webp"
    assert "Accept" not in answer.vary


@pytest.mark.parametrize("product_id", ["busy", "late", "down"])
def test_a_picture_that_is_not_ready_is_asked_for_again(web: FlaskClient, product_id: str) -> None:
    _assert_placeholder(web.get(f"/pictures/{product_id}/480", headers={"Accept": "image/avif,*/*"}))


def test_a_picture_beyond_capacity_has_a_placeholder(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bulkhead, "enter", lambda *_: False)
    _assert_placeholder(app.test_client().get("/pictures/dress-1/480", headers={"Accept": "image/avif,*/*"}))


def _assert_placeholder(answer: TestResponse) -> None:
    assert (answer.status_code, answer.mimetype, answer.text) == (503, "image/svg+xml", BUSY)
    assert answer.cache_control.no_store
    assert int(answer.headers["Retry-After"]) > 0
