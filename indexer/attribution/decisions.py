"""Store people's decisions on disputed attributes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from elasticsearch import NotFoundError
from elasticsearch.helpers import scan

from es_mappings.stores import attribution
from indexer.attribution.head import Value
from indexer.attribution.outcome import Decision
from indexer.catalog.documents import now
from indexer.elastic.client import make_index
from indexer.elastic.multi_get import get_sources
from indexer.elastic.product_index import ProductIndex

# Adds one decision to a product's, so that concurrent decisions don't overwrite each other.
_DECIDE = """
if (ctx._source.decided == null) { ctx._source.decided = new HashMap(); }
ctx._source.decided.put(params.name, params.decision);
ctx._source.product = params.product;
ctx._source.names = new ArrayList(ctx._source.decided.keySet());
ctx._source.at = params.decision.at;
"""


def decide(index: ProductIndex, product: str, name: str, value: Value | None, catalogue: Any, by: str) -> None:
    """Write a decision.

    Parameters
    ----------
    value : str, number, bool or None
        The right value: the catalogue's, the predicted or another one; None if the product has none.
    catalogue
        The catalogue's current value; if it changes, the attribute can be disputed again.
    """
    store = index.store(attribution.DECISIONS)
    make_index(index.client, store, attribution.decisions_mapping())
    decision = {"value": value, "catalogue": catalogue, "by": by, "at": now()}
    index.client.update(
        index=store,
        id=product,
        script={"source": _DECIDE, "params": {"product": product, "name": name, "decision": decision}},
        scripted_upsert=True,
        upsert={},
        retry_on_conflict=5,
        refresh=True,
    )


def decided(index: ProductIndex, products: Sequence[str]) -> dict[str, dict[str, Decision]]:
    """Read the decisions on products, by id and attribute name."""
    try:
        sources = get_sources(index.client, index.store(attribution.DECISIONS), products)
    except NotFoundError:  # nothing was decided yet
        return {}
    return {product: _read(source) for product, source in sources.items()}


def everything(index: ProductIndex) -> Iterator[tuple[str, str, Decision]]:
    """Iterate over all decisions: product, attribute name, decision."""
    store = index.store(attribution.DECISIONS)
    if not index.client.indices.exists(index=store):
        return
    for hit in scan(index.client, index=store, query={"query": {"match_all": {}}}):
        for name, decision in _read(hit["_source"]).items():
            yield hit["_id"], name, decision


def _read(source: dict[str, Any]) -> dict[str, Decision]:
    return {name: Decision(decision) for name, decision in source.get("decided", {}).items()}
