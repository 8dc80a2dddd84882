"""Addresses that change one thing and keep the rest."""

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from es_mappings.anchors import MAX_ANCHORS
from search.parameters import SearchParameters
from webapp.storefront.links import Links, here


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
    assert links.unliked("a") == "/search?dislike=c&removed=like:a%5E2"
    assert links.undisliked("c") == "/search?like=a%5E2&removed=dislike:c"


def test_an_order_that_was_chosen_stays_unless_nothing_is_left_to_compare_with() -> None:
    cheap = Links(SearchParameters(q="red", like=("a",), sort="price"))
    assert cheap.unlike("a") == "/search?q=red&sort=price"
    assert cheap.dislike("b") == "/search?q=red&sort=price&like=a&dislike=b"
    assert Links(SearchParameters(q="red", like=("a",), sort="similar")).unlike("a") == "/search?q=red"


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


def test_an_id_that_looks_weighted_is_liked_as_it_is() -> None:
    links = Links(SearchParameters())
    liked = parse_qs(urlsplit(links.like("A^2")).query)["like"]
    assert SearchParameters(like=liked).likes == {"A^2": 1.0}
    assert parse_qs(urlsplit(Links(SearchParameters(like=liked)).weighed("A^2", 4)).query)["like"] == ['"A^2"^4']
    assert "like" not in parse_qs(urlsplit(Links(SearchParameters(like=liked)).unlike("A^2")).query)


def test_words_are_weighed_and_taken_away() -> None:
    links = Links(SearchParameters(like=("a",), text="in denim", sort="similar"))
    assert links.text_weighed(2) == "/search?sort=similar&like=a&text=in+denim%5E2"
    assert links.without_text() == "/search?like=a"
    assert Links(SearchParameters(text="in denim", sort="similar")).without_text() == "/search"


def test_of_as_many_anchors_as_count_a_dislike_can_still_become_a_like() -> None:
    links = Links(SearchParameters(like=tuple(f"l{n}" for n in range(MAX_ANCHORS - 1)), dislike=("d",)))
    assert parse_qs(urlsplit(links.like("d")).query)["like"][-1] == "d"
    assert parse_qs(urlsplit(links.like("other")).query)["full"] == ["true"]


def test_where_a_rule_leads_the_likes_come_along() -> None:
    links = Links(SearchParameters(like=("a^2",), dislike=("b",), q="sale"))
    assert links.redirected("/search?category=Sale&q=#new") == "/search?category=Sale&q=&like=a%5E2&dislike=b#new"
    assert links.redirected("/search?like=c") == "/search?like=c&dislike=b"
    assert links.redirected("https://brand.example/?q=1") == "https://brand.example/?q=1"
    assert Links(SearchParameters(q="sale")).redirected("/search?q=a+b") == "/search?q=a+b"


@pytest.mark.parametrize(("prefix", "path"), [("", "/search?q=red"), ("/shop", "/search?q=red"), ("/shop", "/")])
def test_the_way_back_leads_below_the_prefix_of_a_proxy(prefix: str, path: str) -> None:
    with Flask(__name__).test_request_context(path, environ_overrides={"SCRIPT_NAME": prefix}):
        assert here() == prefix + path
