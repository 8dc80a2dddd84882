"""Magento's (Adobe Commerce's) product CSV: configurable products name the simple ones that are their variants.

https://experienceleague.adobe.com/en/docs/commerce-admin/systems/data-transfer/data-attributes-product
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import partial

from indexer.catalog.feeds.families import Families
from indexer.catalog.feeds.rows import Format, Row, Rows, deletion, each, filled, split, text, unique
from indexer.catalog.feeds.sales import current_price
from indexer.errors import CatalogError

_NEXT_PAIR = re.compile(r",(?=[\w.:-]+=)")  # values may have commas of their own
_BRANDS = ("brand", "manufacturer")
_HIDDEN = "not visible individually"
_VARIANTS = {"simple", "virtual"}  # types of products that can be variants; exports often have them before their parent


def _recognises(columns: Collection[str]) -> bool:
    return {"sku", "product_type"} <= set(columns) and bool(
        {"attribute_set_code", "configurable_variations", "additional_attributes"} & set(columns)
    )


def _products(rows: Rows, _language: str) -> Rows:
    families = Families(_joined)
    yield from each(_family_by_family(rows, families), partial(_finished, families))


def _family_by_family(rows: Rows, families: Families) -> Rows:
    for number, row in rows:
        if isinstance(row, CatalogError):
            yield number, row
            continue
        if text(row, "store_view_code"):  # a translation of the row before
            continue
        product: Row = _product(row)
        sku = text(row, "sku")
        variations = _variations(text(row, "configurable_variations"))
        if variations:
            product["variations"] = variations
            yield from families.parent(number, product, variations)
        elif text(row, "product_type").lower() in _VARIANTS:
            product["hidden"] = text(row, "visibility").lower() == _HIDDEN
            yield from families.variant(number, product, sku)
        else:
            yield number, product
    yield from families.rest()


def _finished(families: Families, product: Row) -> Row:
    """Return a product without what only joining needs; one that is hidden, and no variant, isn't offered by itself."""
    if product.get("hidden") and families.is_complete:
        return deletion(product["id"])
    return {name: value for name, value in product.items() if name not in {"variations", "hidden"}}


def _product(row: Row) -> Row:
    sku = text(row, "sku")
    if text(row, "product_online") in {"0", "2"}:
        return deletion(sku)
    attributes = {
        name: values[0] if len(values) == 1 else values
        for name, value in _pairs(text(row, "additional_attributes"))
        if (values := split(value, "|"))
    }
    brand = next((attributes.pop(name) for name in _BRANDS if isinstance(attributes.get(name), str)), None)
    images = [text(row, "base_image"), *split(text(row, "additional_images"), ",")]
    return filled(
        {
            "id": sku,
            "title": text(row, "name"),
            "description": text(row, "description", "short_description"),
            "category": _category(text(row, "categories")),
            "brand": brand,
            "price": current_price(
                text(row, "price"),
                text(row, "special_price"),
                text(row, "special_price_from_date"),
                text(row, "special_price_to_date"),
            ),
            "in_stock": {"1": True, "0": False}.get(text(row, "is_in_stock")),
            "attributes": attributes,
            # Paths below media/catalog/product, which begin with a slash all the same.
            "images": unique(_image(image) for image in images if image != "no_selection"),
        }
    )


def _image(image: str) -> str:
    return image if image.startswith("//") else image.removeprefix("/")


def _category(cell: str) -> list[str]:
    """Return the deepest of the categories without the root, the first of those as deep."""
    return max((split(category, "/")[1:] for category in cell.split(",")), key=len, default=[])


def _pairs(cell: str) -> list[tuple[str, str]]:
    return [
        (name, value) for pair in _NEXT_PAIR.split(cell) for name, is_pair, value in [pair.partition("=")] if is_pair
    ]


def _variations(cell: str) -> dict[str, Row]:
    """Return the options of each variant by its SKU, from ``sku=A,size=S|sku=B,size=M``."""
    variations = [dict(_pairs(variation)) for variation in split(cell, "|")]
    return {options.pop("sku"): options for options in variations if options.get("sku")}


def _joined(parent: Row, variant: Row) -> Row:
    """Return a variant with what it has of its configurable product, by whose name shoppers know it."""
    if "type" in variant:
        return variant
    if "type" in parent:
        return deletion(variant["id"])
    inherited = {name: value for name, value in parent.items() if name not in {"variations", "price", "in_stock"}}
    options = parent["variations"].get(variant["id"], {})
    return {
        **inherited,
        **variant,
        "hidden": False,
        "title": parent.get("title", variant.get("title")),
        "style_id": parent["id"],
        "attributes": parent.get("attributes", {}) | variant.get("attributes", {}) | options,
        "images": unique([*variant.get("images", []), *parent.get("images", [])]),
    }


FORMAT = Format("magento", "Magento", ("CSV",), _recognises, _products)
