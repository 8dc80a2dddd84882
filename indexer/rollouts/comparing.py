"""Check whether a new index is as good as the live one: its products, its vectors and its results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from more_itertools import chunked

from es_mappings import queries
from es_mappings.anchors import Anchor
from es_mappings.layout import Layout, Vector
from es_mappings.product import DEFAULT_WEIGHTS
from indexer.elastic.multi_get import get_sources
from indexer.elastic.product_index import ProductIndex
from indexer.relevance import golden, metrics
from indexer.relevance.golden import Judgement

# The fields that decide whether a product is the same in both.
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
    """The products, vectors and results of two indices; in each pair the old, live index comes first."""

    products: tuple[int, int]
    different: int  # products that are not the same in both
    vectors: tuple[int, int]
    ndcg: tuple[float, float] | None = None
    overlap: float | None = None

    def faults(self, thresholds: Thresholds) -> list[str]:
        """Return the reasons not to swap the new index in."""
        faults = []
        if self.different:
            faults.append(f"{self.different:,} products differ")
        if self.vectors[1] < thresholds.vectors * self.vectors[0]:
            faults.append(f"{self.vectors[1]:,} products have a vector, {self.vectors[0]:,} have one in the live index")
        if self.ndcg and self.ndcg[1] < self.ndcg[0] - thresholds.ndcg:
            faults.append(f"NDCG@10 falls from {self.ndcg[0]:.3f} to {self.ndcg[1]:.3f}")
        if self.overlap is not None and self.overlap < thresholds.overlap:
            faults.append(f"of the top {DEPTH} only {self.overlap:.0%} stay, less than {thresholds.overlap:.0%}")
        return faults

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


def different(old: ProductIndex, new: ProductIndex, on_progress: Callable[[int], None] = lambda _: None) -> list[str]:
    """Return the products whose version, time or content differs between the indices."""
    old.refresh()
    new.refresh()
    olds, news = _states(old), _states(new)
    ids, done = [], 0
    one, two = next(olds, None), next(news, None)
    while one or two:
        if two is None or (one is not None and one[0] < two[0]):
            ids.append(one[0])  # type: ignore[index]
            one = next(olds, None)
        elif one is None or two[0] < one[0]:
            ids.append(two[0])
            two = next(news, None)
        else:
            if one[1] != two[1]:
                ids.append(one[0])
            one, two = next(olds, None), next(news, None)
        done += 1
        if done % 1_000 == 0:
            on_progress(done)
    return ids


def still_different(old: ProductIndex, new: ProductIndex, ids: Sequence[str]) -> list[str]:
    """Return those of the products that differ now."""
    before, after = _states_of(old, ids), _states_of(new, ids)
    return [product_id for product_id in ids if before[product_id] != after[product_id]]


def _states_of(index: ProductIndex, ids: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    states = {}
    for part in chunked(ids, 1_000):
        sources = get_sources(index.client, index.name, part, _source_includes=",".join(_STATE))
        for name in part:
            states[name] = tuple(sources.get(name, {}).get(field) for field in _STATE)
    return states


def _states(index: ProductIndex) -> Iterator[tuple[str, tuple[Any, ...]]]:
    query = {"query": {"match_all": {}}, "sort": [{"id": "asc"}], "_source": list(_STATE)}
    for hit in index.scan(query, preserve_order=True, size=1_000):
        yield hit["_id"], tuple(hit["_source"].get(name) for name in _STATE)


def compare(
    old: ProductIndex,
    new: ProductIndex,
    *,
    differences: int,
    judgements: Sequence[Judgement] = (),
    anchors: int = 100,
) -> Comparison:
    """Compare the products, vectors and results of two indices, each in its own vector space.

    Parameters
    ----------
    differences : int
        Products that still differ after all attempts to make them equal.
    judgements : sequence of Judgement
        A golden set; without one there is no NDCG.
    anchors : int
        Products whose most similar ones are compared.
    """
    old.refresh()
    new.refresh()
    before, after = old.counts(), new.counts()
    products, vectors = (before["all"], after["all"]), (before["done"], after["done"])
    if not (vectors[0] and vectors[1]):
        return Comparison(products, differences, vectors)
    olds, news = _Searched.of(old), _Searched.of(new)
    ndcg = _ndcg(olds, news, golden.merge(judgements)) if judgements else None
    return Comparison(products, differences, vectors, ndcg, _overlap(olds, news, anchors))


@dataclass(frozen=True)
class _Searched:
    """An index with the layout of its vectors."""

    index: ProductIndex
    layout: Layout

    @classmethod
    def of(cls, index: ProductIndex) -> _Searched:
        return cls(index, Layout.from_meta(index.meta()["aspects"]))

    def sample(self, size: int) -> list[str]:
        """Draw products with a vector at random, but always the same ones."""
        random = {"function_score": {"query": _WITH_VECTOR, "random_score": {"seed": 7, "field": "_seq_no"}}}
        return [hit["_id"] for hit in self.index.search(query=random, size=size, source=False)["hits"]["hits"]]

    def nearest(self, product_id: str, vector: Vector) -> set[str]:
        parts = queries.sort_by_similar(_WITH_VECTOR, [Anchor(product_id, vector)], layout=self.layout)
        answer = self.index.search(**parts, size=DEPTH, source=False, track_total_hits=False)
        return {hit["_id"] for hit in answer["hits"]["hits"]}


_WITH_VECTOR = {"term": {"embedding.status": "done"}}


def _overlap(old: _Searched, new: _Searched, anchors: int) -> float | None:
    drawn = old.sample(anchors)
    before, after = old.index.vectors(drawn), new.index.vectors(drawn)
    shares = []
    for product_id in before.keys() & after.keys():
        nearest = old.nearest(product_id, before[product_id])
        shares.append(len(nearest & new.nearest(product_id, after[product_id])) / max(len(nearest), 1))
    return float(np.mean(shares)) if shares else None


def _ndcg(old: _Searched, new: _Searched, judged: Mapping[str, Mapping[str, int]]) -> tuple[float, float] | None:
    """Measure how well each space ranks the judged candidates of each anchor; only products that both hold count."""
    ids = sorted({product for anchor, grades in judged.items() for product in (anchor, *grades)})
    before, after = old.index.vectors(ids), new.index.vectors(ids)
    both = before.keys() & after.keys()
    common = {a: {p: g for p, g in grades.items() if p in both} for a, grades in judged.items() if a in both}
    if not any(grade for grades in common.values() for grade in grades.values()):
        return None
    scores = []
    for vectors, layout in ((before, old.layout), (after, new.layout)):
        run = {a: _order(vectors, a, list(grades), layout) for a, grades in common.items()}
        scores.append(float(np.mean(list(metrics.per_anchor(common, run, "ndcg@10").values()))))
    return scores[0], scores[1]


def _order(vectors: Mapping[str, Vector], anchor: str, candidates: list[str], layout: Layout) -> list[str]:
    weighed = layout.weigh(vectors[anchor], DEFAULT_WEIGHTS)
    return sorted(candidates, key=lambda product_id: (-float(weighed @ vectors[product_id]), product_id))
