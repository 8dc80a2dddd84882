from es_mappings.facets import Filters, aggregations
from es_mappings.results import FacetValue, read

RED = Filters(attributes=(("color", "red"),), brands=("Marlowe",))


def test_facets_of_a_result_that_is_not_filtered() -> None:
    assert aggregations() == {
        "category": {"terms": {"field": "category_path", "size": 200}},
        "brand": {"terms": {"field": "brand", "size": 50}},
        "attributes": {"terms": {"field": "facets", "size": 500}},
        "in_stock": {"terms": {"field": "in_stock"}},
        "price": {"stats": {"field": "price"}},
    }


def test_a_facet_ignores_its_own_filter_and_no_other() -> None:
    counts = aggregations([{"match": {"title": "dress"}}], RED, ["a"])
    assert counts["without:attribute:color"] == {
        "global": {},
        "aggs": {
            "others": {
                "filter": {
                    "bool": {
                        "must": [{"match": {"title": "dress"}}],
                        "filter": [{"terms": {"brand": ["Marlowe"]}}],
                        "must_not": [{"ids": {"values": ["a"]}}],
                    }
                },
                "aggs": {"values": {"terms": {"field": "facets", "size": 500, "include": "color\\:.*"}}},
            }
        },
    }
    brand = counts["without:brand"]["aggs"]["others"]
    assert brand["filter"]["bool"]["filter"] == [{"terms": {"facets": ["color:red"]}}]
    assert brand["aggs"] == {"values": {"terms": {"field": "brand", "size": 50}}}


def test_names_are_escaped_in_the_pattern() -> None:
    counts = aggregations(filters=Filters(attributes=(("a.b*[c]", "x"),)))
    include = counts["without:attribute:a.b%2A%5Bc%5D"]["aggs"]["others"]["aggs"]["values"]["terms"]["include"]
    assert include == r"a\.b\*\[c\]\:.*"


def test_an_attribute_called_brand_is_not_the_brand() -> None:
    filters = Filters(attributes=(("price", "low"),), brands=("x",))
    assert filters.facets == ["brand", "attribute:price"]
    assert filters.without("attribute:price") == Filters(brands=("x",))


def _buckets(**counts: int) -> dict[str, object]:
    return {"buckets": [{"key": key.replace("__", ":"), "doc_count": count} for key, count in counts.items()]}


def test_reading_takes_the_counts_without_their_own_filter() -> None:
    answer = {
        "took": 3,
        "hits": {"total": {"value": 2}, "hits": []},
        "aggregations": {
            "category": _buckets(Dresses=2),
            "brand": _buckets(Marlowe=2),
            "attributes": _buckets(color__red=2, size__M=1),
            "in_stock": {"buckets": [{"key": 1, "key_as_string": "true", "doc_count": 1}]},
            "price": {"count": 0, "min": None, "max": None},
            "without:attribute:color": {"others": {"values": _buckets(color__red=2, color__blue=5)}},
            "without:brand": {"others": {"values": _buckets(Marlowe=2, Silvane=1)}},
        },
    }
    facets = read(answer).facets
    assert facets
    assert facets.attributes == {
        "color": [FacetValue("red", 2), FacetValue("blue", 5)],
        "size": [FacetValue("M", 1)],
    }
    assert facets.brand == [FacetValue("Marlowe", 2), FacetValue("Silvane", 1)]
    assert (facets.in_stock, facets.price) == (1, None)
