"""What must hold whatever the search team changes: the order of products whose vectors are known.

The probes have the same fields, and vectors that turn away from a centre step by step. So a script may weigh stock or
price as it likes: among the probes, only similarity decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch

from es_mappings import planner, queries
from es_mappings.anchors import Anchor, Mode, QueryPoints, query_points
from es_mappings.diversity import mmr
from es_mappings.layout import Vector
from es_mappings.planner import Plan
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from es_mappings.queries import Page
from es_mappings.results import Result
from es_mappings.strategies import Metric
from indexer.catalog import documents
from indexer.catalog.products import Product
from indexer.checks import samples
from indexer.checks.findings import Finding
from indexer.checks.requests import Case, Verify, run

_ANGLES = (0, 25, 50, 80, 115, 180)  # degrees from the centre
_TOLERANCE = 1e-4  # of similarities by NumPy and by float32 scores
_RELEVANCE = 1e9  # of the last probe: where any of it is left, it outweighs similarity
_WINDOW = 2  # products that are re-ranked, where more match

BARE = Product(id="probe-bare", version=1, title="Probe")
PROBES = tuple(
    Product(id=f"probe-{angle}", version=1, title="Probe", price=10.0, currency="EUR", images=["probe.jpg"])
    for angle in _ANGLES
)


@dataclass(frozen=True)
class _Sorting:
    """Query points, and what they are made of."""

    name: str
    points: QueryPoints
    mode: Mode = "blend"


def vectors() -> dict[str, Vector]:
    """Build the vector of each probe: every aspect turned by the probe's angle from the centre's."""
    random = np.random.default_rng(1)
    parts: dict[str, dict[str, Vector]] = {probe.id: {} for probe in PROBES}
    for aspect in LAYOUT.aspects:
        centre, aside = np.linalg.qr(random.standard_normal((aspect.dims, 2)))[0].T
        for probe, angle in zip(PROBES, np.radians(_ANGLES), strict=True):
            turned = np.cos(angle) * centre + np.sin(angle) * aside
            parts[probe.id][aspect.name] = turned.astype(np.float32)
    return {probe_id: LAYOUT.compose(of_aspects) for probe_id, of_aspects in parts.items()}


def check(client: Elasticsearch, index: str, script: str = "") -> list[Finding]:
    """Write the probes to a scratch index, and check how it orders them.

    Parameters
    ----------
    script : str
        Painless to score similarity by, instead of ``painless/similarity.painless``.
    """
    known = vectors()
    actions = [documents.upsert(index, probe) for probe in PROBES]
    embedded = [samples.embedded(index, probe, known[probe.id]) for probe in PROBES]
    findings = [finding for some in (actions, embedded) for finding in samples.bulk(client, some)]
    client.indices.refresh(index=index)
    return findings or [finding for case in cases(script) for finding in run(client, index, case)]


def bare(client: Elasticsearch, index: str, script: str) -> list[Finding]:
    """Write a product of a title alone to a scratch index, and check that a script scores it.

    A shop has such ones at any moment: without a vector yet, without price, brand and stock. Where a script fails on
    one product, the whole search does.
    """
    findings = samples.bulk(client, [documents.upsert(index, BARE)])
    client.indices.refresh(index=index)
    query: dict[str, Any] = {"bool": {"filter": [{"ids": {"values": [BARE.id]}}]}}
    [to_centre, *_] = _sortings()
    parts = queries.sort_by_points(query, to_centre.points, plan=queries.EXACT, script=script)
    place = "a product without vector, price, brand and stock"
    case = Case(place, queries.search_page(parts, page=Page(size=1)), _scores_bare)
    return findings or run(client, index, case)


def _scores_bare(result: Result) -> list[str]:
    return _out_of_range(result) if result.hits else ["is lost"]


def cases(script: str = "") -> Iterator[Case]:
    """Sort the probes in every way that has a known order."""
    for sorting in _sortings():
        for plan in (queries.EXACT, *_approximate(sorting)):
            order = _by_similarity(sorting.points, plan)
            yield _case(f"{sorting.name} by {plan.strategy}", sorting.points, plan, order, script=script)
    [to_centre, *_] = _sortings()
    for metric in ("euclidean", "manhattan"):
        yield _case(f"nearest by {metric} distance", to_centre.points, queries.EXACT, _in_order, metric)
    yield from _mixed(to_centre.points, script)
    yield from _rescored(to_centre.points, script)


def diversity() -> list[Finding]:
    """Check the reordering of the first pages: a permutation, none at 0, and no double next to its like at 1."""
    place = "es_mappings/diversity.py, mmr()"
    vectors = [np.array(v, np.float32) for v in ([1.0, 0.0], [1.0, 0.0], [0.6, 0.8], [0.0, 1.0])]
    similarities, numbers = [0.9, 0.9, 0.8, 0.1], list(range(4))
    kept, diverse, balanced = (mmr(similarities, vectors, share) for share in (0.0, 1.0, 0.5))
    problems = {
        f"orders {kept} without diversity, not by similarity": kept != numbers,
        f"shows a product's double next to it: {diverse}": diverse[:2] == [0, 1],
        "does not begin with the most similar product": balanced[0] not in (0, 1),
        "loses or repeats products": any(sorted(order) != numbers for order in (kept, diverse, balanced)),
    }
    return [Finding(place, problem) for problem, holds in problems.items() if holds]


def _sortings() -> list[_Sorting]:
    known = vectors()

    def of(name: str, likes: Sequence[int], dislikes: Sequence[int] = (), mode: Mode = "blend") -> _Sorting:
        weights = {**dict.fromkeys(likes, 1.0), **dict.fromkeys(dislikes, -1.0)}
        anchors = [Anchor(str(angle), known[f"probe-{angle}"], weight) for angle, weight in weights.items()]
        return _Sorting(name, query_points(anchors, mode, DEFAULT_WEIGHTS, LAYOUT), mode)

    likes = of("nearest to any of two", [0, 180], mode="any")
    return [
        of("nearest to a product", [0]),
        *(of(f"nearest to probe-{angle}", [angle]) for angle in _ANGLES[1:]),
        of("a dislike", [50], [115]),
        likes,
        replace(likes, name="nearest to any of two, of which one is set back",
                points=replace(likes.points, offsets=(-0.1, -0.5))),
        of("nearest to both of two", [25, 115], mode="every"),
    ]  # fmt: skip


def _approximate(sorting: _Sorting) -> Iterator[Plan]:
    count, thresholds = len(sorting.points.vectors), replace(planner.Thresholds(), exact_matches=0)
    plan = planner.plan(matched=10**7, indexed=10**7, mode=sorting.mode, points=count, thresholds=thresholds)
    if plan.strategy == "knn":
        yield plan
    yield planner.plan(matched=len(PROBES), indexed=len(PROBES), mode=sorting.mode, rescore=True)


def _mixed(points: QueryPoints, script: str) -> Iterator[Case]:
    """Mix relevance in: alone it orders by relevance; where all are as relevant, similarity does."""
    by_relevance = _ids_in(list(reversed(PROBES)))
    yield _case("relevance alone", points, queries.EXACT, by_relevance, relevance=1.0, against=8.0, script=script)
    yield _case(
        "as much relevance as similarity, all as relevant",
        points,
        queries.EXACT,
        _in_order,
        relevance=0.5,
        script=script,
    )


def _rescored(points: QueryPoints, script: str) -> Iterator[Case]:
    """Re-rank what relevance orders the other way round: inside the window similarity decides alone, it stays ahead."""
    whole = planner.plan(matched=1, indexed=1, rescore=True)
    place = "the rescore window, where relevance is turned against similarity,"
    yield _case(place, points, whole, _in_order, against=_RELEVANCE, script=script)
    head, rest = list(reversed(PROBES[-_WINDOW:])), list(reversed(PROBES[:-_WINDOW]))
    order = _ids_in([*sorted(head, key=PROBES.index), *rest])
    narrow = replace(whole, window=_WINDOW)
    yield _case(f"a rescore window of {_WINDOW}", points, narrow, order, against=8.0, script=script)


def _case(
    name: str,
    points: QueryPoints,
    plan: Plan,
    verify: Verify,
    metric: Metric = "cosine",
    *,
    relevance: float = 0.0,
    against: float = 0.0,
    script: str = "",
) -> Case:
    """Build a case; ``against`` is the relevance of the last probe, and half as much of each one before it."""
    query: dict[str, Any] = {"bool": {"filter": [{"ids": {"values": [probe.id for probe in PROBES]}}]}}
    if against:
        scores = [against / 2**place for place in range(len(PROBES))]
        query["bool"]["should"] = [
            {"constant_score": {"filter": {"term": {"id": probe.id}}, "boost": score}}
            for probe, score in zip(reversed(PROBES), scores, strict=True)
        ]
    parts = queries.sort_by_points(query, points, metric=metric, relevance=relevance, plan=plan, script=script)
    return Case(f"the order of {name}", queries.search_page(parts, page=Page(size=len(PROBES))), verify)


def _by_similarity(points: QueryPoints, plan: Plan) -> Verify:
    known = vectors()

    def verify(result: Result) -> list[str]:
        problems = _missing(result) + (_out_of_range(result) if plan.strategy == "exact" else [])
        similar = {i: _competing(points, vector) for i, vector in known.items()}
        ids = [hit.product["id"] for hit in result.hits]
        turned = [(a, b) for a, b in pairwise(ids) if similar[a] < similar[b] - _TOLERANCE]
        return problems + [
            f"{before} stands before {after}, which is more similar ({similar[after]:.3f}, not {similar[before]:.3f})"
            for before, after in turned[:1]
        ]

    return verify


def _competing(points: QueryPoints, vector: Vector) -> float:
    """Return the similarity that orders a product: with the offsets of points, which `similarity` leaves out."""
    choose = max if points.join == "max" else min
    return choose(float(p @ vector) + o for p, o in zip(points.weighed, points.each_offset, strict=True))


def _in_order(result: Result) -> list[str]:
    return _ids_in(PROBES)(result)


def _ids_in(products: Sequence[Product]) -> Verify:
    expected = [product.id for product in products]

    def verify(result: Result) -> list[str]:
        ids = [hit.product["id"] for hit in result.hits]
        return [] if ids == expected else [f"is {', '.join(ids)}, not {', '.join(expected)}"]

    return verify


def _out_of_range(result: Result) -> list[str]:
    outside = [hit.score for hit in result.hits if not -_TOLERANCE <= (hit.score or 0.0) <= 1 + _TOLERANCE]
    return [f"has scores outside [0, 1]: {outside}"] if outside else []


def _missing(result: Result) -> list[str]:
    missing = {probe.id for probe in PROBES} - {hit.product["id"] for hit in result.hits}
    return [f"lacks {', '.join(sorted(missing))}"] if missing else []
