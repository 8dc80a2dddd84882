"""The requests that es_mappings/ can build, each with a check of its answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

from elasticsearch import ApiError, Elasticsearch

from es_mappings import facets, planner, queries, results
from es_mappings.anchors import Mode, query_points
from es_mappings.facets import NUMBERS, Filters
from es_mappings.keywords import Keywords
from es_mappings.planner import Plan
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from es_mappings.queries import Page, Sort
from es_mappings.results import Result
from es_mappings.strategies import Metric, knn_similarity
from indexer.catalog.products import Product
from indexer.checks import samples
from indexer.checks.findings import Finding, read_body, read_error

Verify = Callable[[Result], list[str]]

_ROUNDING = 1e-5  # of float32 scores
_ALL = Page(size=100)
_EVERYTHING = queries.browse(None, Filters())

# Each filter and the products that must pass it. A new filter in es_mappings/facets.py gets a line here.
_FILTERS: dict[str, tuple[Filters, Callable[[Product], bool]]] = {
    "category": (Filters(category="Dresses/Midi dresses"), lambda p: p.category[-1] == "Midi dresses"),
    "brand": (
        Filters(fields=(("brand", "Marlowe"), ("brand", "Kip & Co"))),
        lambda p: p.brand in {"Marlowe", "Kip & Co"},
    ),
    "attributes": (
        Filters(attributes=(("color", "red"), ("color", "blue"), ("belted", "true"))),
        lambda p: p.attributes["color"] in {"red", "blue"} and p.attributes["belted"] is True,
    ),
    "numbers": (
        Filters(attributes=tuple((n.name, "20..40") for n in NUMBERS)),
        lambda p: all(20 <= p.attributes[n.name] <= 40 for n in NUMBERS),  # type: ignore[operator]
    ),
    "price": (Filters(price_min=20, price_max=50), lambda p: 20 <= (p.price or 0) <= 50),
    "in_stock": (Filters(in_stock=True), lambda p: p.in_stock),
    "cheaper_than": (Filters(cheaper_than=(("EUR", 30),)), lambda p: (p.price or 0) < 30),
    "not_ids": (Filters(not_ids=("check-1", "check-2")), lambda p: p.id not in {"check-1", "check-2"}),
    "not_brands": (Filters(not_brands=("Marlowe",)), lambda p: p.brand != "Marlowe"),
}

# A filter of each facet, and what the facet must still count: everything, because it ignores its own filter.
_FACETS: dict[str, tuple[Filters, Callable[[results.Facets], object], object]] = {
    "brand": (
        Filters(fields=(("brand", "Marlowe"),)),
        lambda f: {v.value: v.count for v in f.terms["brand"]},
        dict(Counter(p.brand for p in samples.PRODUCTS)),
    ),
    "attribute:color": (
        Filters(attributes=(("color", "red"),)),
        lambda f: {v.value: v.count for v in f.attributes["color"]},
        dict(Counter(p.attributes["color"] for p in samples.PRODUCTS)),
    ),
    "price": (Filters(price_min=20, price_max=30), lambda f: f.ranges["price"], (10.0, 80.0)),
    "numbers": (
        Filters(attributes=tuple((n.name, "20..30") for n in NUMBERS[:1])),
        lambda f: f.numbers.get(NUMBERS[0].name),
        (10.0, 80.0),
    ),
    "in_stock": (Filters(in_stock=False), lambda f: f.flags["in_stock"], sum(p.in_stock for p in samples.PRODUCTS)),
}

_SORT_KEYS: dict[str, Callable[[dict[str, Any]], float]] = {
    "price": lambda p: p["price"],
    "-price": lambda p: -p["price"],
}


@dataclass(frozen=True)
class Case:
    """One request: how it was built, its body, and the check of its answer."""

    place: str
    request: dict[str, Any]
    verify: Verify


def run(client: Elasticsearch, index: str | None, case: Case) -> list[Finding]:
    """Send one request and check its answer; ``index`` is None if the request names a point in time."""
    try:
        answer = client.search(index=index, body=case.request).body
    except ApiError as error:
        return read_error(error, case.place)
    if answer["_shards"]["failed"]:
        return read_body(answer["_shards"], case.place) or [Finding(case.place, "shards failed")]
    if answer["timed_out"]:
        return [Finding(case.place, "timed out")]
    return [Finding(case.place, problem) for problem in case.verify(results.read(answer))]


def keyword_cases() -> Iterator[Case]:
    """Browse by keywords, by each filter, by all of them, and in every order."""

    def finds_dresses(result: Result) -> list[str]:
        # An analyzer may find more, by synonyms for instance; products with exactly these words must be among them.
        missing = {p.id for p in samples.PRODUCTS if p.title == "Midi dress"} - _ids(result)
        return [f"does not find {', '.join(sorted(missing))}"] if missing else []

    yield _browse("browse('midi dress')", "midi dress", Filters(), finds_dresses)
    yield _browse("browse() of characters that form no word", '"(( +-*~/', Filters(), lambda _: [])
    everything = {"category": "Dresses"}
    for name, (filters, holds) in _FILTERS.items():
        chosen = {field.name: getattr(filters, field.name) for field in fields(filters)}
        everything |= {name: value for name, value in chosen.items() if value not in (None, ())}
        yield _browse(
            f"browse() filtered by {name}", None, filters, _finds({p.id for p in samples.PRODUCTS if holds(p)})
        )
    yield _browse("browse() with every filter", "midi dress", Filters(**everything), lambda _: [])  # type: ignore[arg-type]
    for sort in get_args(Sort):
        request = queries.search_page({"query": _EVERYTHING}, sort=sort, page=_ALL)
        yield Case(f"search_page(sort={sort!r})", request, _sorted_by(sort))
    counts = facets.aggregations()
    grouped = queries.search_page({"query": _EVERYTHING}, sort="price", page=_ALL, facets=counts, group=True)
    yield Case("search_page(group=True)", grouped, _finds({p.id for p in samples.PRODUCTS} - {samples.VARIANT.id}))


def facet_cases() -> Iterator[Case]:
    """Count the facets over everything, and each with its own filter set."""
    for name, (filters, read, expected) in _FACETS.items():

        def counts(
            result: Result, read: Callable[[results.Facets], object] = read, expected: object = expected
        ) -> list[str]:
            counted = read(result.facets) if result.facets else None
            return [] if counted == expected else [f"counts {counted}, not {expected}"]

        yield _counted(f"aggregations() with the facet {name} filtered", filters, counts)
    all_filters = replace(
        _FACETS["brand"][0], attributes=(("color", "red"), ("belted", "true")), price_min=1, price_max=99, in_stock=True
    )
    words = Keywords("midi dress")
    everything = facets.aggregations(words.clauses(), all_filters, ["check-0"])
    request = queries.search_page({"query": queries.browse(words, all_filters)}, facets=everything)
    yield Case("aggregations() with keywords, every facet filtered, a product left out", request, lambda _: [])


def similarity_cases() -> Iterator[Case]:
    """Sort by likes and a dislike: every mode, by every metric, with every strategy that serves it."""
    anchors = samples.anchors()
    rest = {p.id for p in samples.PRODUCTS} - {a.id for a in anchors}
    for mode in get_args(Mode):
        for metric in get_args(Metric):
            for plan in _plans(mode, metric):
                for share in (0.0, 0.3):
                    place = f"sort_by_similar(mode={mode!r}, metric={metric!r}, relevance={share}) by {plan.strategy}"
                    parts = queries.sort_by_similar(
                        _EVERYTHING, anchors, mode=mode, metric=metric, relevance=share, plan=plan
                    )
                    request = queries.search_page(parts, page=_ALL, vectors=True)
                    compared = rest & set(samples.vectors()) if plan.strategy == "knn" else rest
                    yield Case(place, request, _scored(compared, plan, share))


def paging(client: Elasticsearch, index: str) -> list[Finding]:
    """Page through results in a point in time; every product must appear once."""
    similar = queries.sort_by_similar(_EVERYTHING, samples.anchors()[:1])
    rescored = queries.sort_by_similar(
        _EVERYTHING, samples.anchors()[:1], plan=planner.plan(matched=8, indexed=8, rescore=True)
    )
    findings = _page_through(client, index, "search_page(sort='price')", {"query": _EVERYTHING}, "price")
    findings += _page_through(client, index, "search_page() by similarity", similar, "relevance")
    return findings + _page_through(client, index, "search_page() by rescore", rescored, "relevance")


def _page_through(client: Elasticsearch, index: str, place: str, parts: dict[str, Any], sort: Sort) -> list[Finding]:
    point = client.open_point_in_time(index=index, keep_alive=queries.KEEP_ALIVE)["id"]
    seen: list[results.Hit] = []
    total: list[int] = []

    def collect(result: Result) -> list[str]:
        seen.extend(result.hits)
        total.append(result.total)
        return []

    try:
        for _ in range(len(samples.PRODUCTS)):
            page = Page(size=3, after=tuple(seen[-1].sort) if seen else None, offset=len(seen), point_in_time=point)
            before = len(seen)
            findings = run(client, None, Case(place, queries.search_page(parts, sort=sort, page=page), collect))
            if findings or len(seen) == before:
                break
    finally:
        client.close_point_in_time(id=point)
    if not findings and not len({hit.product["id"] for hit in seen}) == len(seen) == total[0]:
        findings = [Finding(place, f"the pages hold {[h.product['id'] for h in seen]} of {total[0]} products")]
    return findings


def _plans(mode: Mode, metric: Metric) -> Iterator[Plan]:
    yield queries.EXACT
    if metric == "cosine":  # the only metric of the others
        yield planner.plan(matched=1, indexed=1, mode=mode, rescore=True)
        points = len(query_points(samples.anchors(), mode, DEFAULT_WEIGHTS, LAYOUT).vectors)
        neighbours = replace(planner.Thresholds(), exact_matches=0)  # so that kNN is used for so few matches
        plan = planner.plan(matched=8, indexed=8, mode=mode, points=points, thresholds=neighbours)
        if plan.strategy == "knn":
            yield plan


def _browse(place: str, q: str | None, filters: Filters, verify: Verify) -> Case:
    return Case(place, queries.search_page({"query": queries.browse(Keywords(q or ""), filters)}, page=_ALL), verify)


def _counted(place: str, filters: Filters, verify: Verify) -> Case:
    counts = facets.aggregations((), filters)
    return Case(place, queries.search_page({"query": queries.browse(None, filters)}, facets=counts), verify)


def _ids(result: Result) -> set[str]:
    return {hit.product["id"] for hit in result.hits}


def _finds(expected: set[str]) -> Verify:
    def verify(result: Result) -> list[str]:
        if _ids(result) == expected and result.total == len(expected):
            return []
        return [f"finds {sorted(_ids(result))} (total {result.total}), not {sorted(expected)}"]

    return verify


def _sorted_by(sort: Sort) -> Verify:
    def verify(result: Result) -> list[str]:
        keys = [_SORT_KEYS[sort](hit.product) for hit in result.hits] if sort in _SORT_KEYS else []
        problems = _finds({p.id for p in samples.PRODUCTS})(result)
        return problems + ([f"is not sorted: {keys}"] if keys != sorted(keys) else [])

    return verify


def _scored(expected: set[str], plan: Plan, share: float) -> Verify:
    """Check totals, order and range of scores; the range depends on the strategy."""

    def verify(result: Result) -> list[str]:
        scores = [hit.score or 0.0 for hit in result.hits]
        problems = _finds(expected)(result)
        if scores != sorted(scores, reverse=True):
            problems.append(f"is not in the order of its scores: {scores}")
        if plan.strategy == "knn" and not share:
            scores = [knn_similarity(score) for score in scores]
        top = 1.0 if plan.strategy == "exact" or (plan.strategy == "knn" and not share) else float("inf")
        outside = [score for score in scores if not -_ROUNDING <= score <= top + _ROUNDING]
        return problems + ([f"scores outside [0, {top}]: {outside}"] if outside else [])

    return verify
