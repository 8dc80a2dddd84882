"""Searches against a real Elasticsearch with real vectors."""

import io
import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from indexer.elastic.client import vector
from tests.conftest import PRODUCTS, Shop
from tests.live.shopping import get, search, walk
from webapp.api.models import ProductAnswer


def _catalogue(shop: Shop) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shop.catalogue.read_text().splitlines()]


def test_every_product_is_found_and_counted(web: FlaskClient, shop: Shop) -> None:
    answer = search(web, size=3)
    assert answer["total"] == {"value": PRODUCTS, "relation": "eq"}
    assert len(answer["products"]) == 3
    by_category = {v["value"]: v["count"] for v in answer["facets"]["category"]}
    for top in {p["category"][0] for p in _catalogue(shop)}:
        assert by_category[top] == sum(p["category"][0] == top for p in _catalogue(shop))
    assert answer["facets"]["in_stock"] == sum(p["in_stock"] for p in _catalogue(shop))


def test_keywords_find_what_they_name(web: FlaskClient) -> None:
    answer = search(web, q="midi dresses")
    assert answer["total"]["value"]
    assert all("Dresses" in p["category"] for p in answer["products"])
    assert answer["plan"]["strategy"] == "keywords"


@pytest.mark.parametrize(
    "q", ['"', "((", "+-", "title:*", "* OR 1", "dress AND NOT", "\\", "/re.*/", "~5", "a" * 200, "<b>"]
)
def test_the_search_box_takes_words_as_words(web: FlaskClient, q: str) -> None:
    assert search(web, q=q)["total"]["relation"] == "eq"


def test_filters_and_facets_count_all_matches(web: FlaskClient, shop: Shop) -> None:
    expected = [
        p for p in _catalogue(shop)
        if p["category"][0] == "Dresses" and p["attributes"].get("pattern") == "solid" and p.get("price", 0) <= 150
    ]  # fmt: skip
    answer = search(web, category="Dresses", filter="pattern:solid", price_max=150, size=1)
    assert answer["total"]["value"] == len(expected) > 1
    colors = {v["value"]: v["count"] for v in answer["facets"]["attributes"]["color"]}
    assert sum(colors.values()) == sum("color" in p["attributes"] for p in expected)
    assert answer["facets"]["price"][1] > 150  # the span to choose from, whatever is chosen


@pytest.mark.parametrize("sort", ["price", "-price"])
def test_sorted_by_price(web: FlaskClient, sort: str) -> None:
    prices = [p["price"] for p in walk(web, sort=sort, size=50) if p["price"] is not None]
    assert prices == sorted(prices, reverse=sort == "-price")


def test_sorted_by_similarity_as_numpy_sorts(web: FlaskClient, shop: Shop) -> None:
    liked = search(web, category="Dresses", size=1)["products"][0]["id"]
    ids = [p["id"] for p in _catalogue(shop)]
    vectors = {i: vector(s["vector"]) for i, s in shop.index.products(ids).items()}
    query = LAYOUT.weigh(vectors[liked], DEFAULT_WEIGHTS)
    scores = {i: (1 + float(query @ v)) / 2 for i, v in vectors.items() if i != liked}

    listed = walk(web, like=liked, size=50)
    assert {p["id"] for p in listed} == set(scores)
    np.testing.assert_allclose([p["similarity"] for p in listed], sorted(scores.values(), reverse=True), atol=2e-4)
    for product in listed:
        assert product["similarity"] == pytest.approx(scores[product["id"]], abs=2e-4)


def test_the_order_of_similarity_keeps_the_whole_filtered_result(web: FlaskClient) -> None:
    liked = search(web, category="Dresses", size=1)["products"][0]["id"]
    plain = search(web, category="Dresses", in_stock="true", size=1)
    similar = search(web, category="Dresses", in_stock="true", like=liked, size=1)
    was_in_it = any(p["id"] == liked for p in walk(web, category="Dresses", in_stock="true", size=100))
    assert similar["total"]["value"] == plain["total"]["value"] - was_in_it
    assert similar["plan"]["strategy"] == "exact"


def test_modes_score_by_the_blend_the_least_and_the_most_similar(web: FlaskClient) -> None:
    one, two = (search(web, category=c, size=1)["products"][0]["id"] for c in ("Dresses", "Laptops"))

    def scores(**arguments: Any) -> dict[str, float]:
        return {p["id"]: p["similarity"] for p in walk(web, size=100, **arguments)}

    to_one, to_two = scores(like=one), scores(like=two)
    for product_id, score in scores(like=[one, two], mode="every").items():
        assert score == pytest.approx(min(to_one[product_id], to_two[product_id]), abs=2e-4)
    for product_id, score in scores(like=[one, two], mode="any").items():
        assert min(abs(score - to_one[product_id]), abs(score - to_two[product_id])) < 2e-4
    blended = scores(like=[one, two])
    assert set(blended) == set(to_one) - {two}


def test_weights_choose_the_aspect(web: FlaskClient) -> None:
    liked = search(web, category="Dresses", size=1)["products"][0]["id"]
    by_look = search(web, like=liked, weight=["look:1", "color:0"], size=50)["products"]
    by_color = search(web, like=liked, weight=["look:0", "color:1"], size=50)["products"]
    assert [p["id"] for p in by_look] != [p["id"] for p in by_color]


