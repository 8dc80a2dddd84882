import numpy as np

from indexer import documents
from indexer.catalog import Delete, parse_product
from indexer.documents import EmbeddedImage


def test_product_document_as_a_whole() -> None:
    product = parse_product(
        {
            "id": "tv-1",
            "title": "Telluma 55-inch TV",
            "category": ["TV/Video", "OLED"],
            "price": 990,
            "currency": "EUR",
            "attributes": {"panel": "OLED", "ports": ["HDMI", "USB"], "smart": True, "inches": 55, "weight": 12.5},
            "images": ["https://shop.example/tv.jpg"],
            "version": 3,
        }
    )
    document = documents.product_document(product)
    assert document.pop("updated_at")
    assert document == {
        "id": "tv-1",
        "title": "Telluma 55-inch TV",
        "description": "",
        "category": ["TV/Video", "OLED"],
        "category_path": ["TV\N{DIVISION SLASH}Video", "TV\N{DIVISION SLASH}Video/OLED"],
        "brand": None,
        "price": 990.0,
        "currency": "EUR",
        "in_stock": True,
        "attributes": {"panel": "OLED", "ports": ["HDMI", "USB"], "smart": True, "inches": 55, "weight": 12.5},
        "facets": ["panel:OLED", "ports:HDMI", "ports:USB", "smart:true", "inches:55", "weight:12.5"],
        "style": "tv-1",
        "images": ["https://shop.example/tv.jpg"],
        "version": 3,
        "extra": {},
        "embedding": {"status": "pending"},
    }


def test_a_product_without_image_says_so() -> None:
    document = documents.product_document(parse_product({"id": "a", "title": "x"}))
    assert document["embedding"] == {"status": "failed", "reason": "the product has no image"}


def test_scripts_get_what_varies_as_params_only() -> None:
    one = documents.upsert("shop", parse_product({"id": "a", "title": "'; ctx.op = 'delete'; //"}))
    two = documents.upsert("shop", parse_product({"id": "b", "title": "x"}))
    assert one["script"]["source"] == two["script"]["source"]
    ones = np.ones(2, np.float32)
    first = documents.embedded("shop", "a", [EmbeddedImage("u", "d", ones), EmbeddedImage("v", "e", ones)], "s")
    second = documents.failed("shop", "b", image="v", reason="broken")
    assert first["script"]["source"] == second["script"]["source"]
    assert first["script"]["params"]["vector"] == "P4AAAD+AAAA="
    assert first["script"]["params"]["pictures"] == [
        {"image": "u", "image_digest": "d", "vector": "P4AAAD+AAAA="},
        {"image": "v", "image_digest": "e", "vector": "P4AAAD+AAAA="},
    ]
    alone = documents.embedded("shop", "a", [EmbeddedImage("u", "d", ones)], "s")
    assert alone["script"]["params"]["pictures"] is None


def test_delete_names_its_version() -> None:
    action = documents.delete("shop", Delete(type="delete", id="a", version=5))
    assert (action["_id"], action["script"]["params"]) == ("a", {"version": 5})
