"""The recipes of docs/search-team.md, each carried out: what is edited, and the request or mapping that comes of it."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from elasticsearch.dsl import Keyword, Text, analyzer, token_filter

from es_mappings import (
    Anchor,
    Filters,
    Layout,
    anchors,
    browse,
    facets,
    planner,
    product,
    queries,
    scripts,
    search_page,
    sort_by_similar,
)
from es_mappings.aspect_weights import CategoryWeights
from indexer.catalog import documents
from indexer.catalog.products import Product

SMALL = Layout.of({"look": 2, "color": 2})
LIKED = Anchor("dress-1", np.array([1, 0, 0, 1], np.float32))
DISLIKED = Anchor("toy-1", np.array([0, 1, 0, 0], np.float32), weight=-1.0)


def _script(request: dict[str, Any]) -> dict[str, Any]:
    script: dict[str, Any] = request["query"]["script_score"]["script"]
    return script


def _analysed(**by: Any) -> type[product.Product]:
    """Make the product with all its text fields analysed another way: combined_fields wants them alike."""

    class Analysed(product.Product):
        title = Text(**by)
        description = Text(**by)
        category = Text(**by)
        brand = Keyword(ignore_above=256, fields={"text": Text(**by)})
        facets = Keyword(ignore_above=512, fields={"text": Text(**by)})

    return Analysed


def test_a_keyword_boost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "KEYWORD_FIELDS", ["title^6", "category^2", "brand.text^2", "facets.text"])
    assert browse("midi dress", Filters()) == {
        "bool": {
            "filter": [],
            "must": [
                {
                    "combined_fields": {
                        "query": "midi dress",
                        "fields": ["title^6", "category^2", "brand.text^2", "facets.text"],
                        "operator": "and",
                        "zero_terms_query": "all",
                    }
                }
            ],
        }
    }


def test_synonyms(monkeypatch: pytest.MonkeyPatch) -> None:
    synonyms = token_filter("shop_synonyms", type="synonym_graph", synonyms=["tv, television"])
    searched = analyzer("shop_search", tokenizer="standard", filter=[*product.shop_text.filter, synonyms])
    monkeypatch.setattr(product, "Product", _analysed(analyzer=product.shop_text, search_analyzer=searched))
    title = {"type": "text", "analyzer": "shop_text", "search_analyzer": "shop_search"}
    properties = product.mapping(None)["properties"]
    assert {name: properties[name] for name in ("title", "description", "category")} == {
        "title": title,
        "description": title,
        "category": title,
    }
    assert properties["brand"] == {"type": "keyword", "ignore_above": 256, "fields": {"text": title}}
    assert properties["facets"] == {"type": "keyword", "ignore_above": 512, "fields": {"text": title}}
    analysis = product.settings()["analysis"]
    assert analysis["analyzer"]["shop_search"] == {
        "type": "custom",
        "tokenizer": "standard",
        "filter": ["lowercase", "english_possessive", "asciifolding", "english_stem", "shop_synonyms"],
    }
    assert analysis["filter"]["shop_synonyms"] == {"type": "synonym_graph", "synonyms": ["tv, television"]}


def test_another_language(monkeypatch: pytest.MonkeyPatch) -> None:
    stem = token_filter("german_stem", type="stemmer", language="light_german")
    german = analyzer("shop_text", tokenizer="standard", filter=["lowercase", "german_normalization", stem])
    monkeypatch.setattr(product, "Product", _analysed(analyzer=german))
    assert product.settings()["analysis"] == {
        "analyzer": {
            "shop_text": {
                "type": "custom",
                "tokenizer": "standard",
                "filter": ["lowercase", "german_normalization", "german_stem"],
            }
        },
        "filter": {"german_stem": {"type": "stemmer", "language": "light_german"}},
    }


def test_an_aspect_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(product.DEFAULT_WEIGHTS, "look", 0.5)
    monkeypatch.setitem(product.DEFAULT_WEIGHTS, "color", 0.5)
    request = sort_by_similar({"match_all": {}}, [LIKED], layout=SMALL)
    assert _script(request)["params"] == {"query": [0.5, 0.0, 0.0, 0.5], "field": "vector"}


def test_aspect_weights_of_one_category() -> None:
    own = CategoryWeights().having("Laptops", {"look": 0.3, "color": 0.1})
    assert own.to_meta() == {"Laptops": {"look": 0.3, "color": 0.1}}
    found = own.of("Laptops/Gaming laptops")
    assert found is not None
    assert (found[0], found[1]["look"], found[1]["color"]) == ("Laptops", 0.3, 0.1)
    assert own.having("Laptops", None).of("Laptops") is None


def test_dislikes_that_count_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchors, "DISLIKE_SHARE", 0.75)
    request = sort_by_similar({"match_all": {}}, [LIKED, DISLIKED], weights={"look": 1}, layout=SMALL)
    assert _script(request)["params"] == {"query": [0.8, -0.6, 0.0, 0.0], "field": "vector"}


def test_the_score_script(monkeypatch: pytest.MonkeyPatch) -> None:
    before = "return Math.max(0.0, (1.0 + sign * best) / 2.0);"
    after = """double similarity = Math.max(0.0, (1.0 + sign * best) / 2.0);
