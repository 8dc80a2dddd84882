"""Corrections for the catalogue's source system: people's decisions and filled-in values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from indexer.attribution import decisions
from indexer.attribution.model import value_of
from indexer.attribution.outcome import same
from indexer.elastic.product_index import ProductIndex
from indexer.vectorizers.base import ProductFields

_FIELDS = ["title", "category", "attributes", "effective", "predicted"]
_CHUNK = 500


@dataclass(frozen=True)
class Patch:
    """One attribute of one product that should change.

    Attributes
    ----------
    catalogue, value
        The catalogue's value (None if missing), and the value that it should have.
    why : {"decided", "filled"}
        A person decided it, or it was missing and predicted from image and text.
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
        """Return it as a dict for JSON."""
        return asdict(self)


def patches(index: ProductIndex) -> Iterator[Patch]:
    """Iterate over the corrections of all products, by product; what the catalogue has taken over is left out."""
    query = {"query": {"exists": {"field": "attribution.model"}}, "_source": _FIELDS}
    chunk: list[tuple[str, dict[str, Any]]] = []
    for hit in index.scan(query, size=_CHUNK):
        chunk.append((hit["_id"], hit["_source"]))
        if len(chunk) == _CHUNK:
            yield from _of(index, chunk)
            chunk = []
    yield from _of(index, chunk)


def _of(index: ProductIndex, products: list[tuple[str, dict[str, Any]]]) -> Iterator[Patch]:
    known = decisions.decided(index, [product_id for product_id, _ in products])
    for product_id, source in products:
        fields = ProductFields.from_source(source)
        answers = known.get(product_id, {})
        for name, decision in answers.items():
            catalogue = value_of(fields, name)
            if decision.answers(catalogue) and not same(decision["value"], catalogue):
                yield Patch(product_id, name, catalogue, decision["value"], "decided")
        for name, value in source.get("effective", {}).items():
            if value_of(fields, name) is None and name not in answers:
                yield Patch(product_id, name, None, value, "filled", source["predicted"][name]["confidence"])
