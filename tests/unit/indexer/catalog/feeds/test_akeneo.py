import json
from pathlib import Path

from indexer.catalog.events import Delete, Upsert, parse_line
from indexer.catalog.feeds import akeneo
from indexer.catalog.feeds.feed import open_feed
from indexer.catalog.feeds.reading import read_feed
from indexer.errors import CatalogError


def _entry(data: object, locale: str | None = None) -> dict[str, object]:
    return {"data": data, "locale": locale, "scope": None}


JACKET = {
    "identifier": "jacket-1",
    "enabled": True,
    "family": "jackets",
    "categories": ["men_jackets", "sale"],
    "parent": "jacket",
    "values": {
        "name": [_entry("Jacke", "de_DE"), _entry("Jacket", "en_US")],
        "description": [_entry("<p>Warm</p>", "en_US")],
        "price": [_entry([{"amount": "79.90", "currency": "EUR"}, {"amount": "89", "currency": "USD"}])],
        "picture": [_entry("j/a/jacket.jpg")],
        "color": [_entry("green")],
        "sizes": [_entry(["s", "m"])],
        "length": [_entry({"amount": 70, "unit": "CENTIMETER"})],
        "empty": [_entry(None)],
    },
}


def test_values_become_fields_and_attributes(tmp_path: Path) -> None:
    file = tmp_path / "products.json"
    broken = {"identifier": "x", "values": {"name": "Jacket"}}
    gone = {"identifier": "old", "enabled": False, "values": {}}
    file.write_text(json.dumps({"_links": {}, "_embedded": {"items": [JACKET, broken, gone]}}, indent=2))
    feed = open_feed(file)
    assert feed.format is akeneo.FORMAT
    (_, jacket), (_, refused), (_, deleted) = read_feed(feed, parse_line)
    assert isinstance(jacket, Upsert)
    product = jacket.product
    assert (product.id, product.style_id, product.category) == ("jacket-1", "jacket", ["men_jackets"])
    assert (product.title, product.description) == ("Jacke", "Warm")
    assert (product.price, product.currency) == (79.9, "EUR")
    assert product.images == [f"{tmp_path.as_uri()}/j/a/jacket.jpg"]
    assert product.attributes == {"color": "green", "sizes": ["s", "m"], "length": "70 centimeter"}
    assert isinstance(refused, CatalogError)
    assert isinstance(deleted, Delete)


def test_one_of_several_languages_is_chosen() -> None:
    ((_, product),) = akeneo.FORMAT.products(iter([(1, JACKET)]), "en_US")
    assert isinstance(product, dict)
    assert product["title"] == "Jacket"