boolean sold = doc['in_stock'].size() > 0 && doc['in_stock'].value == false;
return sold ? 0.5 * similarity : similarity;"""
    assert before in scripts.source("similarity")
    source = scripts.source("similarity").replace(before, after)
    monkeypatch.setattr(scripts, "source", lambda _: source)
    request = sort_by_similar({"match_all": {}}, [LIKED], weights={"look": 1, "color": 1}, layout=SMALL)
    assert request == {
        "query": {
            "script_score": {
                "query": {
                    "bool": {"must": [{"match_all": {}}], "must_not": [{"ids": {"values": ["dress-1"]}}]},
                },
                "script": {"source": source, "params": {"query": [0.5, 0.0, 0.0, 0.5], "field": "vector"}},
            }
        }
    }


def test_a_new_field(monkeypatch: pytest.MonkeyPatch) -> None:
    class Seasonal(product.Product):
        season = Keyword()

    @dataclass(frozen=True)
    class SeasonFilters(Filters):
        seasons: tuple[str, ...] = ()

        def clauses(self, without: str = "") -> list[dict[str, Any]]:
            return [*super().clauses(without), {"terms": {"season": list(self.seasons)}}]

    own_document, own_counts = documents.product_document, facets.aggregations
    season = {"terms": {"field": "season", "size": 20}}
    monkeypatch.setattr(product, "Product", Seasonal)
    monkeypatch.setattr(documents, "product_document", lambda p: own_document(p) | {"season": p.extra.get("season")})
    monkeypatch.setattr(facets, "aggregations", lambda *args: own_counts(*args) | {"season": season})

    assert product.mapping(None)["properties"]["season"] == {"type": "keyword"}
    sent = documents.upsert("products", Product.model_validate({"id": "1", "title": "Dress", "season": "spring"}))
    assert sent["script"]["params"]["product"]["season"] == "spring"
    query = browse(None, SeasonFilters(seasons=("spring",)))
    assert query == {"bool": {"filter": [{"terms": {"season": ["spring"]}}]}}
    assert search_page({"query": query}, facets=facets.aggregations())["aggs"]["season"] == season


def test_a_planner_threshold() -> None:
    lower = replace(planner.Thresholds(), exact_matches=3_000)
    assert planner.plan(matched=4_000, indexed=10_000).strategy == "exact"
    assert planner.plan(matched=4_000, indexed=10_000, thresholds=lower).to_dict() == {
        "strategy": "knn",
        "reason": "4,000 matches, 40% of all: the nearest 240 are found by kNN",
        "k": 240,
        "num_candidates": 240,
        "oversample": 1.5,
        "window": 0,
    }


def test_a_query_of_your_own() -> None:
    mine = {"multi_match": {"query": "sage", "fields": ["title", "facets.text"]}}
    assert sort_by_similar(query=mine, anchors=[LIKED], weights={"look": 1, "color": 1}, layout=SMALL) == {
        "query": {
            "script_score": {
                "query": {"bool": {"must": [mine], "must_not": [{"ids": {"values": ["dress-1"]}}]}},
                "script": {
                    "source": scripts.source("similarity"),
                    "params": {"query": [0.5, 0.0, 0.0, 0.5], "field": "vector"},
                },
            }
        }
    }


def test_every_recipe_has_its_test() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "search-team.md").read_text(encoding="utf-8")
    recipes = text.split("\n## ")[3:]  # after "Where things stand" and "Check a change"
    named = [re.findall(r"Test: `(\w+)`", recipe) for recipe in recipes]
    own = [name for name in globals() if name.startswith("test_") and name != "test_every_recipe_has_its_test"]
    assert [name for names in named for name in names] == own
    assert all(len(names) == 1 for names in named)
