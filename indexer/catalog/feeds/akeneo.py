"""Akeneo's JSON: products whose values are listed by attribute, each with a locale and a channel.

https://api.akeneo.com/concepts/products.html
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from indexer.catalog.feeds.rows import Format, Row, Rows, deletion, each, filled
from indexer.errors import CatalogError

_TITLES = ("name", "title", "label", "product_name")
_DESCRIPTIONS = ("description", "long_description", "short_description")
_BRANDS = ("brand", "manufacturer")
_IMAGE = re.compile(r"\.(jpe?g|png|webp|gif|avif|tiff?|bmp)(\?|$)", re.IGNORECASE)


def _recognises(columns: Collection[str]) -> bool:
    return "values" in columns and bool({"identifier", "uuid", "family"} & set(columns))


def _products(rows: Rows, language: str) -> Rows:
    return each(rows, lambda row: _product(row, language))


def _product(row: Any, language: str) -> Row:
    values = row.get("values") if isinstance(row, dict) else None
    if not isinstance(values, dict):
        raise CatalogError("values: must be an object of attributes")
    attributes = {name: value for name, entries in values.items() if (value := _value(entries, language)) is not None}
    product_id = str(row.get("identifier") or row.get("uuid") or "")
    if row.get("enabled") is False:
        return deletion(product_id)
    images = [name for name, value in attributes.items() if isinstance(value, str) and _IMAGE.search(value)]
    product = {
        "id": product_id,
        "images": [attributes.pop(name) for name in images],
        "title": _pop(attributes, _TITLES),
        "description": _pop(attributes, _DESCRIPTIONS),
        "category": (row.get("categories") or [])[:1] or row.get("family"),
        "brand": _pop(attributes, _BRANDS),
        "price": _price(_pop(attributes, ("price", "prices"))),
        "style_id": row.get("parent"),
    }
    return filled({**product, "attributes": {name: _attribute(value) for name, value in attributes.items()}})


def _pop(values: Row, names: Collection[str]) -> Any:
    return next((values.pop(name) for name in names if name in values), None)


def _value(entries: Any, language: str) -> Any:
    """Return the value in a language, or one that has none, or else the first."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise CatalogError("values: each attribute must be a list of objects with data, locale and scope")
    order = {language: 0, None: 1}
    chosen: Row = min(entries, key=lambda entry: order.get(entry.get("locale"), 2), default={})
    data = chosen.get("data")
    return data if data not in ("", [], {}) else None


def _price(data: Any) -> Any:
    """Return a price such as ``"19.99 EUR"`` from a list of amounts in currencies."""
    if isinstance(data, list) and data and isinstance(data[0], dict):
        return {"value": data[0].get("amount"), "currency": data[0].get("currency")}
    return data


def _attribute(data: Any) -> Any:
    """Return a measurement, ``{"amount": 10, "unit": "CENTIMETER"}``, as a text."""
    if isinstance(data, dict) and "amount" in data:
        return f"{data['amount']} {str(data.get('unit') or '').lower()}".strip()
    return data


FORMAT = Format("akeneo", "Akeneo", ("JSON",), _recognises, _products)
