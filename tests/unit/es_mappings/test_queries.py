"""Queries as whole dicts: what goes to Elasticsearch is what the search team reads here."""

import numpy as np
import pytest

from es_mappings import scripts
from es_mappings.layout import Layout
from es_mappings.queries import Anchor, Filters, Page, Sort, blend, browse, search_page, sort_by_similar
from es_mappings.strategies import Mode

LAYOUT = Layout.of({"look": 2, "color": 2})
KEYWORDS = {
    "combined_fields": {
        "query": "midi dress",
        "fields": ["title^4", "category^2", "brand.text^2", "facets.text", "description"],
        "operator": "and",
        "zero_terms_query": "all",
    }
}


def _anchor(name: str, *values: float, weight: float = 1.0) -> Anchor:
    return Anchor(name, np.array(values, np.float32), weight)


def test_browse_without_anything_is_everything() -> None:
    assert browse(None, Filters()) == {"bool": {"filter": []}}


def test_browse_with_everything() -> None:
    filters = Filters(
        category="Dresses/Midi",
        brands=("Marlowe", "Petra Lowe"),
        attributes=(("color", "red"), ("color", "blue"), ("belted", "true")),
        price_min=10,
        price_max=99.5,
        in_stock=True,
    )
    assert browse("midi dress", filters) == {
        "bool": {
            "must": [KEYWORDS],
            "filter": [
                {"term": {"category_path": "Dresses/Midi"}},
                {"terms": {"brand": ["Marlowe", "Petra Lowe"]}},
                {"terms": {"facets": ["color:red", "color:blue"]}},
                {"terms": {"facets": ["belted:true"]}},
                {"range": {"price": {"gte": 10, "lte": 99.5}}},
                {"term": {"in_stock": True}},
            ],
        }
    }


def test_sort_by_similar_to_one() -> None:
    query = sort_by_similar(
        {"match_all": {}}, [_anchor("a", 1, 0, 0, 1)], weights={"look": 3, "color": 1}, layout=LAYOUT
    )
    assert query == {
        "script_score": {
            "query": {"bool": {"must": [{"match_all": {}}], "must_not": [{"ids": {"values": ["a"]}}]}},
            "script": {"source": scripts.source("similarity"), "params": {"query": [0.75, 0.0, 0.0, 0.25]}},
        }
    }


@pytest.mark.parametrize(("mode", "join"), [("every", "min"), ("any", "max")])
def test_sort_by_similar_to_each_of_several(mode: Mode, join: str) -> None:
    anchors = [_anchor("a", 1, 0, 0, 1), _anchor("b", 0, 1, 1, 0)]
    weights = {"look": 1, "color": 1}
    query = sort_by_similar({"match_all": {}}, anchors, mode=mode, weights=weights, layout=LAYOUT)
    scripted = [
        {"script_score": {"script": {"source": scripts.source("similarity"), "params": {"query": vector}}}}
        for vector in ([0.5, 0.0, 0.0, 0.5], [0.0, 0.5, 0.5, 0.0])
    ]
    assert query == {
        "function_score": {
            "query": {"bool": {"must": [{"match_all": {}}], "must_not": [{"ids": {"values": ["a", "b"]}}]}},
            "functions": scripted,
            "score_mode": join,
            "boost_mode": "replace",
        }
    }


def test_blend_averages_by_weight_and_takes_dislikes_away() -> None:
    blended = blend([_anchor("a", 1, 0, 1, 0, weight=3), _anchor("b", 0, 1, 1, 0)], LAYOUT)
    np.testing.assert_allclose(blended[:2], np.array([3, 1]) / np.sqrt(10), atol=1e-6)
    np.testing.assert_allclose(blended[2:], [1, 0], atol=1e-6)

    away = blend([_anchor("a", 1, 0, 1, 0), _anchor("b", 0, 1, 0, 1, weight=-1)], LAYOUT)
    np.testing.assert_allclose(away[:2], np.array([1, -0.25]) / np.hypot(1, 0.25), atol=1e-6)


def test_an_anchor_that_lacks_an_aspect_has_no_say_in_it() -> None:
    blended = blend([_anchor("a", 1, 0, 0, 0), _anchor("b", 1, 0, 0, 1)], LAYOUT)
    np.testing.assert_allclose(blended, [1, 0, 0, 1], atol=1e-6)


def test_search_page() -> None:
    request = search_page({"match_all": {}}, sort="-price", page=Page(10, (99.0, "b")), facets=False)
    assert request == {
        "query": {"match_all": {}},
        "sort": [{"price": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
        "size": 10,
        "track_total_hits": True,
        "track_scores": True,
        "_source": [
            "id", "title", "category", "category_path", "brand",
            "price", "currency", "in_stock", "images", "embedding.*",
        ],
        "search_after": [99.0, "b"],
    }  # fmt: skip


def test_facets_count_all_matches() -> None:
    assert search_page({"match_all": {}})["aggs"] == {
        "category": {"terms": {"field": "category_path", "size": 200}},
        "brand": {"terms": {"field": "brand", "size": 50}},
        "attributes": {"terms": {"field": "facets", "size": 500}},
        "in_stock": {"terms": {"field": "in_stock"}},
        "price": {"stats": {"field": "price"}},
    }


@pytest.mark.parametrize("sort", ["relevance", "price", "-price", "newest"])
def test_every_order_ends_in_the_id(sort: Sort) -> None:
    assert search_page({"match_all": {}}, sort=sort)["sort"][-1] == {"id": "asc"}
