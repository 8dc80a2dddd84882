"""Queries as whole dicts: what goes to Elasticsearch is what the search team reads here."""

from dataclasses import replace

import numpy as np
import pytest

from es_mappings import scripts, strategies
from es_mappings.anchors import Anchor, query_points
from es_mappings.facets import FACETS, Filters
from es_mappings.keywords import Keywords
from es_mappings.layout import Layout
from es_mappings.planner import Plan
from es_mappings.queries import Page, Query, Sort, browse, search_page, sort_by_points, sort_by_similar
from es_mappings.spellings import in_any_case

LAYOUT = Layout.of({"look": 2, "color": 2})
ALL: Query = {"match_all": {}}
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


A, B = _anchor("a", 1, 0, 0, 1), _anchor("b", 0, 1, 1, 0)
EVEN = {"look": 1.0, "color": 1.0}


def _without(*ids: str) -> dict[str, object]:
    return {"bool": {"must": [ALL], "must_not": [{"ids": {"values": list(ids)}}]}}


def _similarity(*query: float) -> dict[str, object]:
    return {"source": scripts.source("similarity"), "params": {"query": list(query), "field": "vector"}}


def test_browse_without_anything_is_everything() -> None:
    assert browse(None, Filters()) == {"bool": {"filter": []}}


def test_browse_with_everything() -> None:
    filters = Filters(
        category="Dresses/Midi",
        fields=(("brand", "Marlowe"), ("brand", "Petra Lowe")),
        attributes=(("color", "red"), ("color", "blue"), ("belted", "true")),
        price_min=10,
        price_max=99.5,
        in_stock=True,
        price_currency="EUR",
        cheaper_than=((None, 80),),
        not_brands=("Fennimore",),
    )
    assert browse(Keywords("midi dress"), filters) == {
        "bool": {
            "must": [KEYWORDS],
            "filter": [
                {"terms": {"category_path": ["Dresses/Midi"]}},
                {"term": {"in_stock": True}},
                {"range": {"price": {"gte": 10, "lte": 99.5}}},
                in_any_case("brand", ["Marlowe", "Petra Lowe"]),
                in_any_case("facets", ["color:red", "color:blue"]),
                in_any_case("facets", ["belted:true"]),
                {"term": {"currency": "EUR"}},
                {
                    "bool": {
                        "filter": [{"range": {"price": {"lt": 80}}}],
                        "must_not": [{"exists": {"field": "currency"}}],
                    }
                },
                {"bool": {"must_not": [{"terms": {"brand": ["Fennimore"]}}]}},
            ],
        }
    }


def test_similar_to_one_exact() -> None:
    assert sort_by_similar(ALL, [A], weights={"look": 3, "color": 1}, layout=LAYOUT) == {
        "query": {"script_score": {"query": _without("a"), "script": _similarity(0.75, 0.0, 0.0, 0.25)}}
    }


@pytest.mark.parametrize(("mode", "farthest"), [("every", True), ("any", False)])
def test_similar_to_each_of_several_exact(mode: str, farthest: bool) -> None:
    params = {"query": [0.5, 0.0, 0.0, 0.5], "query2": [0.0, 0.5, 0.5, 0.0], "points": 2, "farthest": farthest}
    params |= {"offset": 0.0, "offset2": 0.0}
    assert sort_by_similar(ALL, [A, B], mode=mode, weights=EVEN, layout=LAYOUT) == {  # type: ignore[arg-type]
        "query": {
            "script_score": {
                "query": _without("a", "b"),
                "script": {"source": scripts.source("similarity"), "params": {**params, "field": "vector"}},
            }
        }
    }


def test_points_compete_with_their_offsets_by_script_and_by_neighbours() -> None:
    points = replace(query_points([A, B], "any", EVEN, LAYOUT), offsets=(-0.25, 0.0))
    params = sort_by_points(ALL, points)["query"]["script_score"]["script"]["params"]
    assert (params["offset"], params["offset2"]) == (-0.25, 0.0)

    plan = Plan("knn", "", k=240, num_candidates=500, oversample=3)
    first, second = sort_by_points(ALL, points, plan=plan)["query"]["dis_max"]["queries"]
    assert list(first) == ["knn"]  # the point of the least offset
    assert list(second["bool"]["must"][0]) == ["knn"]
    assert second["bool"]["should"] == [{"constant_score": {"filter": {"match_all": {}}, "boost": 0.25}}]


def test_more_query_points_than_one_script_takes() -> None:
    likes = [_anchor(f"{number}", 1, number, 0, 1) for number in range(10)]
    query = sort_by_similar(ALL, likes, mode="every", weights=EVEN, layout=LAYOUT)["query"]["function_score"]
    first, second = (function["script_score"]["script"]["params"] for function in query["functions"])
    assert (query["score_mode"], query["boost_mode"]) == ("min", "replace")
    assert (first["points"], second["points"]) == (8, 2)
    assert [key for key in first if key.startswith("query")] == ["query", *(f"query{n}" for n in range(2, 9))]

    alone = query_points(likes[:9], "any", EVEN, LAYOUT)
    offsets = (0.0,) * 8 + (-0.5,)
    *_, last = sort_by_points(ALL, replace(alone, offsets=offsets))["query"]["function_score"]["functions"]
    assert last["script_score"]["script"]["params"]["offset"] == -0.5


