"""Every filter that is suggested is one that its field takes."""

import pytest

from es_mappings.facet_types import FacetValue
from es_mappings.facets import Refinement
from es_mappings.results import Facets
from es_mappings.rules import clause_of
from webapp.workbench import filter_suggestions

SHOP = Facets(
    terms={"category": [FacetValue("Dresses/Midi dresses", 7)], "brand": [FacetValue("Two: of us", 2)], "currency": []},
    flags={"in_stock": 5},
    ranges={"price": (9.99, 1200.0)},
    attributes={
        "color": [FacetValue("red", 3)],
        "brand": [FacetValue("own", 1)],
        "screen_size_in": [FacetValue("13.3", 1)],
    },
    numbers={"screen_size_in": (13.3, 55.0)},
)


def test_rules_are_offered_all_facets_and_their_values() -> None:
    found = filter_suggestions.of_rules(SHOP)
    assert [each.value for each in found] == [
        "category:Dresses/Midi dresses",
        "in_stock:true",
        "in_stock:false",
        "price:9.99..1200",
        "brand:Two: of us",
        "attribute.brand:own",
        "color:red",
        "screen_size_in:13.3..55",
    ]
    assert [each.count for each in found] == [7, 5, 0, 0, 2, 1, 3, 0]
    assert all(clause_of(each.value) for each in found)


def test_requests_are_offered_what_has_no_parameter_of_its_own() -> None:
    found = [each.value for each in filter_suggestions.of_requests(SHOP)]
    assert found == ["brand:Two: of us", "attribute.brand:own", "color:red", "screen_size_in:13.3..55"]
    assert [str(Refinement.parse(text)) for text in found] == found


@pytest.mark.parametrize("of", [filter_suggestions.of_rules, filter_suggestions.of_requests])
def test_nothing_is_suggested_before_the_shop_is_counted(of: object) -> None:
    assert callable(of)
    assert of(None) == []
