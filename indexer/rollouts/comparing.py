"""Whether the index that shall be live is as good as the one that is: what it holds, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan

from es_mappings import queries
from es_mappings.anchors import Anchor
from es_mappings.layout import Layout, Vector
from es_mappings.product import DEFAULT_WEIGHTS
from indexer.elastic import indices
from indexer.elastic.client import get_with_vectors, vector
from indexer.relevance import golden, metrics
from indexer.relevance.golden import Judgement

# What decides whether a product is the same in both.
_STATE = ("version", "field_versions", "updated_at", "deleted_at", "source")

DEPTH = 24  # products whose overlap is counted: a page


@dataclass(frozen=True)
class Thresholds:
    """What a new index must reach to be swapped in.

    Attributes
    ----------
    vectors : float
        Products with a vector, as a share of those in the live index.
    ndcg : float
        By how much NDCG@10 on the golden set may be lower.
    overlap : float
        Share of a product's `DEPTH` most similar ones that must be the same; 0 asks for none.
    """

    vectors: float = 0.995
    ndcg: float = 0.02
    overlap: float = 0.0


@dataclass(frozen=True)
class Comparison:
    """What was found: the live index first, the new one second in each pair."""

    products: tuple[int, int]
    different: int  # products that are not the same in both
    vectors: tuple[int, int]
    ndcg: tuple[float, float] | None = None
    overlap: float | None = None

    def faults(self, thresholds: Thresholds) -> list[str]:
        """Say what keeps the new index from being swapped in."""
        found = []
        if self.different:
            found.append(f"{self.different:,} products differ")
        if self.vectors[1] < thresholds.vectors * self.vectors[0]:
            found.append(f"{self.vectors[1]:,} products have a vector, {self.vectors[0]:,} have one in the live index")
        if self.ndcg and self.ndcg[1] < self.ndcg[0] - thresholds.ndcg:
            found.append(f"NDCG@10 falls from {self.ndcg[0]:.3f} to {self.ndcg[1]:.3f}")
        if self.overlap is not None and self.overlap < thresholds.overlap:
            found.append(f"of the top {DEPTH} only {self.overlap:.0%} stay, less than {thresholds.overlap:.0%}")
        return found

    def __str__(self) -> str:
        lines = [
            f"products {self.products[0]:,} -> {self.products[1]:,}, {self.different:,} differ",
            f"with a vector {self.vectors[0]:,} -> {self.vectors[1]:,}",
        ]
        if self.ndcg:
            lines.append(f"NDCG@10 {self.ndcg[0]:.3f} -> {self.ndcg[1]:.3f}")
        if self.overlap is not None:
            lines.append(f"of each top {DEPTH}, {self.overlap:.0%} are the same")
        return "; ".join(lines)


def different(
    client: Elasticsearch, source: str, target: str, seen: Callable[[int], None] = lambda _: None
) -> list[str]:
    """List the products that are not of the same version, time and content in both indices."""
    client.indices.refresh(index=[source, target])
    ours, theirs = _states(client, source), _states(client, target)
    found, done = [], 0
    one, two = next(ours, None), next(theirs, None)
    while one or two:
        if two is None or (one is not None and one[0] < two[0]):
            found.append(one[0])  # type: ignore[index]
            one = next(ours, None)
        elif one is None or two[0] < one[0]:
            found.append(two[0])
            two = next(theirs, None)
        else:
            if one[1] != two[1]:
                found.append(one[0])
            one, two = next(ours, None), next(theirs, None)
        done += 1
        if done % 1_000 == 0:
            seen(done)
    return found


def still_different(client: Elasticsearch, source: str, target: str, ids: Sequence[str]) -> list[str]:
    """Return which of these products differ this moment."""
    ours, theirs = (_states_of(client, index, ids) for index in (source, target))
    return [product_id for product_id in ids if ours[product_id] != theirs[product_id]]


def _states_of(client: Elasticsearch, index: str, ids: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    found = {}
    for start in range(0, len(ids), 1_000):
        for doc in client.mget(index=index, ids=ids[start : start + 1_000], source_includes=list(_STATE))["docs"]:
            found[doc["_id"]] = tuple(doc.get("_source", {}).get(name) for name in _STATE)
    return found


def _states(client: Elasticsearch, index: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    query = {"query": {"match_all": {}}, "sort": [{"id": "asc"}], "_source": list(_STATE)}
    for hit in scan(client, index=index, query=query, preserve_order=True, size=1_000):
        yield hit["_id"], tuple(hit["_source"].get(name) for name in _STATE)


def compare(
    client: Elasticsearch,
    source: str,
    target: str,
    *,
    differences: int,
    judgements: Sequence[Judgement] = (),
    anchors: int = 100,
) -> Comparison:
    """Compare what two indices hold and find, each by the vectors of its own space.

    Parameters
    ----------
    differences : int
        Products that `different` found and nothing could make equal.
    judgements : sequence of Judgement
        A golden set; without one NDCG is not told.
    anchors : int
        How many products' most similar ones are compared.
    """
    client.indices.refresh(index=[source, target])
    ours, theirs = _Searched.of(client, source), _Searched.of(client, target)
    counts = [indices.counts(client, index) for index in (source, target)]
    held = counts[0]["all"], counts[1]["all"]
    vectors = counts[0]["done"], counts[1]["done"]
    if not (vectors[0] and vectors[1]):
        return Comparison(held, differences, vectors)
    ndcg = _ndcg(ours, theirs, golden.merge(judgements)) if judgements else None
    return Comparison(held, differences, vectors, ndcg, _overlap(ours, theirs, anchors))


@dataclass(frozen=True)
class _Searched:
    """An index with the layout of its own vectors."""

    client: Elasticsearch
    index: str
    layout: Layout

    @classmethod
    def of(cls, client: Elasticsearch, index: str) -> _Searched:
        return cls(client, index, Layout.from_meta(indices.meta(client, index)["aspects"]))

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        found: dict[str, Vector] = {}
        for start in range(0, len(ids), 500):
            for product_id, source in get_with_vectors(self.client, self.index, ids[start : start + 500]).items():
                if "vector" in source:
                    found[product_id] = vector(source["vector"])
        return found

    def some(self, size: int) -> list[str]:
        """Draw products with a vector: always the same ones, whatever their ids mean."""
        random = {"function_score": {"query": _WITH_VECTOR, "random_score": {"seed": 7, "field": "_seq_no"}}}
        hits = self.client.search(index=self.index, query=random, size=size, source=False)["hits"]["hits"]
        return [hit["_id"] for hit in hits]

    def nearest(self, product_id: str, its: Vector) -> set[str]:
        parts = queries.sort_by_similar(_WITH_VECTOR, [Anchor(product_id, its)], layout=self.layout)
        answer = self.client.search(index=self.index, **parts, size=DEPTH, source=False, track_total_hits=False)
        return {hit["_id"] for hit in answer["hits"]["hits"]}


_WITH_VECTOR = {"term": {"embedding.status": "done"}}


def _overlap(ours: _Searched, theirs: _Searched, anchors: int) -> float | None:
    drawn = ours.some(anchors)
    mine, other = ours.vectors(drawn), theirs.vectors(drawn)
    shares = []
    for product_id in mine.keys() & other.keys():
        before = ours.nearest(product_id, mine[product_id])
        after = theirs.nearest(product_id, other[product_id])
        shares.append(len(before & after) / max(len(before), 1))
    return float(np.mean(shares)) if shares else None


def _ndcg(ours: _Searched, theirs: _Searched, judged: Mapping[str, Mapping[str, int]]) -> tuple[float, float] | None:
    """Put the judged candidates of each anchor in the order of either space; only products that both hold count."""
    ids = sorted({product for anchor, grades in judged.items() for product in (anchor, *grades)})
    mine, other = ours.vectors(ids), theirs.vectors(ids)
    both = mine.keys() & other.keys()
    kept = {a: {p: g for p, g in grades.items() if p in both} for a, grades in judged.items() if a in both}
    if not any(grade for grades in kept.values() for grade in grades.values()):
        return None
    scores = []
    for its, layout in ((mine, ours.layout), (other, theirs.layout)):
        run = {a: _order(its, a, list(grades), layout) for a, grades in kept.items()}
        scores.append(float(np.mean(list(metrics.per_anchor(kept, run, "ndcg@10").values()))))
    return scores[0], scores[1]


def _order(vectors: Mapping[str, Vector], anchor: str, candidates: list[str], layout: Layout) -> list[str]:
    weighed = layout.weigh(vectors[anchor], DEFAULT_WEIGHTS)
    return sorted(candidates, key=lambda product_id: (-float(weighed @ vectors[product_id]), product_id))
