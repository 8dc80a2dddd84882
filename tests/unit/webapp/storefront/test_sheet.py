"""What a product's page shows besides its listing."""

from es_mappings.behaviour import Event
from search.parameters import SearchParameters
from webapp.storefront import sheet
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
    parameters = SearchParameters(but=("cheaper", "in_color:blue"))
    found = {but.label: but for but in sheet.buts(PRODUCT, Links(parameters, "one"))}
    assert [label for label, but in found.items() if but.active] == ["Cheaper", "In blue"]
    assert found["Cheaper"].url == "/products/one?but=in_color:blue"
    assert found["In blue"].url == "/products/one?but=cheaper"
    assert found["In red"].url == "/products/one?but=cheaper&but=in_color:red"
    assert found["In red"].color == "#c0202c"


def test_what_makes_no_difference_is_not_offered() -> None:
    bare = {"id": "one", "attributes": {"color": "Dark red"}}
    labels = [but.label for but in sheet.buts(bare, Links(SearchParameters(), "one"))]
    assert labels == ["In stock", "In navy", "In green", "In black", "In white"]


def test_the_latest_views_come_first_each_once() -> None:
    events = [Event("view", "a", 1), Event("view", "b", 2), Event("cart", "c", 3), Event("view", "a", 4)]
    assert sheet.recent([*events, Event("view", "one", 5)], "one") == ["a", "b"]
