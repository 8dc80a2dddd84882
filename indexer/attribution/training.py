"""Fit attribution models on the catalogue, category by category, and write their predictions to its products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from more_itertools import chunked

from indexer.activations.activation_store import Activations, ActivationStore
from indexer.attribution import decisions, store
from indexer.attribution.attributor import AttributionInput
from indexer.attribution.features import Example
from indexer.attribution.model import MAX_EXAMPLES, CategoryModel, Findings, fit_category
from indexer.attribution.outcome import Decisions, attributed
from indexer.catalog import documents
from indexer.catalog.fields import category_paths
from indexer.elastic import write_targets
from indexer.elastic.product_index import ProductIndex
from indexer.vectorizers import digests
from indexer.vectorizers.base import ImageVectorizer, ProductFields

_FIELDS = [*ProductFields.NAMES, "source", "embedding.image_digest"]
_CHUNK = 500
_LEAST_PRODUCTS = 40


@dataclass(frozen=True)
class FittedCategory:
    """A category whose model was fitted."""

    category: str
    examples: int
    model: CategoryModel
    written: int


def fit_attribution(index: ProductIndex, vectorizers: Mapping[str, ImageVectorizer]) -> Iterator[FittedCategory]:
    """Fit and store a model for each of the broadest categories, and write its predictions to all of its products.

    Reads activations from the Image Vector Store, and no images.

    Yields
    ------
    FittedCategory
        One per category of 40 or more products.
    """
    index.refresh()
    activations = ActivationStore.open(index, "images", vectorizers)
    made_by = digests(vectorizers)
    for category in categories(index):
        products = dict(islice(_products(index, category, activations, shuffled=True), MAX_EXAMPLES))
        if len(products) < _LEAST_PRODUCTS:
            continue
        known = decisions.decided(index, list(products))
        numbers = {product_id: number for number, product_id in enumerate(products)}
        answered = {(numbers[i], name): d["value"] for i, decided in known.items() for name, d in decided.items()}
        model, findings = fit_category([p.example for p in products.values()], answered)
        name = store.save_model(index, category, model, made_by)
        written = _write(index, products, findings, known, model, name)
        rest = ((i, p) for i, p in _products(index, category, activations) if i not in numbers)
        for chunk in map(dict, chunked(rest, _CHUNK)):
            predicted = model([p.example for p in chunk.values()])
            written += _write(index, chunk, predicted, decisions.decided(index, list(chunk)), model, name)
        yield FittedCategory(category, len(products), model, written)
    index.refresh()


def unseen(index: ProductIndex, vectorizers: Mapping[str, ImageVectorizer]) -> Iterator[list[str]]:
    """Yield chunks of the products whose image lacks an activation of one of these vectorizers."""
    activations = ActivationStore.open(index, "images", vectorizers)
    query = {"query": {"exists": {"field": "embedding.image_digest"}}, "_source": ["embedding.image_digest"]}
    hits = index.scan(query, size=_CHUNK, scroll="30m")  # images are fetched between two pages
    for chunk in chunked(hits, _CHUNK):
        images = {hit["_id"]: hit["_source"]["embedding"]["image_digest"] for hit in chunk}
        lacking = activations.lacks(images.values())
        if ids := [product_id for product_id, digest in images.items() if digest in lacking]:
            yield ids


def categories(index: ProductIndex) -> list[str]:
    """List the broadest categories of the catalogue; the empty name stands for products without one."""
    broadest = {"terms": {"field": "category_path", "size": 10_000, "include": "[^/]+"}}
    answer = index.search(size=0, aggs={"broadest": broadest})
    return [bucket["key"] for bucket in answer["aggregations"]["broadest"]["buckets"]] + [""]


def _products(
    index: ProductIndex, category: str, activations: ActivationStore, *, shuffled: bool = False
) -> Iterator[tuple[str, AttributionInput]]:
    """Read the products of a category with their activations, optionally shuffled by a fixed seed."""
    path = category_paths([category])[0] if category else ""
    within: dict[str, Any] = (
        {"term": {"category_path": path}}
        if category
        else {"bool": {"must_not": [{"exists": {"field": "category_path"}}]}}
    )
    query: dict[str, Any] = {"query": within, "_source": _FIELDS}
    if shuffled:
        query["query"] = {"function_score": {"query": within, "random_score": {"seed": 7, "field": "_seq_no"}}}
        query["sort"] = ["_score"]
    hits = index.scan(query, size=_CHUNK, preserve_order=shuffled)
    for chunk in chunked(hits, _CHUNK):
        digests = [d for hit in chunk if (d := hit["_source"].get("embedding", {}).get("image_digest"))]
        rows = activations.get(digests) if digests else {}
        for hit in chunk:
            product = _attribution_input(hit["_source"], rows)
            if product.category == category:
                yield hit["_id"], product


def _attribution_input(source: Mapping[str, Any], rows: Mapping[str, Activations]) -> AttributionInput:
    digest = source.get("embedding", {}).get("image_digest")
    return AttributionInput(Example(rows.get(digest, {}), ProductFields.from_source(source)), source["source"], {})


def _write(
    index: ProductIndex,
    products: Mapping[str, AttributionInput],
    findings: Sequence[Findings],
    known: Mapping[str, Decisions],
    model: CategoryModel,
    name: str,
) -> int:
    parts = [
        attributed(p.example.fields, by_name, model.least, known.get(i, {}), model=name, source=p.source)
        for (i, p), by_name in zip(products.items(), findings, strict=True)
    ]
    actions = [
        documents.attributed(index.alias, product_id, p.source, part)
        for (product_id, p), part in zip(products.items(), parts, strict=True)
    ]
    failures = (failure for chunk in chunked(actions, _CHUNK) for failure in write_targets.write(index, chunk))
    return sum(failure is None for failure in failures)
