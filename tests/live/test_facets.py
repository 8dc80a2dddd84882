"""Facets of numbers, and of attributes named like a field, in a shop without vectors."""

import html
import json
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk
from flask.testing import FlaskClient

from es_mappings import product
from es_mappings.attributes import attribute_pairs
from es_mappings.facets import attribute_numbers
from indexer.catalog import documents
from indexer.catalog.events import parse_event, parse_line
from indexer.catalog.products import parse_product
from indexer.checks.checking import check
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from search.cursors import Cursors
from search.navigation import Navigation
from search.parameters import SearchParameters
from tests.live.shopping import search
from webapp import create_app

MORE = [
    {"id": "ba-1", "title": "Gadget one", "brand": "Acme", "attributes": {"brand": "Sub A", "color": "red"}},
    {"id": "ba-2", "title": "Gadget two", "brand": "Acme", "attributes": {"brand": "Sub B", "color": "blue"}},
    {"id": "ba-3", "title": "Gadget three", "brand": "Zeta", "attributes": {"brand": "Sub B", "color": "blue"}},
    {"id": "text-1", "title": "Panel", "category": ["TVs"], "attributes": {"screen_size_in": "49.5"}},
    {"id": "text-2", "title": "Panel", "category": ["TVs"], "attributes": {"screen_size_in": "large"}},
]


def _index(client: Elasticsearch, settings: Settings, lines: list[Any], mapping: dict[str, Any]) -> Settings:
    alias = f"{settings.index_name}-facets-{secrets.token_hex(4)}"
    aliases = {alias: {"is_write_index": True, "filter": product.ALIVE}}
    client.indices.create(index=f"{alias}-1", mappings=mapping, settings=product.settings(), aliases=aliases)
    bulk(client, [documents.write(alias, parse_line(line)) for line in lines], refresh=True)
    return settings.model_copy(update={"index_name": alias})


@pytest.fixture(scope="module")
def lines(catalogue: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in catalogue.read_text().splitlines()] + MORE


@pytest.fixture(scope="module")
def known(client: Elasticsearch, settings: Settings, lines: list[dict[str, Any]]) -> Settings:
    return _index(client, settings, lines, product.mapping(None))


@pytest.fixture
def web(known: Settings) -> FlaskClient:
    return create_app(known).test_client()


def _sizes(lines: list[dict[str, Any]], holds: Callable[[float], bool]) -> set[str]:
    """Return the TVs whose size passes a test; the size of one is text."""
    sizes = {p["id"]: p["attributes"].get("screen_size_in") for p in lines if "TVs" in p.get("category", [])}
    return {i for i, size in sizes.items() if size not in {None, "large"} and holds(float(size))}


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        (["screen_size_in:40..55"], lambda size: 40 <= size <= 55),
        (["screen_size_in:49.5..49.5"], lambda size: size == 49.5),
        (["screen_size_in:55.."], lambda size: size >= 55),
        (["screen_size_in:..40"], lambda size: size <= 40),
        (["screen_size_in:..32", "attribute.screen_size_in:75.."], lambda size: size <= 32 or size >= 75),
        (["screen_size_in:55"], lambda size: size == 55),
        (["screen_size_in:55", "screen_size_in:..32"], lambda size: size == 55 or size <= 32),
    ],
)
def test_a_range_keeps_the_products_within_it(
    web: FlaskClient, lines: list[dict[str, Any]], filters: list[str], holds: Callable[[float], bool]
) -> None:
    expected = _sizes(lines, holds)
    answer = search(web, category="TVs", filter=filters, size=100)
    assert {p["id"] for p in answer["products"]} == expected
    assert 0 < answer["total"]["value"] == len(expected) < len(_sizes(lines, lambda _: True))


def test_a_range_facet_counts_without_its_own_filter_and_within_the_others(
    web: FlaskClient, lines: list[dict[str, Any]]
) -> None:
    def span(category: str, name: str) -> dict[str, float]:
        values = [p["attributes"][name] for p in lines if category in p.get("category", []) and name in p["attributes"]]
        numbers = [float(size) for size in values if size != "large"]
        return {"min": min(numbers), "max": max(numbers)}

    ranges = search(web, category="TVs", size=1)["facets"]["ranges"]
    assert set(ranges) == {"screen_size_in", "refresh_rate_hz"}
    narrowed = search(web, category="TVs", filter=["screen_size_in:40..50", "refresh_rate_hz:60"], size=100)
    chosen = [p for p in lines if p["id"] in {found["id"] for found in narrowed["products"]}]
    assert {float(p["attributes"]["screen_size_in"]) for p in chosen} <= {40.0, 43.0, 50.0}
    assert ranges["screen_size_in"] == span("TVs", "screen_size_in")
    alone = search(web, category="TVs", filter="screen_size_in:40..50", size=1)["facets"]
    assert alone["ranges"]["screen_size_in"] == ranges["screen_size_in"]
    assert {v["value"] for v in alone["attributes"]["screen_size_in"]} >= {"24", "49.5", "55", "large"}
    laptops = search(web, category="Laptops", size=1)["facets"]["ranges"]
    assert laptops["weight_kg"] == span("Laptops", "weight_kg")


