"""A few products for the scratch index, written by the same actions that the pipeline uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch
from elasticsearch.helpers import streaming_bulk

from es_mappings.anchors import Anchor
from es_mappings.facets import NUMBERS
from es_mappings.layout import Vector
from es_mappings.product import LAYOUT
from indexer.catalog import documents
from indexer.catalog.documents import EmbeddedImage, source_digest
from indexer.catalog.events import Delete
from indexer.catalog.products import Product
from indexer.checks.findings import Finding, read_body
from indexer.elastic.multi_get import get_with_vectors

_PLACE = "indexer/catalog/documents.py"
_BRANDS, _COLORS = ("Marlowe", "Petra Lowe", "Kip & Co"), ("red", "blue", "sage")


def _product(number: int) -> Product:
    dress = number % 2 == 0
    return Product(
        id=f"check-{number}",
        title="Midi dress" if dress else "Toy tractor",
        description="Sample product of a check.",
        category=["Dresses", "Midi dresses"] if dress else ["Toys"],
        brand=_BRANDS[number % 3],
        style_id="check-style" if number in {0, 2} else None,
        price=10.0 * (number + 1),
        currency="EUR",
        in_stock=number % 4 != 0,
        attributes={
            "color": _COLORS[number % 3],
            "sizes": ["S", "M"],
            "belted": dress,
            **{n.name: 10 * (number + 1) for n in NUMBERS},
        },
        images=[f"{number}.jpg"],
        version=5,
    )


PRODUCTS = tuple(_product(number) for number in range(8))
GONE = PRODUCTS[0].model_copy(update={"id": "check-gone"})
VARIANT = PRODUCTS[2]  # of the same style as the first, and more expensive
FAILED, PENDING = PRODUCTS[6], PRODUCTS[7]  # the others have a vector


def vectors() -> dict[str, Vector]:
    """Draw a reproducible vector for each product that has one; the last of them lacks the last aspect."""
    random = np.random.default_rng(0)
    by_id = {}
    for product in PRODUCTS[:6]:
        parts = {a.name: random.standard_normal(a.dims).astype(np.float32) for a in LAYOUT.aspects}
        by_id[product.id] = LAYOUT.compose(parts)
    by_id[PRODUCTS[5].id][LAYOUT.aspects[-1].part] = 0
    return by_id


def anchors() -> list[Anchor]:
    """Return two likes of different weight and a dislike."""
    weights, by_id = {"check-0": 1.0, "check-1": 2.0, "check-2": -1.0}, vectors()
    return [Anchor(product_id, by_id[product_id], weight) for product_id, weight in weights.items()]


def write(client: Elasticsearch, index: str) -> list[Finding]:
    """Write the products (new, changed, late, embedded, failed, deleted), and check what is stored after that."""
    late = PRODUCTS[0].model_copy(update={"title": "Outdated", "version": 1})
    newer = PRODUCTS[1].model_copy(update={"version": 6})
    steps: list[list[documents.Action]] = [
        [documents.upsert(index, product) for product in (*PRODUCTS, GONE)],
        [
            *(embedded(index, product, vectors()[product.id]) for product in PRODUCTS[:6]),
            documents.embedded(
                index, FAILED.id, source_digest(FAILED), None, space="check", reason="made to fail", failed=True
            ),
            documents.embedded(index, PENDING.id, "changed meanwhile", None, space="check", reason="none", failed=True),
        ],
        [documents.upsert(index, late), documents.upsert(index, newer)],
        [
            documents.delete(index, Delete(type="delete", id=GONE.id, version=6)),
            documents.delete(index, Delete(type="delete", id=PRODUCTS[0].id, version=1)),
        ],
    ]
    findings = [finding for actions in steps for finding in bulk(client, actions)]
    client.indices.refresh(index=index)
    return findings or _check_stored(get_with_vectors(client, index, [p.id for p in (*PRODUCTS, GONE)]))


def embedded(index: str, product: Product, vector: Vector) -> documents.Action:
    """Build the action that gives a product its vector."""
    images = [EmbeddedImage(product.images[0], "0" * 64, vector)] * 2
    return documents.embedded(index, product.id, source_digest(product), vector, images, space="check")


def bulk(client: Elasticsearch, actions: Sequence[documents.Action]) -> list[Finding]:
    """Send actions, and return a finding for each that is refused."""
    findings = []
    for accepted, item in streaming_bulk(client, actions, raise_on_error=False):
        [outcome] = item.values()
        if not accepted:
            place = f"{_PLACE}, writing {outcome.get('_id')}"
            findings += read_body(outcome, place) or [Finding(place, f"refused with {outcome.get('status')}")]
    return findings


def _check_stored(products: dict[str, dict[str, Any]]) -> list[Finding]:
    statuses = {product_id: source.get("embedding", {}).get("status") for product_id, source in products.items()}
    expected = {p.id: "done" for p in PRODUCTS} | {FAILED.id: "failed", PENDING.id: "pending"}
    problems = [
        f"{name} has the embedding status {statuses.get(name)}, not {status}"
        for name, status in expected.items()
        if statuses.get(name) != status
    ]
    problems += [f"{name} has lost its vector" for name in vectors() if "vector" not in products.get(name, {})]
    if products.get(PRODUCTS[0].id, {}).get("title") != PRODUCTS[0].title:
        problems.append("an older version of a product replaced a newer one")
    if GONE.id in products:
        problems.append("a deleted product is still there")
    return [Finding(_PLACE, problem) for problem in problems]
