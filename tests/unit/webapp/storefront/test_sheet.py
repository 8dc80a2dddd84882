"""What a product's page shows besides its listing."""

import pytest

from es_mappings.behaviour import Event
from es_mappings.facet_types import FacetValue
from es_mappings.results import Facets
from search.parameters import SearchParameters
from webapp.storefront import labels, sheet
from webapp.storefront.labels import Labels
from webapp.storefront.links import Links

PRODUCT = {"id": "one", "price": 10.0, "brand": "Ada", "category_path": ["Dresses", "Dresses/Midi"]}


def test_given_attributes_come_first_and_those_seen_are_marked() -> None:
    product = {
        "attributes": {"color": "red", "size": None},
        "effective": {"color": "red", "pattern": "floral", "sleeve": "long", "lined": True},
        "predicted": {
            "color": {"value": "red", "confidence": 0.99},
            "pattern": {"value": "floral", "confidence": 0.874},
            "sleeve": {"value": "short", "confidence": 0.9},
        },
    }
    assert sheet.rows(product) == [
        sheet.Row("color", "red"),
        sheet.Row("pattern", "floral", 87),
        sheet.Row("sleeve", "long"),  # somebody said so, whatever the picture says
        sheet.Row("lined", True),
    ]
    assert sheet.rows({"attributes": {"color": "red"}}) == [sheet.Row("color", "red")]
    assert sheet.rows({}) == []


def test_the_shelf_is_like_the_product_alone_in_its_department() -> None:
    asked = SearchParameters(
        like=("two",), dislike=("three",), q="x", but=("cheaper",), weight=("look:1",), sort="price"
    )
    assert sheet.shelf_parameters(PRODUCT, asked).to_query() == [
        ("category", "Dresses"),
        ("sort", "similar"),
        ("like", "one"),
        ("but", "cheaper"),
        ("weight", "look:1"),
        ("size", "12"),
    ]


def test_ways_to_differ_are_set_and_left_by_one_link() -> None:
    parameters = SearchParameters(but=("cheaper", "color:blue"))
    found = {but.label: but for but in sheet.buts(PRODUCT, Links(parameters, "one"))}
    assert [label for label, but in found.items() if but.active] == ["Cheaper", "In blue"]
    assert found["Cheaper"].url == "/products/one?but=color:blue"
    assert found["In blue"].url == "/products/one?but=cheaper"
    assert found["In red"].url == "/products/one?but=cheaper&but=color:red"
    assert found["In red"].color == "#c0202c"


def test_what_makes_no_difference_is_not_offered() -> None:
    bare = {"id": "one", "attributes": {"color": "Dark red"}}
    labels = [but.label for but in sheet.buts(bare, Links(SearchParameters(), "one"))]
    assert labels == ["In stock", "In navy", "In green", "In black", "In white"]


def test_other_values_are_offered_with_their_counts() -> None:
    counts = {
        "color": [FacetValue("red", 9), FacetValue("navy", 7)],
        "sleeve": [FacetValue("short", 5), FacetValue("long", 4), FacetValue("cap", 3), FacetValue("bell", 1)],
        "lined": [FacetValue("true", 40), FacetValue("false", 2)],
        "article": [FacetValue(str(number), 1) for number in range(50)],
        "belted": [FacetValue("true", 30), FacetValue("false", 20)],
    }
    facets = Facets({}, {}, {}, counts, {})
    product = PRODUCT | {
        "effective": {"color": "red", "sleeve": "short", "lined": True, "article": "7"},
        "predicted": {"sleeve": {"value": "short", "confidence": 0.9}},
    }
    offered = sheet.buts(product, Links(SearchParameters(but=("sleeve:cap",)), "one"), facets)
    others = [but for but in offered if but.label not in {"Cheaper", "In stock", "Another brand"}]
    # First what pictures show. The product's own values, attributes of too many values and of others aren't offered.
    assert [(but.label, but.count) for but in others] == [
        ("In navy", 7),
        ("Sleeve: cap", 0),
        ("Sleeve: long", 4),
        ("Lined: No", 2),
    ]
    assert [but.label for but in others if but.active] == ["Sleeve: cap"]
    assert others[1].url == "/products/one"
    assert others[2].url == "/products/one?but=sleeve:long"
    assert others[0].url == "/products/one?but=sleeve:cap&but=color:navy"


def test_of_values_in_an_order_the_nearest_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = {"dress_length": ["mini", "knee", "midi", "maxi"]}
    called = Labels(changes={"dress_length>": "Longer: {value}", "dress_length<": "Shorter: {value}"}, orders=orders)
    monkeypatch.setattr(labels, "current", lambda: called)
    lengths = [FacetValue("knee", 50), FacetValue("mini", 40), FacetValue("maxi", 3)]
    counts = {"occasion": [FacetValue("party", 90), FacetValue("work", 80)], "dress_length": lengths}
    product = PRODUCT | {"effective": {"dress_length": "knee", "occasion": "party"}}
    offered = sheet.buts(product, Links(SearchParameters(), "one"), Facets({}, {}, {}, counts, {}))
    # The shop has no midi dress.
    # What the shop has words for comes first.
    offered_values = [(b.label, b.count) for b in offered if ": " in b.label]
    assert offered_values == [("Longer: maxi", 3), ("Shorter: mini", 40), ("Occasion: work", 80)]


def test_the_latest_views_come_first_each_once() -> None:
    events = [Event("view", "a", 1), Event("view", "b", 2), Event("cart", "c", 3), Event("view", "a", 4)]
    assert sheet.recent([*events, Event("view", "one", 5)], "one") == ["a", "b"]


def test_a_later_picture_is_mentioned_only_if_the_first_is_not_compared() -> None:
    images = ["https://x/1.jpg", "https://x/2.jpg"]
    assert sheet.uses_later_picture({"images": images, "embedding": {"image": images[1]}})
    assert not sheet.uses_later_picture({"images": images, "embedding": {"image": images[0]}})
    assert not sheet.uses_later_picture({"images": images, "embedding": {"status": "pending"}})
    assert not sheet.uses_later_picture({})
