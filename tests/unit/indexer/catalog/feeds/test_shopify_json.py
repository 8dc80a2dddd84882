import json
from pathlib import Path
from typing import Any

from indexer.catalog.events import Delete, Event, Upsert, parse_line
from indexer.catalog.feeds.feed import open_feed
from indexer.catalog.feeds.reading import read_feed
from indexer.errors import CatalogError

SHIRT: dict[str, Any] = {  # as a shop's /products.json has it
    "id": 632910392,
    "title": "Linen shirt",
    "handle": "linen-shirt",
    "body_html": "<p>Airy</p>",
    "published_at": "2026-01-02T10:00:00+01:00",
    "vendor": "Marlowe",
    "product_type": "Shirts",
    "tags": ["summer", "linen"],
    "variants": [
        {"id": 1, "title": "S", "option1": "S", "option2": None, "option3": None, "sku": "LS-S", "price": "39.00",
         "featured_image": None, "available": True},
        {"id": 2, "title": "M", "option1": "M", "option2": None, "option3": None, "sku": "", "price": "41.00",
         "featured_image": {"id": 9, "src": "https://cdn.example/m.jpg"}, "available": False},
    ],
    "images": [
        {"id": 8, "position": 2, "src": "https://cdn.example/b.jpg"},
        {"id": 7, "position": 1, "src": "https://cdn.example/a.jpg"},
    ],
    "options": [{"name": "Size", "position": 1, "values": ["S", "M"]}],
}  # fmt: skip
DRAFT: dict[str, Any] = {  # as the Admin API has one
    "id": 5,
    "title": "Mug",
    "handle": "mug",
    "status": "draft",
    "published_at": None,
    "tags": "kitchen, blue",
    "variants": [{"id": 6, "option1": "Default Title", "sku": "MUG", "price": "9.00"}],
    "options": [{"name": "Title"}],
    "images": [],
}
SOLD_OUT: dict[str, Any] = {
    **DRAFT,
    "handle": "cup",
    "status": "active",
    "published_at": "2026-01-02T10:00:00+01:00",
    "images": [{"id": 3, "src": "https://cdn.example/1.jpg"}, {"id": 4, "src": "https://cdn.example/2.jpg"}],
    "variants": [
        {"sku": "CUP", "price": "9.00", "option1": "Default Title", "image_id": 4, "inventory_management": "shopify",
         "inventory_quantity": 0, "inventory_policy": "deny"},
    ],
}  # fmt: skip


def _events(folder: Path, *products: Any) -> list[Event | CatalogError]:
    file = folder / "products.json"
    file.write_text(json.dumps({"products": products}))
    feed = open_feed(file)
    assert feed.format is not None
    assert feed.format.name == "shopify-json"
    return [event for _, event in read_feed(feed, parse_line)]


def test_the_list_of_a_shop_makes_the_products_that_its_csv_makes(tmp_path: Path) -> None:
    small, medium = _events(tmp_path, SHIRT)
    assert isinstance(small, Upsert)
    assert isinstance(medium, Upsert)
    product = small.product
    assert (product.id, medium.id, product.style_id) == ("LS-S", "linen-shirt-m", "linen-shirt")
    assert (product.title, product.description, product.brand) == ("Linen shirt", "Airy", "Marlowe")
    assert (product.category, product.price, product.in_stock) == (["Shirts"], 39, True)
    assert product.attributes == {"tags": ["summer", "linen"], "Size": "S"}
    assert product.images == ["https://cdn.example/a.jpg", "https://cdn.example/b.jpg"]
    assert medium.product.images[0] == "https://cdn.example/m.jpg"
    assert not medium.product.in_stock


def test_a_draft_of_the_admin_api_is_deleted_and_counts_are_read(tmp_path: Path) -> None:
    cup, draft = _events(tmp_path, DRAFT, SOLD_OUT)
    assert isinstance(cup, Upsert)
    assert isinstance(draft, Delete)
    assert draft.id == "MUG"
    assert cup.product.images == ["https://cdn.example/2.jpg", "https://cdn.example/1.jpg"]
    assert cup.product.attributes == {"tags": ["kitchen", "blue"]}
    assert not cup.product.in_stock


def test_a_product_of_another_shape_is_refused_by_name(tmp_path: Path) -> None:
    events = _events(tmp_path, SHIRT, {**DRAFT, "images": ["a.jpg"]}, 5)
    assert [event.id for event in events if isinstance(event, Upsert)] == ["LS-S", "linen-shirt-m"]
    assert [str(event) for event in events if isinstance(event, CatalogError)] == [
        "images: must be a list of objects",
        "not a product of Shopify: must be an object",
    ]
