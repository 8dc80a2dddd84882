"""What search engines find: the sitemap has each product once, pages say where they belong, and facets are left out."""

import json
import re
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from search.sitemaps import Sitemaps
from tests.conftest import PRODUCTS, Shop
from tests.live.shopping import search
from webapp import create_app

_PLACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@pytest.fixture
def web(shop: Shop) -> FlaskClient:
    """Open a shop that knows under which host it is served."""
    return create_app(shop.settings.model_copy(update={"trusted_hosts": ("localhost",)})).test_client()


def _addresses(web: FlaskClient, path: str) -> list[str]:
    answer = web.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    return [place.text or "" for place in ElementTree.fromstring(answer.text).iter(_PLACE)]


def _path(address: str) -> str:
    parts = urlsplit(address)
    assert parts.netloc == "localhost"
    return f"{parts.path}?{parts.query}"


def _data(page: str) -> dict[str, Any]:
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    return {data["@type"]: data for data in map(json.loads, blocks)}


def _head(page: str, name: str) -> list[str]:
    return re.findall(rf'<(?:meta|link) (?:name|rel|property)="{name}" (?:content|href)="([^"]*)"', page)


def test_the_sitemap_has_every_product_and_category_once_and_all_open(web: FlaskClient) -> None:
    assert "Sitemap: http://localhost/sitemap.xml" in web.get("/robots.txt").text
    addresses = [address for part in _addresses(web, "/sitemap.xml") for address in _addresses(web, _path(part))]
    assert len(addresses) == len(set(addresses))
    assert sum("/products/" in address for address in addresses) == PRODUCTS
    assert "http://localhost/search?category=Dresses" in addresses
    for address in addresses[::40]:
        page = web.get(_path(address))
        assert page.status_code == 200
        assert _head(page.text, "canonical") == [address]
        assert _head(page.text, "robots") == []


def test_pages_of_the_sitemap_share_the_products(web: FlaskClient, shop: Shop) -> None:
    sitemaps = Sitemaps(shop.index)
    pages = [sitemaps.ids(number, 3) for number in range(3)]
    assert all(pages)
    assert sum(map(len, pages)) == len({product_id for page in pages for product_id in page}) == PRODUCTS
    assert web.get("/sitemaps/products-1-2.xml").status_code == 404


def test_a_product_describes_itself(web: FlaskClient) -> None:
    product = search(web, category="Dresses", in_stock=True, size=1)["products"][0]
    page = web.get(f"/products/{product['id']}", query_string={"like": product["id"], "weight": "look:1"}).text
    canonical = f"http://localhost/products/{product['id']}"
    assert _head(page, "canonical") == [canonical]
    data = _data(page)
    assert data["Product"]["name"] == product["title"]
    offer = data["Product"]["offers"]
    assert (float(offer["price"]), offer["priceCurrency"]) == (product["price"], product["currency"])
    assert offer["availability"] == "https://schema.org/InStock"
    names = [item["name"] for item in data["BreadcrumbList"]["itemListElement"]]
    assert names == product["category"]
    [picture] = _head(page, "og:image")
    assert web.get(_path(picture).replace("amp;", "")).mimetype == "image/webp"


def test_endless_addresses_are_not_indexed(web: FlaskClient) -> None:
    product_id = search(web, size=1)["products"][0]["id"]
    for narrowed in ("filter=color:red", "price_max=90", "q=dress", "in_stock=true"):
        page = web.get(f"/search?category=Dresses&{narrowed}").text
        assert _head(page, "robots") == ["noindex, follow"], narrowed
    liked = web.get(f"/search?category=Dresses&like={product_id}&weight=look:1").text
    assert _head(liked, "canonical") == ["http://localhost/search?category=Dresses"]
    for own in ("/bag", "/lists", "/your-data"):
        assert _head(web.get(own).text, "robots") == ["noindex, follow"]
