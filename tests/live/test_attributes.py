"""Predicted and disputed attributes, on a copy of the shop."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from elasticsearch.helpers import scan
from flask.testing import FlaskClient

from indexer.activations.activation_store import ActivationStore
from indexer.attribution import decisions, duplicates
from indexer.attribution.patches import patches
from indexer.attribution.training import FittedCategory, fit_attribution, unseen
from indexer.catalog.events import Upsert
from indexer.catalog.products import parse_product
from indexer.elastic import loading
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.pipeline import Pipeline
from indexer.images.fetching import ImageSource
from indexer.vectorizers import Vectorizers, load_vectorizers
from tests.conftest import Shop
from tests.forms import csrf_token
from webapp import create_app


@pytest.fixture(scope="module")
def vectorizers(shop: Shop) -> Vectorizers:
    return load_vectorizers(shop.settings)


@pytest.fixture(scope="module")
def copy(shop: Shop) -> Shop:
    """Return a shop with the same products and activations, which the tests of this file may change."""
    alias = f"{shop.alias}-attributes"
    index = ProductIndex(shop.client, alias)
    index.ensure()
    space = shop.index.space()
    assert space
    index.stamp_space(space)
    stores = shop.client.indices.get(index=f"{shop.alias}-images-*,{shop.alias}-texts-*").body
    for name, store in stores.items():
        copy_name = alias + name.removeprefix(shop.alias)
        shop.client.indices.create(index=copy_name, mappings=store["mappings"])
        shop.client.reindex(source={"index": name}, dest={"index": copy_name}, refresh=True)
    shop.client.reindex(source={"index": f"{shop.alias}-spaces"}, dest={"index": f"{alias}-spaces"}, refresh=True)
    shop.client.reindex(source={"index": shop.alias}, dest={"index": index.live()}, refresh=True)
    return replace(shop, settings=shop.settings.model_copy(update={"index_name": alias}))


@pytest.fixture(scope="module")
def learnt(copy: Shop, vectorizers: Vectorizers) -> list[FittedCategory]:
    return list(fit_attribution(copy.index, vectorizers.all_images))


@pytest.fixture
def staff(copy: Shop) -> FlaskClient:
    web = create_app(copy.settings).test_client()
    assert copy.settings.staff
    name, password = copy.settings.staff.get_secret_value().split(",")[0].split(":")
    _post(web, "/staff/login", "/staff/login", name=name, password=password)
    return web


def _post(web: FlaskClient, seen_on: str, path: str, **fields: object) -> None:
    token = csrf_token(web.get(seen_on).text)
    answer = web.post(path, data={"csrf_token": token, **fields})
    assert answer.status_code == 303, answer.text


def _products(shop: Shop) -> dict[str, dict[str, Any]]:
    shop.index.refresh()
    return {hit["_id"]: hit["_source"] for hit in scan(shop.client, index=shop.alias)}


def test_missing_values_are_filled_and_catalogue_values_stay(
    shop: Shop, copy: Shop, learnt: list[FittedCategory]
) -> None:
    before, after = _products(shop), _products(copy)
    assert sum(one.written for one in learnt) == len(after) == len(before)
    filled = 0
    for product_id, product in after.items():
        assert product["attributes"] == before[product_id]["attributes"]
        assert product["effective"].items() >= product["attributes"].items()
        new = product["effective"].keys() - product["attributes"].keys()
        filled += len(new)
        assert all(f"{name}:{_spoken(product['effective'][name])}" in product["facets"] for name in new)
    assert filled > 20


def _spoken(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_filters_use_predicted_values(copy: Shop, learnt: list[FittedCategory]) -> None:
    products = _products(copy)
    one = next(p for p in products.values() if p["effective"].keys() - p["attributes"].keys())
    name = min(one["effective"].keys() - one["attributes"].keys())
    web = create_app(copy.settings).test_client()
    refinement = f"{name}:{_spoken(one['effective'][name])}"
    answer = web.get(
        "/api/search", query_string={"filter": refinement, "size": 100, "category": one["category_path"][0]}
    )
    assert answer.json
    assert one["id"] in [p["id"] for p in answer.json["products"]]


def test_a_dispute_is_decided_once(copy: Shop, learnt: list[FittedCategory], staff: FlaskClient) -> None:
    page = staff.get("/lab/attributes").text
    [product_id] = set(re.findall(r'name="id" value="([^"]+)"', page))
    [name] = set(re.findall(r'name="name" value="([^"]+)"', page))
    before = _products(copy)[product_id]
    _post(staff, "/lab/attributes", "/lab/attributes", id=product_id, name=name, choice="accept")
    after = _products(copy)[product_id]
    assert after["attributes"] == before["attributes"]
    if name != "category":
        assert after["effective"][name] == before["predicted"][name]["value"]
    assert name not in after["disputes"]
    assert (product_id, name) in {(p.id, p.attribute) for p in patches(copy.index) if p.why == "decided"}
    decided = decisions.decided(copy.index, [product_id])[product_id][name]
    assert decided["value"] == before["predicted"][name]["value"]


def test_a_skipped_dispute_does_not_return_at_once(
    copy: Shop, learnt: list[FittedCategory], staff: FlaskClient
) -> None:
    def asked(page: str) -> tuple[str, str]:
        [product_id], [name] = (set(re.findall(rf'name="{field}" value="([^"]+)"', page)) for field in ("id", "name"))
        return product_id, name

    first = staff.get("/lab/attributes").text
    [later] = re.findall(r'href="([^"]+)"[^>]* data-skip', first)
    second = staff.get(html.unescape(later)).text
    assert asked(second)[0] != asked(first)[0]
    [place] = set(re.findall(r'name="after" value="([^"]+)"', second))
    product_id, name = asked(second)
    token = csrf_token(second)
    fields = {"csrf_token": token, "id": product_id, "name": name, "choice": "keep", "after": html.unescape(place)}
    third = staff.post("/lab/attributes", data=fields, follow_redirects=True).text
    assert "Disputed attributes" in third
    assert f'value="{asked(first)[0]}"' not in third
    last = staff.get("/lab/attributes", query_string={"after": '[0, 0.0, "~"]'}).text
    assert "Those left for later" in last


def test_bad_answers_are_refused(copy: Shop, learnt: list[FittedCategory], staff: FlaskClient) -> None:
    token = csrf_token(staff.get("/lab/attributes").text)
    product_id = next(iter(_products(copy)))
    for fields in ({"id": "no such"}, {"id": product_id, "name": "nothing"}, {"id": product_id, "name": "color"}):
        assert staff.post("/lab/attributes", data={"csrf_token": token, **fields}).status_code == 400
    for after in ("x", "[1]", '{"a": 1}'):
        assert staff.get("/lab/attributes", query_string={"after": after}).status_code == 400
    anybody = create_app(copy.settings).test_client()
    assert anybody.get("/lab/attributes").headers["Location"].startswith("/staff/login")


def test_a_fit_embeds_pictures_that_lack_activations(copy: Shop, vectorizers: Vectorizers) -> None:
    store = ActivationStore.open(copy.index, "images", vectorizers.all_images)
    products = _products(copy)
    product_id, product = next((i, p) for i, p in products.items() if p["embedding"].get("image_digest"))
    digest = product["embedding"]["image_digest"]
    before = store.get([digest])[digest]
    copy.client.delete(index=store.index, id=digest)
    [ids] = unseen(copy.index, vectorizers.all_images)
    assert product_id in ids
    Pipeline(copy.index, ImageSource.from_settings(copy.settings), vectorizers, 8).complete(ids)
    assert list(unseen(copy.index, vectorizers.all_images)) == []
    for aspect, row in store.get([digest])[digest].items():
        assert row == pytest.approx(before[aspect], abs=1e-3)
    assert _products(copy) == products


@pytest.fixture
def another(copy: Shop) -> Iterator[tuple[str, str]]:
    """Write a product that shares its picture with one of the shop's; return both ids."""
    [original] = copy.index.products([next(iter(_products(copy)))]).values()
    fields = {name: original[name] for name in ("title", "description", "category", "images")}
    loading.apply_events(copy.index, [Upsert(type="upsert", product=parse_product({"id": "another", **fields}))])
    yield "another", original["id"]
    copy.client.delete(index=copy.alias, id="another", refresh=True)


def test_embedding_predicts_attributes_and_duplicates_are_found(
    copy: Shop, learnt: list[FittedCategory], vectorizers: Vectorizers, another: tuple[str, str]
) -> None:
    product_id, original = another
    pipeline = Pipeline(copy.index, ImageSource.from_settings(copy.settings), vectorizers, 8)
    assert pipeline.vectorize([product_id]).written == [product_id]
    product = _products(copy)[product_id]
    assert product["attributes"] == {}
    assert product["effective"]
    assert set(product["effective"]) <= set(product["predicted"])
    assert any({product_id, original} <= set(group.ids) and group.same for group in duplicates.groups(copy.index))
