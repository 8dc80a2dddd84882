"""A page's request without its facets."""

from search.requests import without_facets

HITS = {"query": {"match_all": {}}, "size": 24, "track_total_hits": True}


def test_without_facets_a_listing_keeps_its_hits_and_its_total() -> None:
    assert without_facets({**HITS, "aggs": {"brand": {"terms": {}}}}) == HITS
    assert without_facets(HITS) == HITS
    styles = {"styles": {"cardinality": {"field": "style"}}}
    assert without_facets({**HITS, "aggs": {"brand": {"terms": {}}, **styles}}) == {**HITS, "aggs": styles}
