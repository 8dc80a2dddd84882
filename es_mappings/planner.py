"""Which strategy serves a listing, and why. All thresholds are in this one place."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from es_mappings.anchors import Mode
from es_mappings.strategies import Metric

StrategyName = Literal["keywords", "exact", "knn", "rescore"]


@dataclass(frozen=True)
class Thresholds:
    """The numbers that the planner decides by. `make bench` measures them on the machine at hand and prints its own."""

    exact_matches: int = 6_000  # up to so many matches, scoring each is as fast as kNN
    exact_matches_several: int = 250_000  # the same for several points: kNN scans once per point, a script once
    knn_depth: int = 240  # products that kNN orders: ten pages; deeper ones are in tie-breaking order
    num_candidates: int = 240  # that kNN considers. A flat index needs no more; a graph (hnsw) needs 500 and more ...
    selective: float = 0.2  # ... and where less than this share of all products matches ...
    selective_factor: float = 1.0  # ... this many times as many
    oversample: float = 1.5  # neighbours read by quantized distance for each one kept by exact distance
    rescore_window: int = 1_000  # products that the rescore strategy re-ranks


@dataclass(frozen=True)
class Plan:
    """How a listing is served. The plan is the same for all its pages: a cursor carries it."""

    strategy: StrategyName
    reason: str
    k: int = 0
    num_candidates: int = 0
    oversample: float = 0.0
    window: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data, for a cursor."""
        return asdict(self)


KEYWORDS = Plan("keywords", "nothing to compare with, or another order was asked for")


def plan(
    *,
    matched: int,
    indexed: int,
    mode: Mode = "blend",
    points: int = 1,
    metric: Metric = "cosine",
    rescore: bool = False,
    any_image: bool = False,
    thresholds: Thresholds = Thresholds(),
) -> Plan:
    """Choose the strategy.

    Parameters
    ----------
    matched, indexed : int
        Products that match the keywords and filters, and products in all.
    mode : {"blend", "every", "any", "auto"}
        How several anchors count.
    points : int
        Points that products are compared with (`anchors.QueryPoints`).
    metric : {"cosine", "euclidean", "manhattan"}
        kNN knows only the first.
    rescore : bool
        Whether relevance comes first and similarity re-ranks its head.
    any_image : bool
        Whether all images of a product are compared; kNN only knows the first one.
    """
    if rescore:
        return Plan("rescore", "relevance first was asked for", window=thresholds.rescore_window)
    if metric != "cosine":
        return Plan("exact", f"kNN knows no {metric} distance")
    if any_image:
        return Plan("exact", "kNN knows each product's first image only")
    if mode == "every" and points > 1:
        return Plan("exact", "neighbours of one anchor don't show what is near to all")
    if matched <= (thresholds.exact_matches if points == 1 else thresholds.exact_matches_several):
        return Plan("exact", f"at most {matched:,} matches, few enough to compare each one")
    share = matched / max(indexed, 1)
    factor = thresholds.selective_factor if share < thresholds.selective else 1.0
    candidates = min(10_000, round(max(thresholds.num_candidates, thresholds.knn_depth) * factor))
    reason = f"{matched:,} matches, {share:.0%} of all: the nearest {thresholds.knn_depth} are found by kNN"
    return Plan("knn", reason, thresholds.knn_depth, candidates, thresholds.oversample)
