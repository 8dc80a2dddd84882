"""Corrections for the system that the catalogue comes from: what people decided, and what was filled in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan

from indexer.attribution import decisions
from indexer.attribution.model import value_of
from indexer.attribution.outcome import same
from indexer.vectorizers.base import ProductFields

_FIELDS = ["title", "category", "attributes", "effective", "predicted"]
_CHUNK = 500


@dataclass(frozen=True)
class Patch:
    """One attribute of one product that should change.

    Attributes
    ----------
    catalogue, value
        What the catalogue says (None where nothing), and what it should say.
    why : {"decided", "filled"}
        A person decided so, or it was missing and is shown by the picture or the text.
    confidence : float or None
        Of a filled value.
    """

    id: str
    attribute: str
    catalogue: Any
    value: Any
    why: Literal["decided", "filled"]
    confidence: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def patches(client: Elasticsearch, alias: str) -> Iterator[Patch]:
    """Go through the corrections of all products, by product; what the catalogue has taken over is left out."""
    query = {"query": {"exists": {"field": "attribution.model"}}, "_source": _FIELDS}
    chunk: list[tuple[str, dict[str, Any]]] = []
    for hit in scan(client, index=alias, query=query, size=_CHUNK):
        chunk.append((hit["_id"], hit["_source"]))
        if len(chunk) == _CHUNK:
            yield from _of(client, alias, chunk)
            chunk = []
    yield from _of(client, alias, chunk)


def _of(client: Elasticsearch, alias: str, products: list[tuple[str, dict[str, Any]]]) -> Iterator[Patch]:
    known = decisions.decided(client, alias, [product_id for product_id, _ in products])
    for product_id, source in products:
        fields = ProductFields.from_source(source)
        answers = known.get(product_id, {})
        for name, decision in answers.items():
            own = value_of(fields, name)
            if decision.answers(own) and not same(decision["value"], own):
                yield Patch(product_id, name, own, decision["value"], "decided")
        for name, value in source.get("effective", {}).items():
            if value_of(fields, name) is None and name not in answers:
                yield Patch(product_id, name, None, value, "filled", source["predicted"][name]["confidence"])
