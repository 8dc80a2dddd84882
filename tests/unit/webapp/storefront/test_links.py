"""Addresses that change one thing and keep the rest."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from search.parameters import SearchParameters
from webapp.errors import ParameterError
from webapp.reading import read_parameters
from webapp.storefront.links import Links


@pytest.fixture(autouse=True)
def _addresses() -> Iterator[None]:
    app = Flask(__name__)
    app.add_url_rule("/search", "shop.listing")
    app.add_url_rule("/products/<product_id>", "shop.product")
    with app.test_request_context():
        yield


def test_a_like_is_no_longer_a_dislike_and_the_other_way_round() -> None:
    links = Links(SearchParameters(like=("a^2", "b"), dislike=("c",), q="red"))
    assert links.like("c") == "/search?q=red&like=a%5E2&like=b&like=c"
    assert links.dislike("a") == "/search?q=red&like=b&dislike=c&dislike=a"
    assert links.undislike("c") == "/search?q=red&like=a%5E2&like=b"


def test_a_weight_of_one_is_not_written() -> None:
    links = Links(SearchParameters(like=("a^2", "b")))
    assert links.weighed("b", 0.5) == "/search?like=a%5E2&like=b%5E0.5"
    assert links.weighed("a", 1.0) == "/search?like=a&like=b"


def test_what_is_removed_is_named_with_its_weight() -> None:
    links = Links(SearchParameters(like=("a^2",), dislike=("c",)))
    assert links.unliked("a") == "/search?dislike=c&removed=like%3Aa%5E2"
    assert links.undisliked("c") == "/search?like=a%5E2&removed=dislike%3Ac"


def test_an_anchor_is_removed_however_its_weight_was_written() -> None:
    links = Links(SearchParameters(like=("a^1", "b^2.0"), inspired=("c^0.1250", "d")))
    assert links.unlike("a") == "/search?like=b%5E2.0&inspired=c%5E0.1250&inspired=d"
    assert links.unlike("b") == "/search?like=a%5E1&inspired=c%5E0.1250&inspired=d"
    assert links.uninspired("c") == "/search?like=a%5E1&like=b%5E2.0&inspired=d"


def test_a_price_keeps_its_digits() -> None:
    assert (
        Links(SearchParameters(price_min=1234567.89, price_max=2e6)).here()
        == "/search?price_min=1234567.89&price_max=2000000"
    )


def test_sliders_of_a_form_are_read_as_weights() -> None:
    arguments = MultiDict([("weight", "look:0.1"), ("weight-look", "0.5"), ("weight-color", "1")])
    assert read_parameters(arguments, strict=False).weight == ("look:0.5", "color:1")
    with pytest.raises(ParameterError, match="weight"):
        read_parameters(MultiDict([("weight-look", "x")]), strict=False)
    with pytest.raises(ParameterError, match="weight-look"):
        read_parameters(MultiDict([("weight-look", "1")]), strict=True)
