"""A decision takes effect: the product's document says at once what a person has decided."""

from __future__ import annotations

from elasticsearch import Elasticsearch

from indexer.attribution import decisions
from indexer.attribution.model import Finding
from indexer.attribution.outcome import attributed
from indexer.catalog import documents
from indexer.elastic import write_targets
from indexer.vectorizers.base import ProductFields


def settle(client: Elasticsearch, alias: str, product_id: str) -> None:
    """Write the decisions on a product beside it: its effective values change, the question is closed."""
    source = client.get(index=alias, id=product_id)["_source"]
    findings = {
        name: Finding(found["value"], found["confidence"], found["doubt"])
        for name, found in source.get("predicted", {}).items()
    }
    fields = ProductFields.from_source(source)
    decided = decisions.decided(client, alias, [product_id]).get(product_id, {})
    before = source.get("attribution", {})
    parts = attributed(
        fields, findings, before.get("least", 1.01), decided, model=before.get("model", ""), source=source["source"]
    )
    write_targets.write(client, alias, [documents.attributed(alias, product_id, source["source"], parts)], refresh=True)