def test_more_like_this(web: FlaskClient) -> None:
    liked = search(web, category="TVs", size=1)["products"][0]["id"]
    answer = get(web, f"/api/products/{liked}/similar", category="TVs", size=5)
    assert liked not in [p["id"] for p in answer["products"]]
    assert all(p["category"][0] == "TVs" for p in answer["products"])
    assert get(web, f"/api/products/{liked}")["id"] == liked


def test_the_api_shows_of_a_product_what_shoppers_may_know(web: FlaskClient, shop: Shop) -> None:
    product_id = search(web, category="Dresses", size=1)["products"][0]["id"]
    answer = web.get(f"/api/products/{product_id}")
    assert set(answer.get_json()) == set(ProductAnswer.model_fields)
    assert "file:" not in answer.text
    stored = shop.index.products([product_id])[product_id]
    assert stored["embedding"]["image_digest"] not in answer.text
    product = answer.get_json()
    assert (product["title"], product["price"]) == (stored["title"], stored["price"])
    assert product["attributes"]["color"] == stored["attributes"]["color"]
    assert [web.get(address).status_code for address in product["pictures"]] == [200] * len(stored["images"])


def test_similar_products_look_similar(web: FlaskClient, shop: Shop) -> None:
    """Check that neighbours nearly always share the kind, which a broken CNN or mixed-up vectors would not do."""
    kinds = {p["id"]: p["category"][0] for p in _catalogue(shop)}
    share = []
    for product_id in list(kinds)[::12]:
        similar = search(web, like=product_id, size=5)["products"]
        share += [kinds[p["id"]] == kinds[product_id] for p in similar]
    assert np.mean(share) > 0.95


def test_pages_have_neither_gap_nor_overlap(web: FlaskClient) -> None:
    liked = search(web, size=1)["products"][0]["id"]
    for arguments in ({"like": liked}, {"sort": "price"}, {"sort": "newest"}, {}):
        ids = [p["id"] for p in walk(web, size=17, **arguments)]
        assert len(ids) == len(set(ids)) == PRODUCTS - ("like" in arguments)


def test_a_cursor_is_valid_only_for_its_own_listing(web: FlaskClient) -> None:
    cursor = search(web, size=5)["next_cursor"]
    assert web.get("/api/search", query_string={"cursor": cursor, "q": "dress"}).status_code == 400
    assert web.get("/api/search", query_string={"cursor": cursor[:-2] + "xx"}).status_code == 400


def test_a_missing_anchor_is_named_and_the_others_are_used(web: FlaskClient) -> None:
    liked = search(web, size=1)["products"][0]["id"]
    answer = search(web, like=[liked, "nothing"])
    assert answer["plan"]["strategy"] == "exact"
    assert answer["warnings"] == ["There is no product 'nothing'."]
    alone = search(web, like="nothing")
    assert alone["plan"]["strategy"] == "keywords"
    assert alone["total"]["value"] == PRODUCTS
    assert len(alone["warnings"]) == 2


def test_a_category_without_products_is_named(web: FlaskClient) -> None:
    assert search(web, category="Nope", q="dress")["warnings"] == ["There is no category “Nope”."]
    assert "There is no category “Nope”." in web.get("/search?category=Nope").text
    assert search(web, category="Dresses", q="laptop", verbatim="true")["warnings"] == []


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/api/search?sort=beauty", 400, "sort"),
        ("/api/search?filter=nose:long", 400, "nose"),
        ("/api/search?colour=red", 400, "colour"),
        ("/api/products/nothing", 404, "nothing"),
        ("/api/products/nothing/similar", 404, "nothing"),
        ("/api/nowhere", 404, "address"),
    ],
)
def test_errors_are_problem_details(web: FlaskClient, path: str, status: int, word: str) -> None:
    answer = web.get(path)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    problem = answer.get_json(force=True)
    assert problem["status"] == status
    assert word in problem["detail"]


def test_thumbnails(web: FlaskClient) -> None:
    url = search(web, size=1)["products"][0]["image"]
    answer = web.get(url)
    assert (answer.status_code, answer.content_type) == (200, "image/webp")
    assert "immutable" in answer.headers["Cache-Control"]
    assert web.get(url).data == answer.data
    smaller = web.get(url.replace(".webp", ""), headers={"Accept": "image/avif,image/webp"})
    assert (smaller.status_code, smaller.content_type) == (200, "image/avif")
    with Image.open(io.BytesIO(smaller.data)) as avif, Image.open(io.BytesIO(answer.data)) as webp:
        assert avif.size == webp.size
        assert np.abs(np.asarray(avif, float) - np.asarray(webp, float)).mean() < 8  # the same picture
    for bad in ("/pictures/nothing/480.webp", url.replace("480", "481")):
        assert (web.get(bad).status_code, web.get(bad).content_type) == (404, "image/svg+xml")


def test_words_on_the_front_page_are_searched_for(web: FlaskClient) -> None:
    liked = search(web, q="dress", size=1)["products"][0]["id"]
    page = web.get(f"/?q=dress&like={liked}", follow_redirects=True)
    assert page.request.path == "/search"
    assert (page.request.args["q"], page.request.args["like"]) == ("dress", liked)
