"""Titles, attributes and everything else of the catalogue stay text, wherever a page shows them."""

from collections.abc import Iterator
from html.parser import HTMLParser

import numpy as np
import pytest
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk
from flask.testing import FlaskClient

from es_mappings import product
from es_mappings.product import LAYOUT
from indexer.settings import Settings
from tests.forms import csrf_token
from webapp import create_app

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><b>{{ 7 * 7 }}"
IDS = ["evil-1", "evil-2", "evil \"'><svg onload=alert(3)>"]


class Tags(HTMLParser):
    """Collects what a browser would parse as tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.names, self.attributes, self.scripts, self.loaded = set[str](), set[str](), 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        is_data = dict(attrs).get("type") == "application/ld+json"
        self.scripts += tag == "script" and not is_data
        self.loaded += tag == "script" and str(dict(attrs).get("src", "")).startswith("/static/")


@pytest.fixture
def evil(settings: Settings, client: Elasticsearch) -> Iterator[FlaskClient]:
    """Return a shop whose catalogue consists of markup."""
    alias = f"{settings.index_name}-evil"
    client.indices.create(
        index=f"{alias}-1", mappings=product.mapping("random"), settings=product.settings(), aliases={alias: {}}
    )
    random = np.random.default_rng(5)

    def actions() -> Iterator[dict[str, object]]:
        for product_id in IDS:
            parts = {a.name: random.normal(size=a.dims).astype(np.float32) for a in LAYOUT.aspects}
            yield {
                "_index": alias, "_id": product_id, "id": product_id, "title": EVIL, "description": EVIL, "brand": EVIL,
                "category": [EVIL], "category_path": [EVIL], "price": 5, "currency": EVIL, "in_stock": True,
                "attributes": {EVIL.replace(".", ""): EVIL}, "facets": [f"color:{EVIL}"],
                "images": [f"https://x/{EVIL}"], "vector": LAYOUT.compose(parts),
            }  # fmt: skip

    bulk(client, actions(), refresh=True)
    yield create_app(settings.model_copy(update={"index_name": alias})).test_client()
    client.indices.delete(index=f"{alias}-1")


def test_markup_stays_text(evil: FlaskClient) -> None:
    token = csrf_token(evil.get("/photo").text)
    for product_id in IDS:
        assert evil.get("/products/" + product_id).status_code == 200
    evil.post("/bag", data={"csrf_token": token, "product_id": IDS[0], "quantity": "1"})
    evil.post("/bag", data={"csrf_token": token, "product_id": IDS[2], "quantity": "1"})
    query = {"q": EVIL, "category": EVIL, "filter": f"color:{EVIL}", "like": [IDS[2], EVIL[:50]]}
    pages = [evil.get(path) for path in ("/", "/search", "/bag", "/your-data", f"/products/{IDS[2]}", "/photo")]
    pages += [evil.get(path, query_string=query) for path in ("/search", "/photo", "/products/evil-1")]
    ordered = evil.post("/bag/order", data={"csrf_token": token})
    pages += [evil.get(ordered.headers["Location"]), evil.get("/your-data.json")]
    shown = 0
    for page in pages:
        assert page.status_code == 200, page.request.path
        if page.mimetype != "text/html":
            continue
        tags = Tags()
        tags.feed(page.text)
        assert tags.scripts == tags.loaded == 1, page.request.path
        assert not [name for name in tags.attributes if name.startswith("on")]
        assert not tags.names & {"b", "script>alert(1)"}
        shown += "&lt;script&gt;alert(1)" in page.text
    assert shown >= 6
