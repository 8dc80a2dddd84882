"""A product's lines in ``catalog.jsonl``, as published, and in ``truth.jsonl``."""

import json
from typing import Any

from demo.catalogue import copywriting, pricing
from demo.catalogue.model import Product
from demo.catalogue.noise import spoil
from demo.catalogue.studio import stream

IN_STOCK_SHARE = 0.9


def image_path(product: Product) -> str:
    """Return the path of a product's picture, relative to the catalogue file.

    Parameters
    ----------
    product : Product
        The product.

    Returns
    -------
    str
        The path.
    """
    return f"images/{product.id}.jpg"


def catalogue_line(product: Product, seed: int) -> dict[str, Any]:
    """Return what the shop publishes about a product.

    Parameters
    ----------
    product : Product
        The product.
    seed : int
        Seed of the catalogue.

    Returns
    -------
    dict
        The line of ``catalog.jsonl``.
    """
    words = stream(seed, product.id, "words")
    trade = stream(seed, product.id, "trade")
    return {
        "id": product.id,
        "title": copywriting.title(product, words),
        "description": copywriting.description(product, words),
        "category": copywriting.category(product),
        "brand": product.brand,
        "price": pricing.price(product, trade),
        "currency": "EUR",
        "in_stock": trade.random() < IN_STOCK_SHARE,
        "attributes": spoil(product, stream(seed, product.id, "faults")).attributes,
        "images": [image_path(product)],
        "version": 1,
        "style_id": product.style_id,
    }


def truth_line(product: Product, seed: int) -> dict[str, Any]:
    """Return the truth about a product.

    Parameters
    ----------
    product : Product
        The product.
    seed : int
        Seed of the catalogue.

    Returns
    -------
    dict
        The line of ``truth.jsonl``.
    """
    faults = spoil(product, stream(seed, product.id, "faults"))
    return {
        "id": product.id,
        "kind": product.kind,
        "attributes": product.attributes,
        "missing": faults.missing,
        "wrong": faults.wrong,
        "visual": product.visual,
        "scene": product.scene,
    }


def dump(lines: list[dict[str, Any]]) -> str:
    """Format lines as JSON Lines.

    Parameters
    ----------
    lines : list of dict
        The lines.

    Returns
    -------
    str
        The text.
    """
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
