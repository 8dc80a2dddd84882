"""What people decided of disputed attributes: kept, learnt from, never asked again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from elasticsearch import Elasticsearch, NotFoundError
from elasticsearch.helpers import scan

from es_mappings.stores import attribution
from indexer.attribution.head import Value
from indexer.attribution.outcome import Decision
from indexer.catalog.documents import now
from indexer.elastic.client import make_index

# Adds one decision to those of a product, whatever else is decided of it at the same time.
_DECIDE = """
if (ctx._source.decided == null) { ctx._source.decided = new HashMap(); }
ctx._source.decided.put(params.name, params.decision);
ctx._source.product = params.product;
ctx._source.names = new ArrayList(ctx._source.decided.keySet());
ctx._source.at = params.decision.at;
"""


def index_name(alias: str) -> str:
    """Name the index of decisions beside a product index."""
    return f"{alias}-decisions"


def decide(
    client: Elasticsearch, alias: str, product: str, name: str, value: Value | None, catalogue: Any, by: str
) -> None:
    """Keep a decision.

    Parameters
    ----------
    value : str, number, bool or None
        What is right: the catalogue's value, the one predicted, or another; None where the product has none.
    catalogue
        What the catalogue says now: another value of it would raise a new question.
    """
    index = index_name(alias)
    make_index(client, index, attribution.decisions_mapping())
    decision = {"value": value, "catalogue": catalogue, "by": by, "at": now()}
    client.update(
        index=index,
        id=product,
        script={"source": _DECIDE, "params": {"product": product, "name": name, "decision": decision}},
        scripted_upsert=True,
        upsert={},
        retry_on_conflict=5,
        refresh=True,
    )


def decided(client: Elasticsearch, alias: str, products: Sequence[str]) -> dict[str, dict[str, Decision]]:
    """Read the decisions on products, by id and attribute name."""
    if not products:
        return {}
    try:
        answer = client.mget(index=index_name(alias), ids=list(products))
    except NotFoundError:
        return {}
    return {doc["_id"]: _read(doc["_source"]) for doc in answer["docs"] if doc.get("found")}


def everything(client: Elasticsearch, alias: str) -> Iterator[tuple[str, str, Decision]]:
    """Go through all decisions: product, attribute name, decision."""
    if not client.indices.exists(index=index_name(alias)):
        return
    for hit in scan(client, index=index_name(alias), query={"query": {"match_all": {}}}):
        for name, decision in _read(hit["_source"]).items():
            yield hit["_id"], name, decision


def _read(source: dict[str, Any]) -> dict[str, Decision]:
    return {name: Decision(decision) for name, decision in source.get("decided", {}).items()}
