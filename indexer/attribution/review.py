"""Apply decisions to the product's document at once."""

from __future__ import annotations

from indexer.attribution import decisions
from indexer.attribution.model import Finding
from indexer.attribution.outcome import attributed
from indexer.catalog import documents
from indexer.elastic import write_targets
from indexer.elastic.product_index import ProductIndex
from indexer.vectorizers.base import ProductFields


def settle(index: ProductIndex, product_id: str) -> None:
    """Write the decisions on a product into its document: change its effective values and close its disputes."""
    source = index.client.get(index=index.name, id=product_id)["_source"]
    findings = {
        name: Finding(predicted["value"], predicted["confidence"], predicted["doubt"])
        for name, predicted in source.get("predicted", {}).items()
    }
    fields = ProductFields.from_source(source)
    decided = decisions.decided(index, [product_id]).get(product_id, {})
    before = source.get("attribution", {})
    parts = attributed(
        fields, findings, before.get("least", 1.01), decided, model=before.get("model", ""), source=source["source"]
    )
    write_targets.write(index, [documents.attributed(index.alias, product_id, source["source"], parts)], refresh=True)
