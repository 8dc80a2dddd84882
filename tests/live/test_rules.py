"""Rules hold under every order, and leave totals, facets and pages exact."""

import datetime as dt
import secrets
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from es_mappings.configuration import Configuration
from es_mappings.product import LAYOUT
from es_mappings.rules import Rule
from indexer.elastic.product_index import ProductIndex
from indexer.relevance.rule_checks import faults
from indexer.relevance.versions import Publication
from indexer.settings import Settings
from search.cursors import Cursors
from search.listing import Listing
from search.navigation import Navigation
from search.parameters import SearchParameters
from search.whole_facets import WholeFacets

PRODUCTS = 60
PINS = {"pin": [{"id": "p50", "position": 2}, {"id": "p7", "position": 5}, {"id": "coat", "position": 9}]}
ORDERS: dict[str, dict[str, Any]] = {
    "relevance": {"q": "midi dress"},
    "price": {"q": "midi dress", "sort": "price"},
    "newest": {"q": "midi dress", "sort": "newest"},
    "similar": {"q": "midi dress", "like": ("p3",)},
    "several": {"q": "midi dress", "like": ("p3", "p20"), "mode": "any"},
    "rescore": {"q": "midi dress", "like": ("p3",), "strategy": "rescore"},
    "relevance mixed in": {"q": "midi dress", "like": ("p3",), "relevance": 0.4},
    "grouped": {"q": "midi dress", "like": ("p3",), "group": True},
    "diverse": {"q": "midi dress", "like": ("p3",), "diversity": 0.3},
    "close": {"q": "midi dress", "like": ("p3",), "min_match": 45},
}


@pytest.fixture(scope="module")
def index(settings: Settings, client: Elasticsearch) -> Iterator[ProductIndex]:
    """Return an index of 60 dresses and a coat, two of each style."""
    index = ProductIndex(client, f"{settings.index_name}-ruled-{secrets.token_hex(4)}")
    index.create(f"{index.alias}-1", "space", aliases={index.alias: {}})
    random = np.random.default_rng(6)

    def actions() -> Iterator[dict[str, object]]:
        for number in range(PRODUCTS + 1):
            name = f"p{number}" if number < PRODUCTS else "coat"
            parts = {a.name: random.normal(size=a.dims).astype(np.float32) for a in LAYOUT.aspects}
            yield {
                "_index": f"{index.alias}-1", "_id": name, "id": name, "style": f"s{number // 2}",
                "title": "Midi dress" if number < PRODUCTS else "Coat", "brand": ["Acme", "Petra", "Kip"][number % 3],
                "category_path": ["Dresses" if number < PRODUCTS else "Coats"], "price": 10 + number % 7,
                "added_at": f"2026-01-{1 + number % 28:02}", "in_stock": True, "vector": LAYOUT.compose(parts),
            }  # fmt: skip

    bulk(client, actions(), refresh=True)
    yield index
    client.indices.delete(index=f"{index.alias}-1")


@pytest.fixture(scope="module")
def navigation(index: ProductIndex) -> Navigation:
    return Navigation(index, Cursors("a secret of this test, long enough"))


def _rule(then: dict[str, Any], **when: Any) -> Rule:
    return Rule.model_validate({"name": "mine", "when": {"words": "dresses", **when}, "then": then})


def _live(*rules: Rule, **configuration: Any) -> Publication:
    return Publication(rules=rules, configuration=Configuration(name="default", **configuration))


def _pages(navigation: Navigation, live: Publication, size: int = 7, **parameters: Any) -> list[Listing]:
    """Read all pages, of which the later ones find what was live by its number."""
    navigation._published.numbered = lambda _: live  # type: ignore[method-assign,assignment]
    request = SearchParameters.model_validate({**parameters, "size": size})
    pages = [navigation.listing(request, publication=live)]
    while cursor := pages[-1].next_cursor:
        pages.append(navigation.listing(request.model_copy(update={"cursor": cursor})))
    return pages


def _ids(pages: list[Listing]) -> list[str]:
    return [hit.product["id"] for page in pages for hit in page.result.hits]


