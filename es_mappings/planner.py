"""Which strategy serves a listing, and why. All thresholds are in this one place."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from es_mappings.anchors import Mode
from es_mappings.strategies import MAX_CANDIDATES, Metric
from es_mappings.vector_index import SearchWidth

StrategyName = Literal["keywords", "exact", "knn", "rescore"]


@dataclass(frozen=True)
class Thresholds:
    """The numbers that the planner decides by. `make bench` measures them on the machine at hand and prints its own."""

    exact_matches: int = 6_000  # up to so many matches, scoring each is as fast as kNN
    exact_matches_several: int = 1_000_000  # the same for several points: kNN scans once per point, a script once
    knn_depth: int = 240  # products that kNN orders: ten pages; from there on, every match is compared
    num_candidates: int = 240  # that kNN considers. A flat index needs no more; a graph (hnsw) needs 500 and more ...
    selective: float = 0.2  # ... and where less than this share of all products matches ...
    selective_factor: float = 1.0  # ... this many times as many
    oversample: float = 1.5  # neighbours read by quantized distance for each one kept by exact distance
    rescore_window: int = 1_000  # products that the rescore strategy re-ranks

    def searched(self, width: SearchWidth) -> Thresholds:
        """Return the thresholds for an index that is searched so widely."""
        return replace(self, num_candidates=width.num_candidates, oversample=width.oversample)

    def exact_up_to(self, points: int) -> int:
        """Return up to how many matches each is compared with a number of points."""
        return self.exact_matches if points == 1 else self.exact_matches_several


@dataclass(frozen=True)
class Plan:
    """How a listing is served. The plan is the same for all its pages: a cursor carries it."""

    strategy: StrategyName
    reason: str
    k: int = 0
    num_candidates: int = 0
    oversample: float = 0.0
    window: int = 0

    @property
    def depth(self) -> dict[str, Any]:
        """The arguments of `strategies.knn`."""
        return {"k": self.k, "num_candidates": self.num_candidates, "oversample": self.oversample}

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data, for a cursor."""
        return asdict(self)


KEYWORDS = Plan("keywords", "no like with a vector, or another order, such as by price")


def plan(
    *,
    matched: int | None,
    indexed: int,
    mode: Mode = "blend",
    points: int = 1,
    metric: Metric = "cosine",
    rescore: bool = False,
    any_image: bool = False,
    relevance: bool = False,
    by_vectors: bool = True,
    thresholds: Thresholds = Thresholds(),
) -> Plan:
    """Choose the strategy.

    Parameters
    ----------
    matched : int or None
        Products that match the keywords and filters; None if they weren't counted yet, which would delay the page more
        than the better plan is worth: kNN finds the nearest of few, too.
    indexed : int
        Products in all.
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
    relevance : bool
        Whether keyword relevance counts in the order: then any match may come first.
    by_vectors : bool
        Whether the vectors alone decide, and no script or rule of the search team.
    """
    if rescore:
        return Plan("rescore", "relevance first was asked for", window=thresholds.rescore_window)
    reasons = {
        f"kNN knows no {metric} distance": metric != "cosine",
        "kNN knows each product's first image only": any_image,
        "kNN doesn't know how relevant the matches are": relevance,
        "kNN goes by the vectors alone, without the configuration's script or a rule's boosts": not by_vectors,
        "neighbours of one anchor don't show what is near to all": mode == "every" and points > 1,
    }
    if reason := next((reason for reason, holds in reasons.items() if holds), ""):
        return Plan("exact", reason)
    limit, nearest = thresholds.exact_up_to(points), f"the nearest {thresholds.knn_depth} are found by kNN"
    if matched is not None and matched <= limit:
        return Plan("exact", f"at most {limit:,} matches, few enough to compare each one")
    share = (indexed if matched is None else matched) / max(indexed, 1)
    factor = thresholds.selective_factor if share < thresholds.selective else 1.0
    candidates = min(MAX_CANDIDATES, round(max(thresholds.num_candidates, thresholds.knn_depth) * factor))
    reason = f"more than {limit:,} matches: {nearest}" if matched is not None else f"{nearest}, of uncounted matches"
    return Plan("knn", reason, thresholds.knn_depth, candidates, thresholds.oversample)
