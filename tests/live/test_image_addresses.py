"""Images replaced under their addresses are noticed at the next event, by conditional requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from elasticsearch import Elasticsearch

from indexer.elastic.client import vector
from indexer.embedding.pipeline import Pipeline
from indexer.embedding.report import Report
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.vectorizers import Vectorizers
from tests.images import picture
from tests.live.rolling import Dice, RollingShop


class PictureServer(ThreadingHTTPServer):
    """Serves one picture with an ETag; remembers what each request brought and how it was answered."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.show((200, 10, 10))
        self.status, self.asked = 200, list[tuple[str | None, int]]()

    def show(self, color: tuple[int, int, int]) -> None:
        self.data, self.etag = picture(color=color), f'"{color}"'

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/dress.png"


class _Handler(BaseHTTPRequestHandler):
    server: PictureServer

    def do_GET(self) -> None:
        sent, status = self.headers["if-none-match"], self.server.status
        if status == 200 and sent == self.server.etag:
            status = 304
        body = self.server.data if status == 200 else b""
        self.server.asked.append((sent, status))
        self.send_response(status)
        if status != 304:  # a 304 that says no more than that
            self.send_header("etag", self.server.etag)
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def pictures() -> Iterator[PictureServer]:
    with PictureServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


class Shop(RollingShop):
    """A shop whose first product's picture is fetched from a server."""

    def __init__(self, client: Elasticsearch, settings: Settings, folder: Path, pictures: PictureServer) -> None:
        super().__init__(client, settings, folder)
        self.source = ImageSource((folder,), ("127.0.0.1",))
        self.pictures, self.version = pictures, 1
        self.index.ensure()
        self.write(self.upsert(7, images=[pictures.address]))
        self.open(6)
        pictures.asked.clear()

    def event(self, hours: float = 0) -> Report:
        """Send the product again as it is, and embed it as a worker does."""
        self.version += 1
        self.write(self.upsert(7, version=self.version, images=[self.pictures.address]))
        look, color = Dice("one"), Dice("color", "color")
        self.models = [look, color]
        vectorizers = Vectorizers({"look": look, "color": color}, {})
        return Pipeline(self.index, self.source, vectorizers, 32, hours).vectorize(["p-00007"], recheck=True)

    def stored(self) -> dict[str, Any]:
        return self.index.products(["p-00007"])["p-00007"]


@pytest.fixture
def shop(client: Elasticsearch, settings: Settings, tmp_path: Path, pictures: PictureServer) -> Shop:
    return Shop(client, settings, tmp_path, pictures)


def test_an_unchanged_image_is_requested_by_its_etag_and_not_embedded_again(
    shop: Shop, pictures: PictureServer
) -> None:
    before = shop.stored()
    for _ in range(2):  # the validators outlive a 304 that doesn't repeat them
        assert shop.event().current == ["p-00007"]
    assert pictures.asked == [('"(200, 10, 10)"', 304)] * 2
    assert [model.seen for model in shop.models] == [[], []]
    assert shop.stored()["vector"] == before["vector"]
    assert shop.stored()["embedding"]["at"] == before["embedding"]["at"], "nothing was written"


def test_another_image_at_the_same_address_makes_another_vector(shop: Shop, pictures: PictureServer) -> None:
    before = shop.stored()
    pictures.show((10, 10, 200))
    assert shop.event().written == ["p-00007"]
    after = shop.stored()
    assert pictures.asked == [('"(200, 10, 10)"', 200)]
    assert after["embedding"]["image_digest"] != before["embedding"]["image_digest"]
    assert float(vector(after["vector"]) @ vector(before["vector"])) < 0.9 * float(
        np.sum(vector(before["vector"]) ** 2)
    )
    assert shop.event().current == ["p-00007"]
    assert pictures.asked[1:] == [('"(10, 10, 200)"', 304)]


def test_a_recently_checked_image_is_not_requested_again(shop: Shop, pictures: PictureServer) -> None:
    pictures.show((10, 10, 200))
    assert shop.event(hours=1).current == ["p-00007"]
    assert pictures.asked == []


@pytest.mark.parametrize("status", [404, 503])
def test_an_image_that_is_no_longer_available_keeps_its_vector(
    shop: Shop, pictures: PictureServer, status: int
) -> None:
    before, pictures.status = shop.stored(), status
    assert shop.event().current == ["p-00007"]
    assert pictures.asked[0][1] == status
    assert shop.stored()["vector"] == before["vector"]


def test_an_image_without_stored_activations_is_fetched_in_full(shop: Shop, pictures: PictureServer) -> None:
    digest = shop.stored()["embedding"]["image_digest"]
    for index in shop.client.indices.get(index=f"{shop.alias}-images-*"):
        shop.client.delete(index=index, id=digest)
    assert shop.event().current == ["p-00007"]
    assert pictures.asked == [(None, 200)]
    assert [model.seen for model in shop.models] == [[1], [1]], "computed and stored again"


def test_another_product_at_the_address_brings_no_bytes(shop: Shop, pictures: PictureServer) -> None:
    shop.write(shop.upsert(8, images=[pictures.address]))
    assert shop.pipeline().vectorize(["p-00008"]).written == ["p-00008"]
    assert pictures.asked == [('"(200, 10, 10)"', 304)]
    assert [model.seen for model in shop.models] == [[], []]
