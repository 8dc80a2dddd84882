"""Each aspect alone, from the catalogue through the worker to the order of a listing."""

import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from es_mappings.product import LAYOUT
from indexer.elastic.client import vector
from tests.conftest import Shop
from tests.live.shopping import search, walk


def _alone(aspect: str) -> list[str]:
    return [f"{name}:{int(name == aspect)}" for name in LAYOUT.names]


@pytest.fixture(scope="module")
def parts(shop: Shop) -> dict[str, dict[str, Any]]:
    """Return each product's part of the vector, by aspect."""
    ids = [hit["_id"] for hit in shop.client.search(index=shop.alias, size=1_000, source=False)["hits"]["hits"]]
    stored = shop.index.products(ids)
    return {
        i: {a.name: vector(stored[i]["vector"])[a.part] for a in LAYOUT.aspects} for i in ids if "vector" in stored[i]
    }


@pytest.mark.parametrize("aspect", LAYOUT.names)
def test_each_aspect_alone_orders_by_that_aspect(web: FlaskClient, parts: dict[str, Any], aspect: str) -> None:
    liked = search(web, category="Dresses", size=1)["products"][0]["id"]
    listed = walk(web, like=liked, weight=_alone(aspect), size=100)
    cosines = {i: float(part[aspect] @ parts[liked][aspect]) for i, part in parts.items() if i != liked}
    expected = sorted(((1 + cosine) / 2 for cosine in cosines.values()), reverse=True)
    np.testing.assert_allclose([p["similarity"] for p in listed], expected, atol=2e-4)
    for product in listed:
        assert product["similarity"] == pytest.approx((1 + cosines[product["id"]]) / 2, abs=2e-4)


@pytest.mark.parametrize("aspect", ["look", "text", "attributes"])
def test_the_most_similar_products_are_of_the_same_kind(web: FlaskClient, aspect: str) -> None:
    for category in ("Dresses", "Toys", "Laptops", "TVs"):
        liked = search(web, category=category, size=1)["products"][0]["id"]
        first = search(web, like=liked, weight=_alone(aspect), size=5)["products"]
        assert [p["category"][0] for p in first].count(category) >= 4


def test_similar_attributes_rank_products_that_share_them_first(web: FlaskClient) -> None:
    liked = search(web, category="Dresses", size=1)["products"][0]["id"]

    def shared(aspect: str) -> float:
        answer = search(web, like=liked, category="Dresses", weight=_alone(aspect), explain="true", size=10)
        return float(np.mean([len(p["why"]["shared"]) for p in answer["products"]]))

    assert shared("attributes") > shared("color") + 1


def test_similar_but_in_another_colour(web: FlaskClient, shop: Shop) -> None:
    truth = [json.loads(line) for line in (shop.catalogue.parent / "truth.jsonl").read_text().splitlines()]
    colors = {p["id"]: p["attributes"].get("color") for p in truth if p["kind"] == "dress"}
    for name in ("navy", "emerald", "mustard"):
        liked = next(i for i, color in colors.items() if color == "burgundy")
        expected = {i for i, color in colors.items() if color == name}
        plain = search(web, like=liked, size=len(expected))["products"]
        other = search(web, like=liked, but=f"in_color:{name}", size=len(expected))["products"]
        assert len(expected & {p["id"] for p in other}) > len(expected & {p["id"] for p in plain})
        assert other[0]["id"] in colors, "still a dress"
    code = search(web, like=liked, but="color:#232f4d", size=10)
    assert code["total"]["value"] == search(web, like=liked)["total"]["value"], "not labelled: compared by the pictures"
    assert [colors.get(p["id"]) for p in code["products"]].count("navy") >= 2
    answer = web.get("/api/search", query_string={"like": liked, "but": "in_color:blurple"})
    assert answer.status_code == 400
    assert "no colour" in answer.get_json(force=True)["detail"]


def test_similar_but_with_another_value_of_an_attribute(web: FlaskClient) -> None:
    liked = search(web, category="Dresses", filter="sleeve:sleeveless", size=1)["products"][0]["id"]
    answer = search(web, like=liked, but="sleeve:long", explain="true", size=5)
    long = {p["id"] for p in search(web, filter="sleeve:long", size=100)["products"]}
    assert answer["total"]["value"] == len(long)
    assert {p["id"] for p in answer["products"]} <= long
    assert all(p["why"]["exchanged"] == ["sleeve:long"] for p in answer["products"])
    aspects = [sum(p["why"]["aspects"].values()) for p in answer["products"]]
    assert aspects == sorted(aspects, reverse=True)
    none = search(web, like=liked, but="sleeve:trailing")
    assert not none["products"]
    assert none["warnings"][0] == "No product here has sleeve: trailing."
