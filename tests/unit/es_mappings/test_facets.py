import pytest

from es_mappings.facet_types import Bounds, Facet, FacetValue, Flag, Range, merged
from es_mappings.facets import FACETS, NUMBERS, Filters, Refinement, aggregations, attribute_numbers, document_fields
from es_mappings.results import Facets
from es_mappings.spellings import in_any_case

RED = Filters(attributes=(("color", "red"),), fields=(("brand", "Marlowe"),))
SPANS = {f"range:{n.name}": {"stats": {"field": f"numbers.{n.name}"}} for n in NUMBERS}


def _read(*texts: str) -> Filters:
    return Filters.refined([Refinement.parse(text) for text in texts])


def test_facets_of_an_unfiltered_result() -> None:
    counts = aggregations()
    assert counts == counts | {
        "category": {"terms": {"field": "category_path", "size": 200}},
        "brand": {"terms": {"field": "brand", "size": 200}},
        "attributes": {"terms": {"field": "facets", "size": 500}},
        "in_stock": {"terms": {"field": "in_stock"}},
        "price": {"stats": {"field": "price"}},
        **SPANS,
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
                        "filter": [in_any_case("brand", ["Marlowe"])],
                        "must_not": [{"ids": {"values": ["a"]}}],
                    }
                },
                "aggs": {"attributes": {"terms": {"field": "facets", "size": 500, "include": "color\\:.*"}}},
            }
        },
    }
    brand = counts["without:brand"]["aggs"]["others"]
    assert brand["filter"]["bool"]["filter"] == [in_any_case("facets", ["color:red"])]
    assert brand["aggs"] == {"brand": {"terms": {"field": "brand", "size": 200}}}


def test_a_category_counts_within_its_own_filter() -> None:
    assert set(aggregations(filters=Filters(category="Dresses"))) == set(aggregations())


def test_names_are_escaped_in_the_pattern() -> None:
    counts = aggregations(filters=Filters(attributes=(("a.b*[c]", "x"),)))
    include = counts["without:attribute:a.b%2A%5Bc%5D"]["aggs"]["others"]["aggs"]["attributes"]["terms"]["include"]
    assert include == r"a\.b\*\[c\]\:.*"


def test_an_attribute_called_brand_is_not_the_brand() -> None:
    filters = _read("brand:Acme", "attribute.brand:Sub B", "price:low")
    assert (filters.fields, filters.attributes) == ((("brand", "Acme"),), (("brand", "Sub B"), ("price", "low")))
    brand, attribute, price = (
        in_any_case("brand", ["Acme"]), in_any_case("facets", ["brand:Sub B"]), in_any_case("facets", ["price:low"]),
    )  # fmt: skip
    assert filters.clauses() == [brand, attribute, price]
    assert filters.clauses(without="brand") == [attribute, price]
    assert filters.clauses(without="attribute:brand") == [brand, price]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("color:red", "color:red"),
        ("attribute.color:red", "color:red"),
        ("brand:Marlowe", "brand:Marlowe"),
        ("attribute.brand:Marlowe", "attribute.brand:Marlowe"),
        ("price:low", "price:low"),  # the price has parameters of its own
        ("note:a:b..c", "note:a:b..c"),
        ("attribute.attribute.brand:x", "attribute.attribute.brand:x"),
    ],
)
def test_a_refinement_has_one_spelling(text: str, written: str) -> None:
    assert str(Refinement.parse(text)) == written
    assert Refinement.parse(written) == Refinement.parse(text)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [("40..55", Bounds(40, 55)), ("40..", Bounds(40)), ("..55.5", Bounds(None, 55.5)), ("-1..1e2", Bounds(-1, 100))],
)
def test_a_range_of_numbers(text: str, bounds: Bounds) -> None:
    refinement = Refinement.parse(f"screen_size_in:{text}")
    assert refinement.bounds == bounds
    expected = {name: end for name, end in (("gte", bounds.low), ("lte", bounds.high)) if end is not None}
    assert Filters.refined([refinement]).clauses() == [{"range": {"numbers.screen_size_in": expected}}]


def test_ranges_and_values_of_one_number_are_alternatives() -> None:
    filters = _read("screen_size_in:40..55", "screen_size_in:75", "screen_size_in:..24")
    assert filters.clauses() == [
        {
            "bool": {
                "should": [
                    in_any_case("facets", ["screen_size_in:75"]),
                    {
                        "bool": {
                            "should": [
                                {"range": {"numbers.screen_size_in": {"gte": 40.0, "lte": 55.0}}},
                                {"range": {"numbers.screen_size_in": {"lte": 24.0}}},
                            ]
                        }
                    },
                ]
            }
        }
    ]