@pytest.mark.parametrize("value", ["40..wide", "..", "55..40", "a..b"])
def test_a_malformed_range_is_named(web: FlaskClient, value: str) -> None:
    answer = web.get("/api/search", query_string={"filter": f"screen_size_in:{value}"})
    assert answer.status_code == 400
    problem = answer.get_json(force=True)
    assert problem["parameter"] == "filter"
    assert repr(value) in problem["detail"]


def test_pages_show_a_slider_and_keep_it_in_every_link(web: FlaskClient) -> None:
    page = web.get("/search?category=TVs&filter=screen_size_in:40..55&filter=panel_type:LED").text
    form = re.search(r'<form class="facet".{,200}Screen size \(in\)</legend>.*?</form>', page, re.DOTALL)
    assert form
    assert re.search(r'name="min-screen_size_in"[^>]* value="40"', form[0])
    assert re.search(r'name="max-screen_size_in"[^>]* value="55"', form[0])
    assert re.search(r'<input type="range" min="\d+" max="\d+" step="0.1" value="40"', form[0])
    assert re.search(r'<input type="range" min="\d+" max="\d+" step="0.1" value="55"', form[0])
    assert 'name="filter" value="panel_type:LED"' in form[0]
    assert "screen_size_in:40" not in form[0]  # the form's own fields hold it
    links = re.findall(r'<a class="choice"[^>]* href="([^"]+)"', page.partition('aria-label="Filters"')[2])
    facets = [html.unescape(link) for link in links]
    assert len(facets) > 10
    assert all("filter=screen_size_in:40..55" in link or "screen_size_in%3A40..55" in link for link in facets)
    assert re.search(r'aria-label="Remove filter: Screen size \(in\): 40 to 55"', page)
    assert 'facet:screen_size_in"' not in page  # not a list of values


def test_a_form_without_script_filters_by_both_ends_or_one(web: FlaskClient, lines: list[dict[str, Any]]) -> None:
    def total(query: str) -> int:
        match = re.search(r'<span class="total">([\d,]+)</span>', web.get(f"/search?category=TVs&{query}").text)
        assert match
        return int(match[1])

    assert total("min-screen_size_in=40&max-screen_size_in=55") == len(_sizes(lines, lambda s: 40 <= s <= 55))
    assert total("min-screen_size_in=65&max-screen_size_in=") == len(_sizes(lines, lambda s: s >= 65))
    everything = total("")
    assert total("min-screen_size_in=&max-screen_size_in=") == everything
    assert total("min-nothing=40&utm_source=x") == everything
    assert web.get("/search?min-screen_size_in=wide").status_code == 400


def test_an_attribute_called_brand_stays_apart_from_the_brand(web: FlaskClient) -> None:
    facets = search(web, q="gadget")["facets"]
    assert {v["value"]: v["count"] for v in facets["brand"]} == {"Acme": 2, "Zeta": 1}
    assert {v["value"]: v["count"] for v in facets["attributes"]["brand"]} == {"Sub A": 1, "Sub B": 2}
    for filters, ids in (
        ("brand:Acme", {"ba-1", "ba-2"}),
        ("attribute.brand:Sub B", {"ba-2", "ba-3"}),
        (["attribute.brand:Sub B", "brand:Acme"], {"ba-2"}),
        ("attribute.color:blue", {"ba-2", "ba-3"}),
    ):
        assert {p["id"] for p in search(web, q="gadget", filter=filters)["products"]} == ids, filters
    narrowed = search(web, q="gadget", filter="attribute.brand:Sub A")["facets"]
    assert {v["value"] for v in narrowed["attributes"]["brand"]} == {"Sub A", "Sub B"}
    assert {v["value"] for v in narrowed["brand"]} == {"Acme"}