@pytest.mark.parametrize("knn", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_pins_keep_their_places_on_exact_pages(navigation: Navigation, order: str, *, knn: bool) -> None:
    thresholds = {"exact_matches": 1, "exact_matches_several": 1, "knn_depth": 20} if knn else {}
    plain = _ids(_pages(navigation, _live(thresholds=thresholds), **ORDERS[order]))
    pages = _pages(navigation, _live(_rule(PINS), thresholds=thresholds), **ORDERS[order])
    ids = _ids(pages)
    assert [ids[1], ids[4], ids[8]] == ["p50", "p7", "coat"]
    assert len(set(ids)) == len(ids)
    assert {page.result.total for page in pages} == {len(ids)}
    styles = {"p50": "p51", "p51": "p50", "p7": "p6", "p6": "p7"} if order == "grouped" else {}
    pinned = {"p50", "p7", "coat", *styles}
    if order != "diverse":  # which weighs products against those before them
        assert [i for i in ids if i not in pinned] == [i for i in plain if i not in pinned]
    assert set(plain) - set(styles) <= set(ids)


@pytest.mark.parametrize("order", ORDERS)
def test_what_is_hidden_is_in_no_count(navigation: Navigation, order: str) -> None:
    then = {"hide": ["brand:Acme"], "hide_ids": ["p1"], "filter": ["in_stock:true"]}
    pages = _pages(navigation, _live(_rule(then)), **ORDERS[order])
    ids, facets = _ids(pages), pages[0].result.facets
    assert facets
    assert len(set(ids)) == len(ids) == pages[0].result.total
    assert {int(i.removeprefix("p")) % 3 for i in ids} == {1, 2}
    assert "p1" not in ids
    assert {value.value for value in facets.terms["brand"]} == {"Petra", "Kip"}
    if order in {"relevance", "price", "newest"}:
        assert sum(value.count for value in facets.terms["brand"]) == len(ids) == 39


def test_facets_without_their_own_filter_follow_rules(navigation: Navigation) -> None:
    live = _live(_rule({"hide": ["brand:Acme"]}))
    [page] = _pages(navigation, live, size=100, q="midi dress", filter=("brand:Kip",))
    assert page.result.facets
    assert {value.value: value.count for value in page.result.facets.terms["brand"]} == {"Petra": 20, "Kip": 20}


@pytest.mark.parametrize("order", [name for name in ORDERS if name not in {"price", "newest", "diverse"}])
def test_boosts_move_products_and_count_nothing_else(navigation: Navigation, order: str) -> None:
    boost = [{"filter": "brand:Kip", "factor": 50}, {"filter": "brand:Acme", "factor": 0.02}]
    plain = _pages(navigation, _live(), **ORDERS[order])
    pages = _pages(navigation, _live(_rule({"boost": boost})), **ORDERS[order])
    ids = _ids(pages)
    brands = [int(i.removeprefix("p")) % 3 for i in ids]
    assert set(ids) == set(_ids(plain)) or order == "grouped"
    assert pages[0].result.total == plain[0].result.total
    assert brands == sorted(brands, key=[2, 1, 0].index)
    assert all((m.similarity or 0) <= 1 for page in pages for m in page.matches)


def test_boosts_move_products_of_a_category_without_words(navigation: Navigation) -> None:
    then = {"boost": [{"filter": "brand:Kip", "factor": 2}, {"filter": "brand:Acme", "factor": 0.5}]}
    live = _live(_rule(then, words="", category="Dresses"))
    pages = _pages(navigation, live, category="Dresses")
    brands = [int(i.removeprefix("p")) % 3 for i in _ids(pages)]
    assert brands == sorted(brands, key=[2, 1, 0].index)
    assert len(set(_ids(pages))) == len(brands) == PRODUCTS


def test_pages_follow_the_rules_of_the_day_of_the_first_one(navigation: Navigation) -> None:
    live = _live(_rule({"hide": ["brand:Acme"]}, ends="2026-08-31"))
    navigation._published.numbered = lambda _: live  # type: ignore[method-assign,assignment]
    request = SearchParameters(q="midi dress", size=30)
    first = navigation.listing(request, publication=live, day=dt.date(2026, 8, 31))
    assert first.result.total == 40
    second = navigation.listing(request.model_copy(update={"cursor": first.next_cursor}))
    ids = _ids([first, second])
    assert second.search.day == dt.date(2026, 8, 31)
    assert len(set(ids)) == len(ids) == 40
    assert not navigation.listing(request, publication=live, day=dt.date(2026, 9, 1)).search.effects.rules


def test_the_whole_facets_of_a_filtered_listing_lack_what_rules_leave_out(
    index: ProductIndex, navigation: Navigation
) -> None:
    whole = WholeFacets(index)
    for live, brands in (
        (_live(), {"Acme", "Petra", "Kip"}),
        (_live(_rule({"hide": ["brand:Acme"]})), {"Petra", "Kip"}),
    ):
        parameters = SearchParameters(q="midi dress", filter=("brand:Kip",))
        facets = whole.read(navigation.listing(parameters, publication=live))
        assert facets
        assert {value.value: value.count for value in facets.terms["brand"]} == dict.fromkeys(brands, 20)


def test_explain_names_the_rule(navigation: Navigation) -> None:
    then = {**PINS, "boost": [{"filter": "brand:Kip", "factor": 2}], "banner": "New dresses"}
    [page] = _pages(navigation, _live(_rule(then)), size=100, q="midi dress", like=("p3",), explain=True)
    rules = {hit.product["id"]: hit.rules for hit in page.result.hits}
    assert rules["p50"] == rules["p2"] == ("mine",)
    assert rules["p1"] == ()
    assert page.search.effects.banners == ["New dresses"]


@pytest.mark.parametrize(
    ("when", "parameters", "applies"),
    [
        ({"words": "dress"}, {"q": "red midi dresses"}, True),
        ({"words": "dress", "match": "exact"}, {"q": "midi dress"}, False),
        ({"words": "", "category": "Dresses"}, {"category": "Dresses"}, True),
        ({"words": "", "category": "Dress"}, {"category": "Dresses"}, False),
        ({"words": "", "likes_category": "Dresses"}, {"like": ("p3",)}, True),
        ({"words": "", "likes_category": "Coats"}, {"like": ("p3",)}, False),
        ({"words": "", "ends": "2020-01-01"}, {}, False),
        ({"words": "", "starts": "2020-01-01"}, {}, True),
        ({"words": "", "configuration": "summer"}, {}, False),
    ],
)
def test_when_a_rule_applies(
    navigation: Navigation, when: dict[str, Any], parameters: dict[str, Any], *, applies: bool
) -> None:
    live = _live(_rule({"banner": "x"}, **when))
    search = navigation.listing(SearchParameters.model_validate(parameters), publication=live).search
    assert bool(search.effects.rules) == applies


def test_a_configuration_switches_rules_off(navigation: Navigation) -> None:
    listing = navigation.listing(SearchParameters(q="dress"), publication=_live(_rule(PINS), rules=False))
    assert not listing.search.effects.rules


def test_filtered_pins_are_not_shown(navigation: Navigation) -> None:
    [page] = _pages(navigation, _live(_rule(PINS)), size=100, q="midi dress", filter=("brand:Kip",))
    ids = _ids([page])
    assert "coat" not in ids
    assert ids[1] == "p50"
    assert page.result.total == len(ids) == 20


def test_an_anchor_or_a_hidden_product_is_not_pinned(navigation: Navigation) -> None:
    [page] = _pages(navigation, _live(_rule(PINS)), size=100, q="midi dress", like=("p50",), dislike=("p7",))
    assert not {"p50", "p7"} & set(_ids([page]))
    assert page.result.total == len(page.result.hits) == 59


@pytest.mark.parametrize(
    ("then", "when", "field", "fault"),
    [
        ({"pin": [{"id": "gone", "position": 1}]}, {}, "then.pin.0", "mine pins gone, which no longer exists"),
        (
            PINS,
            {"category": "Dresses"},
            "then.pin.2",
            "mine pins coat, which its own category, filters or hiding leave out",
        ),
        ({"hide": ["in_stock:true"]}, {}, "then.hide", "mine hides all 61 products that it applies to"),
        ({"filter": ["brand:Kip", "brand:Petra"]}, {}, "then.filter", "mine hides all 61 products that it applies to"),
        (
            {"filter": ["brand:Kip", "brand:Nobody"]},
            {},
            "then.filter.1",
            "mine leaves only brand:Nobody, which no product there has",
        ),
        ({"hide": ["brand:Acme"]}, {"words": "coat"}, "then.hide", "mine hides all that 'coat' finds (1)"),
        ({"hide": ["colour:green"]}, {}, "then.hide.0", "no product has an attribute 'colour'"),
        ({"boost": [{"filter": "brand:Nobody", "factor": 2}]}, {}, "then.boost.0.filter", "no product there is"),
        ({"banner": "x"}, {"ends": "2020-01-01"}, "when.ends", "mine ended on 2020-01-01"),
        ({"banner": "x"}, {"category": "Dreses"}, "when.category", "no product is in 'Dreses'"),
        ({"banner": "x"}, {"likes_category": "Toys"}, "when.likes_category", "no product is in 'Toys'"),
        ({"banner": "x"}, {"configuration": "smmer"}, "when.configuration", "there is no configuration 'smmer'"),
    ],
)
def test_rules_that_nobody_can_want_are_named(
    index: ProductIndex, then: dict[str, Any], when: dict[str, Any], field: str, fault: str
) -> None:
    found = {(f.field, str(f)) for f in faults(index, _rule(then, **when))}
    assert [text for name, text in found if name == field and text.startswith(fault)], found


def test_a_rule_that_does_what_it_says_has_no_faults(index: ProductIndex) -> None:
    then = {**PINS, "hide": ["brand:Acme"], "boost": [{"filter": "category:Coats", "factor": 2}], "banner": "New"}
    assert faults(index, _rule({**then, "pin": PINS["pin"][:1]}, starts="2020-01-01")) == []