def test_a_number_is_counted_without_its_own_filter() -> None:
    own = aggregations(filters=_read("screen_size_in:40..55"))["without:attribute:screen_size_in"]["aggs"]["others"]
    assert own == {
        "filter": {"bool": {"must": [], "filter": []}},
        "aggs": {
            "attributes": {"terms": {"field": "facets", "size": 500, "include": "screen_size_in\\:.*"}},
            "range:screen_size_in": {"stats": {"field": "numbers.screen_size_in"}},
        },
    }


def test_numbers_are_read_from_numbers_and_text() -> None:
    attributes = {"screen_size_in": "55", "weight_kg": 1.5, "height_cm": " 7e1 ", "color": 5, "ram_gb": True}
    assert attribute_numbers(attributes) == {"screen_size_in": 55.0, "weight_kg": 1.5, "height_cm": 70.0}
    for value in ("large", "55 in", "", "nan", "inf", "1_000", "1e999", 10**400, float("nan"), ["55"], None):
        assert attribute_numbers({"screen_size_in": value}) == {}, value


def test_each_type_of_facet_has_its_own_type_of_field() -> None:
    assert document_fields()["numbers"]["properties"] == {n.name: {"type": "double"} for n in NUMBERS}
    flag, numbers = Flag("on_sale"), Range("rating")
    assert (flag.mapping, numbers.mapping) == ({"type": "boolean"}, {"type": "double"})
    assert flag.clauses([flag.parse("true")]) == {"on_sale": {"term": {"on_sale": True}}}
    assert numbers.clauses([numbers.parse("4")]) == {"rating": {"range": {"rating": {"gte": 4.0, "lte": 4.0}}}}
    with pytest.raises(ValueError, match="'maybe' is neither true nor false"):
        flag.parse("maybe")


def test_names_of_facets_are_unique() -> None:
    def named(facets: tuple[Facet, ...]) -> list[str]:
        return [facet.name for facet in facets]

    assert len(set(named(FACETS))) == len(FACETS)
    assert len(set(named(NUMBERS))) == len(NUMBERS)
    assert "ranges" not in named(FACETS)  # which the API's answer has for numbers


def _buckets(**counts: int) -> dict[str, object]:
    return {"buckets": [{"key": key.replace("__", ":"), "doc_count": count} for key, count in counts.items()]}


def test_counts_are_read_without_the_facets_own_filter() -> None:
    nothing = {"count": 0, "min": None, "max": None}
    facets = Facets.read(
        {
            **{facet.name: {**nothing, "buckets": []} for facet in FACETS},
            "category": _buckets(Dresses=2),
            "brand": _buckets(Marlowe=2),
            "attributes": _buckets(color__red=2, size__M=1),
            "in_stock": {"buckets": [{"key": 1, "key_as_string": "true", "doc_count": 1}]},
            "price": nothing,
            **dict.fromkeys(SPANS, nothing),
            "range:weight_kg": {"count": 2, "min": 1.0, "max": 2.5},
            "without:attribute:color": {"others": {"attributes": _buckets(color__red=2, color__blue=5)}},
            "without:attribute:height_cm": {
                "others": {
                    "attributes": _buckets(height_cm__10=1),
                    "range:height_cm": {"count": 2, "min": 10.0, "max": 20.0},
                }
            },
            "without:brand": {"others": {"brand": _buckets(Marlowe=2, Silvane=1)}},
        }
    )
    assert facets.attributes == {
        "color": [FacetValue("red", 2), FacetValue("blue", 5)],
        "size": [FacetValue("M", 1)],
        "height_cm": [FacetValue("10", 1)],
    }
    assert facets.terms == facets.terms | {
        "category": [FacetValue("Dresses", 2)],
        "brand": [FacetValue("Marlowe", 2), FacetValue("Silvane", 1)],
    }
    assert (facets.flags["in_stock"], facets.ranges["price"]) == (1, None)
    assert facets.numbers == {"weight_kg": (1.0, 2.5), "height_cm": (10.0, 20.0)}


def test_a_value_is_found_in_any_case_and_counted_once() -> None:
    assert _read("color:Red", "color:blue").clauses() == [
        {
            "bool": {
                "should": [
                    {"term": {"facets": {"value": "color:Red", "case_insensitive": True}}},
                    {"term": {"facets": {"value": "color:blue", "case_insensitive": True}}},
                ]
            }
        }
    ]
    counted = [FacetValue("red", 5), FacetValue("blue", 4), FacetValue("Red", 3), FacetValue("RED", 1)]
    assert merged(counted) == [FacetValue("red", 9), FacetValue("blue", 4)]
    assert merged([FacetValue("blue", 4), FacetValue("red", 3), FacetValue("Red", 3)])[0] == FacetValue("red", 6)


def test_spellings_are_one_where_elasticsearch_finds_them_as_one() -> None:
    assert merged([FacetValue("\u00c9cru", 2), FacetValue("\u00e9cru", 1)]) == [
        FacetValue("\u00c9cru", 2),
        FacetValue("\u00e9cru", 1),
    ]