def test_nearest_neighbours_are_all_that_is_searched_and_their_filter_serves_all_likes() -> None:
    plan = Plan("knn", "", k=240, num_candidates=500, oversample=3)
    knn = {
        "field": "vector",
        "k": 242,  # the anchors are among them
        "num_candidates": 500,
        "rescore_vector": {"oversample": 3},
        "filter": ALL,
    }
    first = {"knn": {**knn, "query_vector": [0.5, 0.0, 0.0, 0.5]}}
    second = {"knn": {**knn, "query_vector": [0.0, 0.5, 0.5, 0.0]}}
    assert sort_by_similar(ALL, [A, B], mode="any", weights=EVEN, plan=plan, layout=LAYOUT) == {
        "query": {
            "bool": {
                "must": [{"dis_max": {"queries": [first, second]}}],
                "must_not": [{"ids": {"values": ["a", "b"]}}],
            }
        }
    }


def test_what_neighbours_have_shown_is_left_out_up_to_a_score_and_an_id() -> None:
    nearest = {"knn": {"field": "vector"}}
    rounding = 2**-21  # four float32 further
    at_least = [{"function_score": {"query": nearest, "min_score": 1.5 + by}} for by in (rounding, -rounding)]
    assert strategies.shown(nearest, 1.5, "m") == [
        at_least[0],
        {"bool": {"filter": [at_least[1], {"range": {"id": {"lte": "m"}}}]}},
    ]


def test_nearest_neighbours_cannot_serve_the_mode_every() -> None:
    with pytest.raises(ValueError, match="near"):
        sort_by_similar(ALL, [A, B], mode="every", plan=Plan("knn", "", 10, 10, 1), layout=LAYOUT)


def test_relevance_first_and_similarity_within_a_window() -> None:
    parts = sort_by_similar(ALL, [A], weights=EVEN, plan=Plan("rescore", "", window=1_000), layout=LAYOUT)
    assert parts == {
        "query": _without("a"),
        "rescore": {
            "window_size": 1_000,
            "query": {
                "rescore_query": {"script_score": {"query": ALL, "script": _similarity(0.5, 0.0, 0.0, 0.5)}},
                "query_weight": 1e-30,
                "rescore_query_weight": 1,
            },
        },
    }
    request = search_page(parts, page=Page(24, offset=48))
    assert request["from"] == 48
    assert "sort" not in request


def test_similar_by_any_image() -> None:
    def scored(field: str) -> dict[str, object]:
        script = {"source": scripts.source("similarity"), "params": {"query": [0.5, 0.0, 0.0, 0.5], "field": field}}
        return {"script_score": {"query": ALL, "script": script}}

    nested = {
        "path": "pictures",
        "score_mode": "max",
        "query": scored("pictures.vector"),
        "inner_hits": {"size": 1, "_source": ["pictures.image"]},
    }
    assert sort_by_similar(ALL, [A], weights=EVEN, images="any", layout=LAYOUT) == {
        "query": {
            "bool": {
                "filter": [_without("a")],
                "must": [{"dis_max": {"queries": [scored("vector"), {"nested": nested}]}}],
            }
        }
    }


def test_relevance_mixed_in() -> None:
    parts = sort_by_similar(ALL, [A], weights=EVEN, relevance=0.25, layout=LAYOUT)
    similar = {"script_score": {"query": _without("a"), "script": _similarity(0.5, 0.0, 0.0, 0.5)}}
    relevant = {"source": scripts.source("relevance"), "params": {"pivot": 8.0}}
    assert parts == {
        "query": {
            "bool": {
                "must": [{"bool": {"must": [similar], "boost": 0.75}}],
                "should": [{"script_score": {"script": relevant, "query": _without("a"), "boost": 0.25}}],
            }
        }
    }


def test_manhattan_passes_each_aspect_with_its_neutral_distance() -> None:
    script = sort_by_similar(ALL, [A], weights={"look": 3, "color": 1}, metric="manhattan", layout=LAYOUT)["query"][
        "script_score"
    ]["script"]
    assert script["source"] == scripts.source("distance")
    unrelated = pytest.approx(2 * np.sqrt(2 / np.pi))
    assert script["params"] == {
        "query": [1.0, 0.0, 0.0, 1.0],
        "aspects": [[0, 2, 0.75, unrelated], [2, 4, 0.25, unrelated]],
        "power": 1,
        "field": "vector",
    }


def test_aspects_that_the_anchors_lack_do_not_affect_a_distance() -> None:
    photo = Anchor("p", np.array([1, 0, 0, 0], np.float32))
    query = sort_by_similar(ALL, [photo], weights={"look": 3, "color": 1}, metric="euclidean", layout=LAYOUT)["query"]
    assert query["script_score"]["script"]["params"]["aspects"] == [[0, 2, 1.0, 2.0]]


def test_search_page() -> None:
    page = Page(10, (99.0, "b"), point_in_time="p")
    assert search_page({"query": ALL}, sort="-price", page=page, facets={"x": {}}, vectors=True) == {
        "query": ALL,
        "sort": [
            {"currency": {"order": "asc", "missing": "_last"}},
            {"price": {"order": "desc", "missing": "_last"}},
            {"id": "asc"},
        ],
        "size": 10,
        "track_total_hits": True,
        "track_scores": True,
        "_source": [
            "id", "style", "title", "category", "images", "attributes", "effective", "predicted",
            "embedding.*", *(facet.field for facet in FACETS if facet.name != "attributes"),
        ],
        "search_after": [99.0, "b"],
        "pit": {"id": "p", "keep_alive": "3m"},
        "aggs": {"x": {}},
        "fields": ["vector"],
    }  # fmt: skip


@pytest.mark.parametrize("sort", ["relevance", "price", "-price", "newest"])
def test_every_order_ends_in_the_id(sort: Sort) -> None:
    assert search_page({"query": ALL}, sort=sort)["sort"][-1] == {"id": "asc"}
