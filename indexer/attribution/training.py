"""Learn the attributes of every category from the catalogue itself, and write what was found beside its products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan

from indexer.activations.activation_store import ActivationStore
from indexer.attribution import decisions, store
from indexer.attribution.attributor import Shown
from indexer.attribution.features import Example
from indexer.attribution.model import MAX_EXAMPLES, CategoryModel, Findings, fit_category
from indexer.attribution.outcome import Decisions, attributed
from indexer.catalog import documents
from indexer.elastic import write_targets
from indexer.vectorizers import digests
from indexer.vectorizers.base import ImageVectorizer, ProductFields

_FIELDS = [*ProductFields.NAMES, "source", "embedding.image_digest"]
_CHUNK = 500
_LEAST_PRODUCTS = 40


@dataclass(frozen=True)
class Learnt:
    """What became of one category."""

    category: str
    examples: int
    model: CategoryModel
    written: int


def fit_attribution(client: Elasticsearch, alias: str, vectorizers: Mapping[str, ImageVectorizer]) -> Iterator[Learnt]:
    """Fit a model for each of the broadest categories, keep it, and write what it finds to all of its products.

    Reads the Image Vector Store; no image is touched.

    Yields
    ------
    Learnt
        One a category of 40 products and more.
    """
    client.indices.refresh(index=alias)
    stores = {aspect: ActivationStore.create(client, alias, "images", v) for aspect, v in vectorizers.items()}
    made_by = digests(vectorizers)
    for category in categories(client, alias):
        products = dict(islice(_products(client, alias, category, stores, shuffled=True), MAX_EXAMPLES))
        if len(products) < _LEAST_PRODUCTS:
            continue
        known = decisions.decided(client, alias, list(products))
        places = {product_id: number for number, product_id in enumerate(products)}
        answered = {(places[i], name): d["value"] for i, its in known.items() for name, d in its.items()}
        model, findings = fit_category([p.example for p in products.values()], answered)
        name = store.save_model(client, alias, category, model, made_by)
        written = _write(client, alias, products, findings, known, model, name)
        rest = ((i, p) for i, p in _products(client, alias, category, stores) if i not in places)
        while chunk := dict(islice(rest, _CHUNK)):
            found = model([p.example for p in chunk.values()])
            written += _write(client, alias, chunk, found, decisions.decided(client, alias, list(chunk)), model, name)
        yield Learnt(category, len(products), model, written)
    client.indices.refresh(index=alias)


def unseen(client: Elasticsearch, alias: str, vectorizers: Mapping[str, ImageVectorizer]) -> Iterator[list[str]]:
    """List the products whose image one of these vectorizers hasn't seen: it is newer than they are."""
    stores = [ActivationStore.create(client, alias, "images", v) for v in vectorizers.values()]
    query = {"query": {"exists": {"field": "embedding.image_digest"}}, "_source": ["embedding.image_digest"]}
    hits = scan(client, index=alias, query=query, size=_CHUNK, scroll="30m")  # images are fetched between two pages
    while chunk := list(islice(hits, _CHUNK)):
        shown = {hit["_id"]: hit["_source"]["embedding"]["image_digest"] for hit in chunk}
        lacking = set[str]().union(*(store.lacks(list(set(shown.values()))) for store in stores))
        if ids := [product_id for product_id, name in shown.items() if name in lacking]:
            yield ids


def categories(client: Elasticsearch, alias: str) -> list[str]:
    """List the broadest categories of the catalogue; the empty name stands for products without one."""
    broadest = {"terms": {"field": "category_path", "size": 10_000, "include": "[^/]+"}}
    answer = client.search(index=alias, size=0, aggs={"broadest": broadest})
    return [bucket["key"] for bucket in answer["aggregations"]["broadest"]["buckets"]] + [""]


def _products(
    client: Elasticsearch, alias: str, category: str, stores: Mapping[str, ActivationStore], *, shuffled: bool = False
) -> Iterator[tuple[str, Shown]]:
    """Read the products of a category with their activations; shuffled alike each time where a sample is wanted."""
    path = documents.category_paths([category])[0] if category else ""
    within: dict[str, Any] = (
        {"term": {"category_path": path}}
        if category
        else {"bool": {"must_not": [{"exists": {"field": "category_path"}}]}}
    )
    query: dict[str, Any] = {"query": within, "_source": _FIELDS}
    if shuffled:
        query["query"] = {"function_score": {"query": within, "random_score": {"seed": 7, "field": "_seq_no"}}}
        query["sort"] = ["_score"]
    hits = scan(client, index=alias, query=query, size=_CHUNK, preserve_order=shuffled)
    while chunk := list(islice(hits, _CHUNK)):
        digests = [d for hit in chunk if (d := hit["_source"].get("embedding", {}).get("image_digest"))]
        rows = {aspect: its.get(digests) for aspect, its in stores.items()} if digests else {}
        for hit in chunk:
            shown = _shown(hit["_source"], rows)
            if shown.category == category:
                yield hit["_id"], shown


def _shown(source: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> Shown:
    digest = source.get("embedding", {}).get("image_digest")
    activations = {aspect: its[digest] for aspect, its in rows.items() if digest in its}
    complete = activations if len(activations) == len(rows) else {}
    return Shown(Example(complete, ProductFields.from_source(source)), source["source"], {})


def _write(
    client: Elasticsearch,
    alias: str,
    products: Mapping[str, Shown],
    findings: Sequence[Findings],
    known: Mapping[str, Decisions],
    model: CategoryModel,
    name: str,
) -> int:
    parts = [
        attributed(p.example.fields, found, model.least, known.get(i, {}), model=name, source=p.source)
        for (i, p), found in zip(products.items(), findings, strict=True)
    ]
    actions = [
        documents.attributed(alias, product_id, p.source, part)
        for (product_id, p), part in zip(products.items(), parts, strict=True)
    ]
    written = 0
    for start in range(0, len(actions), _CHUNK):
        written += sum(
            failure is None for failure in write_targets.write(client, alias, actions[start : start + _CHUNK])
        )
    return written
