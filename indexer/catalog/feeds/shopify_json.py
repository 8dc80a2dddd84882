"""Shopify's products as JSON: a shop's ``/products.json``, or the answers of its Admin REST API.

https://shopify.dev/docs/api/admin-rest/latest/resources/product
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from indexer.catalog.feeds.rows import Format, Row, Rows, texts
from indexer.catalog.feeds.shopify import Group, offered
from indexer.errors import CatalogError


def _recognises(columns: Collection[str]) -> bool:
    return {"handle", "variants"} <= set(columns)


def _products(rows: Rows, _language: str) -> Rows:
    return offered(_groups(rows))


def _groups(rows: Rows) -> Iterator[Group]:
    """Return each product as the rows that Shopify's CSV has of it, so that both make the same products."""
    for number, row in rows:
        try:
            yield [(number, row)] if isinstance(row, CatalogError) else [(number, r) for r in _rows(row)]
        except CatalogError as error:
            yield [(number, error)]


def _rows(product: Any) -> list[Row]:
    if not isinstance(product, dict):
        raise CatalogError("not a product of Shopify: must be an object")
    options, images, variants = (_objects(product, name) for name in ("options", "images", "variants"))
    shared = {
        "handle": product.get("handle"),
        "title": product.get("title"),
        "body (html)": product.get("body_html"),
        "vendor": product.get("vendor"),
        "type": product.get("product_type"),
        "tags": ", ".join(texts(product.get("tags"))),
        # The shop's own list has what is published, and no status.
        "status": product.get("status"),
        "published": "false" if product.get("published_at", "") is None else "",
        **{f"option{n} name": option.get("name") for n, option in enumerate(options, 1)},
    }
    sources = {image["id"]: image.get("src") for image in images if "id" in image}
    return [
        shared,
        *(_variant(variant, sources) for variant in variants),
        *({"image src": image.get("src"), "image position": image.get("position")} for image in images),
    ]


def _objects(product: Row, name: str) -> list[Row]:
    objects = product.get(name) or []
    if not isinstance(objects, list) or not all(isinstance(item, dict) for item in objects):
        raise CatalogError(f"{name}: must be a list of objects")
    return objects


def _variant(variant: Row, sources: dict[Any, Any]) -> Row:
    image = variant.get("featured_image")
    row = {
        "variant sku": variant.get("sku"),
        "variant price": variant.get("price"),
        "variant image": image.get("src") if isinstance(image, dict) else sources.get(variant.get("image_id")),
        **{f"option{n} value": variant.get(f"option{n}") for n in (1, 2, 3)},
    }
    if variant.get("available") is False:  # the shop's own list says so, not how many are left
        return {**row, "variant inventory tracker": "shopify", "variant inventory qty": 0}
    return {
        **row,
        "variant inventory tracker": variant.get("inventory_management"),
        "variant inventory qty": variant.get("inventory_quantity"),
        "variant inventory policy": variant.get("inventory_policy"),
    }


FORMAT = Format("shopify-json", "Shopify's JSON", ("JSON",), _recognises, _products)
