"""The facets of a listing, as pages show them."""

from dataclasses import replace
from typing import Any

import pytest

from es_mappings.facet_types import Bounds, Facet, FacetValue, Flag, Range, Terms
from es_mappings.facets import FACETS, Refinement
from es_mappings.results import Facets
from search.parameters import SearchParameters
from webapp.storefront.facets import Slider, Switch, ValueGroup, groups
from webapp.storefront.links import Links
from webapp.storefront.wording import bounds_label, refinement_label


def _values(**counts: int) -> list[FacetValue]:
    return [FacetValue(value, count) for value, count in counts.items()]


def _each(kind: type[Facet], nothing: Any) -> dict[str, Any]:
    """Return the facets of a type, without counts: those that a shop adds change no test."""
    return {facet.name: nothing for facet in FACETS if isinstance(facet, kind)}


def _facets(**attributes: list[FacetValue]) -> Facets:
    return Facets(
        {**_each(Terms, []), "category": _values(Dresses=5), "brand": _values(Acme=3, Zeta=2)},
        {**_each(Flag, 0), "in_stock": 4},
        {**_each(Range, None), "price": (9.5, 99.2)},
        attributes,
        {},
    )


def _shown(facets: Facets, **parameters: Any) -> dict[str, ValueGroup | Switch | Slider]:
    return {group.key: group for group in groups(facets, Links(SearchParameters(**parameters)))}


def test_facets_stand_in_the_order_of_their_declaration() -> None:
    assert list(_shown(_facets(color=_values(red=3, blue=2)))) == ["in_stock", "price", "brand", "color"]


def test_a_price_slider_stands_on_whole_steps_and_sends_the_rest_of_the_address() -> None:
    price = _shown(_facets(), q="red", price_min=20, filter=("brand:Acme",))["price"]
    assert isinstance(price, Slider)
    assert (price.names, price.span, price.handles) == (("price_min", "price_max"), (9, 100), (20, 100))
    assert price.hidden == [("q", "red"), ("filter", "brand:Acme")]


def test_prices_of_several_currencies_have_no_slider_until_one_is_chosen() -> None:
    facets = _facets()
    facets.terms["currency"] = _values(EUR=3, USD=2)
    assert list(_shown(facets)) == ["in_stock", "currency", "brand"]
    assert list(_shown(facets, filter=("currency:EUR",))) == ["in_stock", "currency", "price", "brand"]
    facets.terms["currency"] = _values(EUR=3)
    assert list(_shown(facets)) == ["in_stock", "price", "brand"]
    assert list(_shown(facets, filter=("currency:EUR",))) == ["in_stock", "currency", "price", "brand"]


def test_a_number_is_a_slider_in_the_place_of_its_values() -> None:
    facets = _facets(screen_size_in=_values(**{"40": 1, "55": 1}))
    facets.numbers["screen_size_in"] = (40.0, 55.0)
    size = _shown(facets, filter=("screen_size_in:..50", "color:red"))["screen_size_in"]
    assert isinstance(size, Slider)
    assert (size.chosen, size.handles) == (Bounds(None, 50.0), (40.0, 50.0))
    assert size.hidden == [("filter", "color:red")]


def test_a_number_that_all_have_alike_tells_nothing() -> None:
    facets = _facets(screen_size_in=_values(**{"40": 2}))
    facets.numbers["screen_size_in"] = (40.0, 40.0)
    assert "screen_size_in" not in _shown(facets)


def test_without_numbers_in_the_index_the_values_are_listed() -> None:
    size = _shown(_facets(screen_size_in=_values(**{"40": 2, "55": 1})))["screen_size_in"]
    assert isinstance(size, ValueGroup)
    assert [choice.label for choice in size.values] == ["40", "55"]


