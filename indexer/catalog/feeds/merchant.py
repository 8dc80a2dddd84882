"""Google Merchant feeds: TSV or CSV, and XML (RSS 2.0 or Atom) with names in the namespace ``g:``.

https://support.google.com/merchants/answer/7052112
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from indexer.catalog.feeds.rows import Format, Row, addresses, each, filled, path, text, unique
from indexer.catalog.feeds.sales import current_price

_ATTRIBUTES = ("color", "size", "material", "pattern", "gender", "age_group", "condition", "size_system", "size_type")
_READ = {
    *("id", "title", "structured_title", "description", "summary", "content", "image_link", "additional_image_link"),
    *("availability", "price", "sale_price", "sale_price_effective_date", "product_type", "google_product_category"),
    *("brand", "item_group_id", "product_detail", *_ATTRIBUTES),
}
_AMOUNT = re.compile(r"(\d+\.\d+) ?([A-Z]{3})")
_TELLING = {"image_link", "availability", "google_product_category", "item_group_id"}


def _name(column: str) -> str:
    """Return the name of an attribute in Google's specification: columns may have spaces and the prefix ``g:``."""
    return column.strip().lower().removeprefix("g:").replace(" ", "_")


def _recognises(columns: Collection[str]) -> bool:
    names = {_name(column) for column in columns}
    return {"id", "title"} <= names and bool(names & _TELLING)


def _product(row: Row) -> Row:
    named = {_name(column): value for column, value in row.items()}
    return filled(
        {
            "id": text(named, "id"),
            "title": text(named, "title", "structured_title"),
            "description": text(named, "description", "summary", "content"),
            "category": _category(named),
            "brand": text(named, "brand"),
            "price": _price(named),
            "in_stock": text(named, "availability"),
            "style_id": text(named, "item_group_id"),
            "attributes": _attributes(named),
            "images": unique([*addresses(named.get("image_link")), *addresses(named.get("additional_image_link"))]),
            **{name: value for name, value in named.items() if name not in _READ},
        }
    )


def _category(row: Row) -> list[str]:
    """Return the shop's own category, or Google's unless it is a number."""
    category = text(row, "product_type") or text(row, "google_product_category")
    return [] if category.isdecimal() else path(category)


def _price(row: Row) -> str | Row:
    """Return the sale price while it holds, else the price; in Google's own notation the dot is a decimal point."""
    begin, _, end = text(row, "sale_price_effective_date").partition("/")  # 2026-11-01T00:00+01:00/2026-11-30T23:59+01
    price = current_price(text(row, "price"), text(row, "sale_price"), begin, end)
    amount = _AMOUNT.fullmatch(price)
    return {"value": amount[1], "currency": amount[2]} if amount else price


def _attributes(row: Row) -> dict[str, Any]:
    details = row.get("product_detail") or []
    listed = details.split(",") if isinstance(details, str) else [details] if isinstance(details, dict) else details
    named = dict(filter(None, map(_detail, listed)))
    return named | {name: value for name in _ATTRIBUTES if (value := text(row, name))}


def _detail(detail: str | dict[str, str]) -> tuple[str, str] | None:
    """Return name and value of a ``product_detail``: an element, or ``section:name:value``."""
    if isinstance(detail, dict):
        name, value = text(detail, "attribute_name"), text(detail, "attribute_value")
    else:
        _, _, pair = detail.partition(":")
        name, _, value = (part.strip() for part in pair.partition(":"))
    return (name, value) if name and value else None


FORMAT = Format(
    "merchant", "Google Merchant", ("CSV", "XML", "JSON"), _recognises, lambda rows, _: each(rows, _product)
)
