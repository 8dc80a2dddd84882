"""What the few products that a listing leaves out add to its counts."""

from typing import Any

import pytest

from es_mappings import left_out
from es_mappings.facets import Filters, Refinement
from es_mappings.keywords import Keywords

_WORDS = Keywords("dress").clauses()
_RED_TALL = Filters.refined([Refinement.parse("color:red"), Refinement.parse("brand:Tall")], category="Dresses")
_ALL = ("keywords", "filter:category", "filter:attribute:color", "filter:brand")


def _hit(*matches: str, **fields: Any) -> dict[str, Any]:
    return {"_id": "a", "fields": fields, "matched_queries": list(matches)}


def _counts(*hits: dict[str, Any], filters: Filters = _RED_TALL) -> Any:
    return left_out.counts(left_out.read({"hits": {"hits": list(hits)}}), _WORDS, filters)


def test_a_product_is_subtracted_where_it_matches_everything() -> None:
    values = {
        "facets": ["color:red", "sleeve:long"],
        "brand": ["Tall"],
        "in_stock": [True],
        "category_path": ["Dresses"],
    }
    counts = _counts(_hit(*_ALL, **values), _hit(*_ALL[1:], **values), _hit(**values))
    assert counts.total == 1
    assert (counts.facets.flags["in_stock"], counts.facets.terms["category"][0].count) == (1, 1)
    assert [v.count for v in counts.facets.attributes["sleeve"]] == [1]


@pytest.mark.parametrize(("missed", "counted"), [("filter:attribute:color", "color"), ("filter:brand", "brand")])
def test_the_facet_whose_filter_alone_it_misses_counts_it(missed: str, counted: str) -> None:
    hit = _hit(*(name for name in _ALL if name != missed), facets=["color:blue", "sleeve:long"], brand=["Small"])
    facets = _counts(hit).facets
    values = {name for name, found in (*facets.attributes.items(), *facets.terms.items()) if found}
    assert values == {counted}
    assert _counts(hit).total == 0


def test_a_request_without_filters_or_words_names_nothing() -> None:
    request = left_out.request(["a", "b"], [], Filters(), with_facets=False)
    assert request["query"] == {"bool": {"filter": [{"ids": {"values": ["a", "b"]}}], "should": []}}
    assert "docvalue_fields" not in request
    assert left_out.counts(left_out.read({"hits": {"hits": [_hit()]}}), [], Filters()).total == 1


def test_a_clause_of_the_search_team_must_match_too() -> None:
    ruled = Filters(rules=({"term": {"brand": "Tall"}},))
    assert _counts(_hit("keywords"), filters=ruled).total == 0
    assert _counts(_hit("keywords", "others"), filters=ruled).total == 1
