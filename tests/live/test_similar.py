"""The query engine against a real Elasticsearch: modes, metrics, strategies, facets, reasons."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from demo.golden import read_truth
from es_mappings import planner, queries, results
from es_mappings.anchors import Anchor, query_points
from es_mappings.facets import Filters
from es_mappings.planner import Plan
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT, meta
from es_mappings.strategies import knn_similarity
from indexer.elastic.client import vector
from indexer.relevance.calibration import calibrate
from indexer.relevance.labels import judge
from tests.conftest import PRODUCTS, Shop
from tests.live.shopping import search, walk
from webapp import create_app


@pytest.fixture(scope="module")
def products(shop: Shop) -> dict[str, dict[str, Any]]:
    """Return every product of the catalogue, with its vector."""
    ids = [json.loads(line)["id"] for line in shop.catalogue.read_text().splitlines()]
    return shop.index.products(ids)


def _of(products: dict[str, dict[str, Any]], kind: str, count: int) -> list[str]:
    return [i for i, p in products.items() if p["category"][0] == kind][:count]


@pytest.mark.parametrize("mode", ["blend", "every", "any", "auto"])
def test_every_mode_scores_as_numpy_does(web: FlaskClient, products: dict[str, Any], mode: Any) -> None:
    liked, disliked = _of(products, "Dresses", 2) + _of(products, "TVs", 1), _of(products, "Toys", 1)
    anchors = [Anchor(i, vector(products[i]["vector"])) for i in liked]
    anchors += [Anchor(i, vector(products[i]["vector"]), -1) for i in disliked]
    points = query_points(anchors, mode, DEFAULT_WEIGHTS, LAYOUT)
    listed = search(web, like=liked, dislike=disliked, mode=mode, size=100)["products"]
    assert not {p["id"] for p in listed} & {*liked, *disliked}
    for product in listed:
        cosines = np.stack(points.weighed) @ vector(products[product["id"]]["vector"])
        # Of several tastes, the one whose place on the page it is.
        expected = [cosines.min()] if mode == "every" else cosines
        assert min(abs(product["similarity"] - (1 + cosine) / 2) for cosine in expected) < 2e-4


@pytest.mark.parametrize("mode", ["any", "auto"])
def test_each_taste_has_its_place_on_every_page(web: FlaskClient, products: dict[str, Any], mode: str) -> None:
    kinds = ("Dresses", "Toys", "Laptops", "TVs")
    for number in range(4):
        for some in combinations(kinds, 2 + number % 2):
            liked = [_of(products, kind, number + 1)[number] for kind in some]
            first = search(web, like=liked, mode=mode)
            second = search(web, like=liked, mode=mode, cursor=first["next_cursor"])
            shown = Counter(p["category"][0] for p in first["products"])
            assert min(shown[kind] for kind in some) >= 0.2 * 24, (liked, shown)
            pages = [p["id"] for p in first["products"] + second["products"]]
            assert len(set(pages)) == 48


def test_a_like_that_counts_more_has_more_of_the_page(web: FlaskClient, products: dict[str, Any]) -> None:
    dress, toy = _of(products, "Dresses", 1)[0], _of(products, "Toys", 1)[0]
    listed = search(web, like=[f"{dress}^3", toy], mode="any")["products"]
    shown = Counter(p["category"][0] for p in listed)
    assert shown["Dresses"] > 1.5 * shown["Toys"] > 0


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
def test_other_metrics_order_as_numpy_does(web: FlaskClient, products: dict[str, Any], metric: str) -> None:
    [liked] = _of(products, "Dresses", 1)
    here = vector(products[liked]["vector"])

    def distance(other: np.ndarray[Any, Any]) -> float:
        parts = [np.abs(here[a.part] - other[a.part]) for a in LAYOUT.aspects]
        power = 2 if metric == "euclidean" else 1
        total = sum(
            DEFAULT_WEIGHTS[a.name] * float((p**power).sum()) for a, p in zip(LAYOUT.aspects, parts, strict=True)
        )
        return float(np.sqrt(total)) if power == 2 else total

    answer = search(web, like=liked, metric=metric, size=30)
    assert answer["plan"]["strategy"] == "exact"
    for product in answer["products"]:
        expected = 1 / (1 + distance(vector(products[product["id"]]["vector"])))
        assert product["similarity"] == pytest.approx(expected, abs=2e-3)


def test_relevance_can_be_mixed_in(web: FlaskClient, products: dict[str, Any]) -> None:
    [liked] = _of(products, "Dresses", 1)

    def ids(relevance: float) -> list[str]:
        answer = search(web, q="dress", like=liked, relevance=relevance, size=40)
        return [p["id"] for p in answer["products"]]

    by_relevance = [p["id"] for p in search(web, q="dress", sort="relevance", size=41)["products"] if p["id"] != liked]
    assert ids(0) != ids(1)
    assert ids(1) == by_relevance[:40]
    assert ids(0.5) not in (ids(0), ids(1))


def test_rescore_reranks_the_first_hits_by_relevance(web: FlaskClient, products: dict[str, Any]) -> None:
    [liked] = _of(products, "Dresses", 1)
    first = search(web, q="dress", like=liked, strategy="rescore", size=20)
    second = search(web, q="dress", like=liked, strategy="rescore", size=20, cursor=first["next_cursor"])
    assert first["plan"] == {**first["plan"], "strategy": "rescore", "reason": "relevance first was asked for"}
    similarities = [p["similarity"] for p in first["products"] + second["products"]]
    assert similarities == sorted(similarities, reverse=True)
    assert not {p["id"] for p in first["products"]} & {p["id"] for p in second["products"]}


@pytest.mark.parametrize("mode", ["blend", "any", "auto"])
def test_neighbours_agree_with_the_exact_order(shop: Shop, products: dict[str, Any], mode: Any) -> None:
    liked = _of(products, "Dresses", 1) + _of(products, "Laptops", 1)
    anchors = [Anchor(i, vector(products[i]["vector"])) for i in liked]
    matching = queries.browse(None, Filters(in_stock=True))

    def page(plan: Plan) -> results.Result:
        parts = queries.sort_by_similar(matching, anchors, mode=mode, plan=plan)
        request = queries.search_page(parts, page=queries.Page(60), counted=False)
        return results.read(shop.client.search(index=shop.alias, body=request).body)

    exact, knn = page(queries.EXACT), page(Plan("knn", "", k=60, num_candidates=200, oversample=3))
    assert len(knn.hits) == len(exact.hits) == 60
    # By score: where two products are equally near, the ways may differ in who comes first.
    scores = {h.product["id"]: h.score for h in exact.hits}
    for a, b in zip(knn.hits[:24], exact.hits[:24], strict=True):
        assert knn_similarity(a.score or 0) == pytest.approx(b.score, abs=1e-4)
        assert scores[a.product["id"]] == pytest.approx(b.score, abs=1e-4)


def test_the_planner_chooses_knn_when_many_match(
    web: FlaskClient, products: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # So wide that quantization, which is coarse for few products, keeps none from being compared exactly.
    few = planner.Thresholds(exact_matches=20, knn_depth=40, oversample=PRODUCTS / 40)
    monkeypatch.setattr(planner.plan, "__kwdefaults__", {**planner.plan.__kwdefaults__, "thresholds": few})  # type: ignore[dict-item]
    monkeypatch.setattr(planner, "Thresholds", lambda: few)
    [liked] = _of(products, "Dresses", 1)
    first = search(web, like=liked, size=30)
    assert first["plan"]["strategy"] == "knn"
    assert "found by kNN" in first["plan"]["reason"]
    second = search(web, like=liked, size=30, cursor=first["next_cursor"])
    assert second["plan"]["strategy"] == "exact"
    assert "beyond the nearest 40" in second["plan"]["reason"]
    similar = [p["similarity"] for p in first["products"] + second["products"]]
    assert similar == sorted(similar, reverse=True)


def test_facets_ignore_their_own_filter(web: FlaskClient) -> None:
    free = search(web, category="Dresses", size=1)["facets"]
    red = search(web, category="Dresses", filter="pattern:floral", size=1)
    assert red["facets"]["attributes"]["pattern"] == free["attributes"]["pattern"]
    floral = next(v["count"] for v in free["attributes"]["pattern"] if v["value"] == "floral")
    assert red["total"]["value"] == floral
    colors = sum(v["count"] for v in red["facets"]["attributes"]["color"])
    assert colors <= floral
    both = search(web, category="Dresses", filter=["pattern:floral", "pattern:solid"], size=1)
    assert both["total"]["value"] > floral
    assert search(web, category="Dresses", price_max=60, size=1)["facets"]["price"] == free["price"]


def test_facets_within_similarity_leave_the_anchors_out(web: FlaskClient, products: dict[str, Any]) -> None:
    liked = next(i for i in _of(products, "Dresses", 90) if products[i]["attributes"].get("pattern") == "floral")
    free = search(web, category="Dresses", size=1)["facets"]["attributes"]["pattern"]
    similar = search(web, category="Dresses", filter="pattern:floral", like=liked, size=1)
    counts = {v["value"]: v["count"] for v in similar["facets"]["attributes"]["pattern"]}
    assert counts["floral"] == {v["value"]: v["count"] for v in free}["floral"] - 1 == similar["total"]["value"]


def test_similar_but(web: FlaskClient, products: dict[str, Any]) -> None:
    liked = max(_of(products, "Dresses", 99), key=lambda i: products[i]["price"] or 0)
    price, brand = products[liked]["price"], products[liked]["brand"]
    cheaper = search(web, like=liked, but=["cheaper", "in_stock", "other_brand"], size=100)
    assert 0 < cheaper["total"]["value"] < PRODUCTS
    for product in cheaper["products"]:
        assert product["price"] < price
        assert product["in_stock"]
        assert product["brand"] != brand


def test_variants_are_one_card_and_pages_are_full(web: FlaskClient, products: dict[str, Any]) -> None:
    styles = {p["style"] for p in products.values()}
    assert len(styles) < PRODUCTS
    [liked] = _of(products, "Dresses", 1)
    for arguments in ({"like": liked}, {"sort": "price"}, {}):
        first = search(web, group="true", size=20, **arguments)
        assert len(first["products"]) == 20
        walked = [products[p["id"]]["style"] for p in walk(web, group="true", size=20, **arguments)]
        assert len(walked) == len(set(walked)) == first["total"]["value"]
        left_out = {products[liked]["style"]} if "like" in arguments else set()
        assert styles - left_out <= set(walked) <= styles
    assert web.get("/api/search?group=true&strategy=rescore").status_code == 400


def test_diversity_changes_the_first_pages_and_loses_nothing(web: FlaskClient, products: dict[str, Any]) -> None:
    [liked] = _of(products, "TVs", 1)
    plain = [p["id"] for p in walk(web, like=liked, size=20)]
    diverse = [p["id"] for p in walk(web, like=liked, size=20, diversity=0.5)]
    assert plain[0] == diverse[0]
    assert plain[:20] != diverse[:20]
    assert sorted(plain) == sorted(diverse)
    assert plain[100:] == diverse[100:]

    def likeness(ids: list[str]) -> float:
        """Return the mean similarity of the products to each other."""
        vectors = np.stack([vector(products[i]["vector"]) for i in ids])
        return float((vectors @ vectors.T).mean())

    assert likeness(diverse[:20]) < likeness(plain[:20])


def test_reasons_explain_the_similarity(web: FlaskClient, products: dict[str, Any]) -> None:
    liked = _of(products, "Dresses", 2)
    answer = search(web, like=liked, mode="any", explain="true", size=5)
    for product in answer["products"]:
        why = product["why"]
        assert set(why["aspects"]) == set(LAYOUT.names)
        assert (1 + sum(why["aspects"].values())) / 2 == pytest.approx(product["similarity"], abs=1e-3)
        assert max(why["anchors"].values()) == pytest.approx(product["similarity"], abs=1e-3)
        assert set(why["anchors"]) == set(liked)
    assert any(product["why"]["shared"] for product in answer["products"])


@pytest.fixture
def calibrated(shop: Shop) -> Iterator[FlaskClient]:
    """Return the shop with a calibration fitted to the rendered catalogue's truth; remove it afterwards."""
    fitted = calibrate(shop.index, list(judge(read_truth(shop.catalogue.parent / "truth.jsonl"))))
    assert fitted.matches > 100
    yield create_app(shop.settings).test_client()
    shop.client.indices.put_mapping(index=shop.alias, meta=meta(shop.index.space()))


def test_the_match_is_calibrated_and_has_a_minimum(calibrated: FlaskClient, products: dict[str, Any]) -> None:
    [liked] = _of(products, "Dresses", 1)
    answer = search(calibrated, like=liked, size=100)
    matches = [p["match"] for p in answer["products"]]
    assert matches == sorted(matches, reverse=True)
    assert matches[0] > 60 > matches[-1]
    close = search(calibrated, like=liked, min_match=60, size=100)
    assert close["total"]["value"] == len(close["products"]) < answer["total"]["value"]
    assert all(p["match"] >= 60 for p in close["products"])
    assert sum(v["count"] for v in close["facets"]["category"] if "/" not in v["value"]) == close["total"]["value"]
    [laptop] = _of(products, "Laptops", 1)
    none = search(calibrated, like=laptop, category="Dresses", min_match=95)
    assert none["total"]["value"] == 0
    assert "no close matches" in none["warnings"][0]
    assert calibrated.get("/api/search?min_match=50&relevance=0.5&like=x").status_code == 400