def test_an_attribute_called_brand_has_a_group_and_links_of_its_own() -> None:
    shown = _shown(_facets(brand=_values(SubA=1, SubB=2)), filter=("attribute.brand:SubB",))
    brand, attribute = shown["brand"], shown["attribute.brand"]
    assert isinstance(brand, ValueGroup)
    assert isinstance(attribute, ValueGroup)
    assert (brand.label, attribute.label) == ("Brand", "Brand (attribute)")
    assert [choice.active for choice in brand.values] == [False, False]
    assert [choice.active for choice in attribute.values] == [False, True]
    assert attribute.values[0].url == "/search?filter=attribute.brand:SubB&filter=attribute.brand:SubA"
    assert brand.values[0].url == "/search?filter=attribute.brand:SubB&filter=brand:Acme"


def test_the_first_groups_are_unfolded_and_those_filtered_by() -> None:
    names = ("a", "b", "c", "d", "e")
    shown = _shown(_facets(**{name: _values(x=2, y=1) for name in names}), filter=("e:x",))
    folded = [key for key, group in shown.items() if isinstance(group, ValueGroup) and not group.is_open]
    assert folded == ["d"]


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Bounds(40, 55), "40 to 55"), (Bounds(40.5), "From 40.5"), (Bounds(None, 1234567.89), "Up to 1,234,567.89"),
        (Bounds(), ""),
    ],
)  # fmt: skip
def test_a_range_in_words(bounds: Bounds, words: str) -> None:
    assert bounds_label(bounds) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("color:red", "red"), ("belted:true", "Belted: Yes"), ("screen_size_in:40..", "Screen size (in): from 40"),
        ("attribute.brand:true", "Brand (attribute): Yes"),
    ],
)  # fmt: skip
def test_a_filter_in_words(text: str, words: str) -> None:
    assert refinement_label(Refinement.parse(text)) == words


def test_a_number_of_which_no_value_is_counted_has_its_slider_all_the_same() -> None:
    facets = replace(_facets(color=_values(red=3, blue=2)), numbers={"weight_kg": (0.5, 2.0)})
    assert list(_shown(facets)) == ["in_stock", "price", "brand", "weight_kg", "color"]


def test_groups_and_values_keep_the_order_they_have_without_filters() -> None:
    whole = _facets(color=_values(red=5, blue=4, green=3), size=_values(s=2, m=2))
    facets = _facets(size=_values(m=2, s=1), color=_values(green=3, Red=1))
    shown = {group.key: group for group in groups(facets, Links(SearchParameters(filter=("size:m",))), whole)}
    assert list(shown)[-2:] == ["color", "size"]
    color = shown["color"]
    assert isinstance(color, ValueGroup)
    assert [(choice.label, choice.count) for choice in color.values] == [("red", 1), ("blue", 0), ("green", 3)]


def test_a_filter_is_active_and_dropped_in_any_spelling() -> None:
    color = _shown(_facets(color=_values(red=3, blue=2)), filter=("color:RED", "color:blue"))["color"]
    assert isinstance(color, ValueGroup)
    assert [choice.active for choice in color.values] == [True, True]
    assert color.values[0].url == "/search?filter=color:blue"


def test_colours_have_swatches() -> None:
    shown = _shown(_facets(accent_color=_values(navy=3, unheard=2), pattern=_values(red=1, blue=1)))
    accent, pattern = shown["accent_color"], shown["pattern"]
    assert isinstance(accent, ValueGroup)
    assert isinstance(pattern, ValueGroup)
    assert [choice.swatch for choice in accent.values] == ["#232f4d", ""]
    assert [choice.swatch for choice in pattern.values] == ["", ""]


def test_of_values_that_one_product_has_each_the_active_one_is_shown_in_any_spelling() -> None:
    facets = _facets(code=_values(**{f"a{n}": 1 for n in range(20)}))
    assert "code" not in _shown(facets)
    group = _shown(facets, filter=("code:A7",))["code"]
    assert isinstance(group, ValueGroup)
    assert [(choice.label, choice.active) for choice in group.values] == [("a7", True)]