def test_every_value_of_a_facet_leads_to_as_many_products_as_it_counts(web: FlaskClient) -> None:
    page = web.get("/search?q=gadget").text
    choice = re.compile(
        r'<a class="choice[^"]*" href="([^"]+)"[^>]* data-key="([^"]+)">.*?<span class="count">(\d+)</span>', re.DOTALL
    )
    followed = {}
    for link, key, count in choice.findall(page.partition('aria-label="Filters"')[2]):
        match = re.search(r'<span class="total">(\d+)</span>', web.get(html.unescape(link)).text)
        assert match, key
        assert int(match[1]) == int(count), key
        followed[html.unescape(key)] = int(count)
    assert followed["brand:Acme"] == 2
    assert followed["attribute.brand:Sub B"] == 2
    assert followed["color:blue"] == 2
    assert "Brand (attribute)" in page


@pytest.mark.parametrize(
    "narrowed",
    [
        {},
        {"q": "gadget"},
        {"q": "gadget", "filter": ("color:blue",)},
        {"filter": ("color:red", "brand:Acme")},
        {"category": "TVs", "filter": ("screen_size_in:40..55",), "price_max": 900.0},
        {"category": "TVs", "in_stock": True},
    ],
)
def test_hidden_products_are_taken_off_the_counts_as_elasticsearch_would(
    known: Settings, lines: list[dict[str, Any]], narrowed: dict[str, Any]
) -> None:
    navigation = Navigation(ProductIndex.open(known), Cursors("a key for the cursors of a test"))
    hidden = [line["id"] for line in lines[::7]] + ["ba-2", "nobody"]
    mine, theirs = (  # variants that are grouped are counted by Elasticsearch alone
        navigation.listing(SearchParameters(**narrowed, group=group), hidden).result for group in (False, True)
    )
    assert mine.facets
    assert theirs.facets
    assert mine.facets.flags == theirs.facets.flags
    for name, values in theirs.facets.terms.items():
        assert set(mine.facets.terms[name]) == set(values), name
    assert {n: set(v) for n, v in mine.facets.attributes.items()} == {
        n: set(v) for n, v in theirs.facets.attributes.items()
    }
    everything = navigation.listing(SearchParameters(**narrowed)).result
    assert mine.facets != everything.facets


def test_numbers_follow_the_effective_attributes(client: Elasticsearch, known: Settings) -> None:
    """Check that predicted values count like catalogue values, and stay as long as the product does."""

    def found() -> set[str]:
        client.indices.refresh(index=alias)
        web = create_app(known).test_client()  # which has opened no snapshot yet
        return {p["id"] for p in search(web, q="predicted", filter="weight_kg:2..3")["products"]}

    alias, own = known.index_name, parse_product({"id": "predicted", "title": "Predicted laptop", "version": 1})
    bulk(client, [documents.upsert(alias, own)])
    assert found() == set()
    effective = {"weight_kg": "2.5", "color": "red"}
    filled = {
        "effective": effective,
        "facets": attribute_pairs(effective),
        "numbers": attribute_numbers(effective),
        "attribution": {"model": "m", "source": documents.source_digest(own), "least": 0.7},
    }
    bulk(client, [documents.attributed(alias, own.id, documents.source_digest(own), filled)])
    assert found() == {"predicted"}
    bulk(client, [documents.upsert(alias, own.model_copy(update={"version": 2, "price": 5.0}))])
    assert found() == {"predicted"}
    event = {"type": "update", "id": own.id, "version": 3, "fields": {"attributes": {"weight_kg": 1}}}
    bulk(client, [documents.write(alias, parse_event(event))])
    assert found() == set()


def test_an_index_of_an_older_mapping_works_without_ranges(
    client: Elasticsearch, settings: Settings, lines: list[dict[str, Any]]
) -> None:
    older = product.mapping(None)
    del older["properties"]["numbers"]
    old = _index(client, settings, lines, older)
    web = create_app(old).test_client()
    answer = search(web, category="TVs", filter="screen_size_in:55", size=100)
    assert {p["id"] for p in answer["products"]} == _sizes(lines, lambda size: size == 55)
    assert answer["facets"]["ranges"] == {}
    assert {v["value"] for v in answer["facets"]["attributes"]["screen_size_in"]} >= {"24", "55"}
    page = web.get("/search?category=TVs").text
    assert 'facet:screen_size_in"' in page
    assert "min-screen_size_in" not in page
    [finding] = check(ProductIndex(client, old.index_name))
    assert finding.place == f"{old.index_name}-1, field numbers"
    assert (finding.needs, "additive" in finding.problem) == ("reload", True)
