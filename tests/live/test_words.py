"""Words that shoppers type find what they name."""

import json
import random
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from es_mappings.facets import Filters
from es_mappings.keywords import Keywords
from es_mappings.queries import browse
from indexer import synonyms
from indexer.synonyms import Rule
from tests.conftest import Shop
from tests.live.shopping import search, walk
from webapp import create_app
from workers.queues.frequent_searches import MIN_COUNT
from workers.queues.handle import Queues


def _catalogue(shop: Shop) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shop.catalogue.read_text().splitlines()]


def test_the_words_of_every_attribute_value_find_its_products(web: FlaskClient, shop: Shop) -> None:
    answer = shop.index.search(size=0, aggs={"pairs": {"terms": {"field": "facets", "size": 10_000}}})
    missed = {}
    for bucket in answer["aggregations"]["pairs"]["buckets"]:
        pair = bucket["key"]
        for words in (pair.partition(":")[2], pair.replace(":", " ").replace("_", " ")):
            query = browse(Keywords(words), Filters())
            query["bool"]["filter"].append({"term": {"facets": pair}})
            count = shop.client.count(index=shop.alias, query=query)["count"]
            if count != bucket["doc_count"]:
                missed[pair, words] = (count, bucket["doc_count"])
    assert not missed
    assert len(answer["aggregations"]["pairs"]["buckets"]) > 100


@pytest.mark.parametrize("spellings", [("16gb laptop", "16 GB laptop", "laptop 16 gb"), ("55inch", '55"', "55 inch")])
def test_numbers_and_units_are_found_however_they_are_written(web: FlaskClient, spellings: tuple[str, ...]) -> None:
    totals = {search(web, q=words)["total"]["value"] for words in spellings}
    assert len(totals) == 1
    assert totals.pop() > 0


def test_ids_and_style_ids_are_found(web: FlaskClient, shop: Shop) -> None:
    product = next(p for p in _catalogue(shop) if p.get("style_id"))
    assert search(web, q=product["id"])["products"][0]["id"] == product["id"]
    assert search(web, q=product["id"].upper())["products"][0]["id"] == product["id"]
    style = search(web, q=product["style_id"], size=100)["products"]
    assert {p["id"] for p in style} >= {p["id"] for p in _catalogue(shop) if p.get("style_id") == product["style_id"]}


def _typo(word: str, draw: random.Random) -> str:
    """Drop, double or swap one letter, never the first."""
    at = draw.randrange(1, len(word) - 1)
    return draw.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )


def test_misspelt_words_find_what_was_meant(web: FlaskClient, shop: Shop) -> None:
    titles = " ".join(p["title"].lower() for p in _catalogue(shop) if p["attributes"])
    words = sorted(set(re.findall(r"[a-z]{5,}", titles)))
    draw = random.Random(3)
    missed = []
    for word in draw.sample(words, 100):
        typo = _typo(word, draw)
        meant = {p["id"] for p in search(web, q=word, size=100)["products"]}
        if not meant & {p["id"] for p in search(web, q=typo)["products"]}:
            missed.append((word, typo))
    assert len(missed) <= 5, missed


@pytest.mark.parametrize(
    ("q", "meant"), [("laptp", "laptop"), ("blu dres", "blue dress"), ("polkadot", "polka dot"), ("lap top", "laptop")]
)
def test_the_page_and_the_api_say_what_was_searched_for(web: FlaskClient, q: str, meant: str) -> None:
    answer = search(web, q=q)
    assert answer["keywords"] == {"text": meant, "partial": False}
    assert answer["total"] == search(web, q=meant)["total"]
    assert answer["total"]["value"]
    page = web.get("/search", query_string={"q": q}).get_data(as_text=True)
    assert f"Showing results for <strong>\N{LEFT DOUBLE QUOTATION MARK}{meant}" in page
    assert search(web, q=q, verbatim="true")["total"]["value"] == 0


def test_all_pages_of_a_corrected_search_are_of_the_same_words(web: FlaskClient) -> None:
    ids = [p["id"] for p in walk(web, q="blu dres", size=5)]
    assert ids == [p["id"] for p in walk(web, q="blue dress", size=5)]
    assert len(set(ids)) == len(ids) > 5


def test_words_that_find_something_stay_as_they_are(web: FlaskClient) -> None:
    assert search(web, q="dress")["keywords"] == {"text": "dress", "partial": False}


def test_most_of_the_words_are_better_than_nothing(web: FlaskClient) -> None:
    answer = search(web, q="wireless striped dress")
    assert answer["keywords"]["partial"]
    assert all("Dresses" in p["category"] for p in answer["products"][:5])


def test_synonyms_count_without_a_new_index(web: FlaskClient, shop: Shop) -> None:
    rules = [Rule.parse("television, tv"), Rule.parse("sleeping bag => dress")]
    synonyms.add(shop.index, rules)
    fresh = create_app(shop.settings).test_client()  # another process, which has no rules cached
    try:
        assert search(fresh, q="television")["total"] == search(fresh, q="tv")["total"]
        assert search(fresh, q="television")["total"]["value"]
        assert search(fresh, q="sleeping bags")["total"] == search(fresh, q="dress")["total"]
    finally:
        assert synonyms.remove(shop.index, rules) == 2


def test_a_page_without_products_says_what_to_leave_out(web: FlaskClient, shop: Shop) -> None:
    laptop = next(p for p in _catalogue(shop) if p["category"][0] == "Laptops" and p["brand"])
    asked = {"q": "dress", "filter": f"brand:{laptop['brand']}", "category": "Laptops"}
    assert search(web, **asked)["total"]["value"] == 0
    page = web.get("/search", query_string=asked).get_data(as_text=True)
    assert re.search(rf"Without {re.escape(laptop['brand'])}|Without Laptops|Without all filters", page)


def test_what_is_typed_is_completed_and_leads_to_products(web: FlaskClient) -> None:
    for typed in ("dre", "gingh", "drses", "red dr"):
        suggestions = web.get("/api/suggest", query_string={"q": typed}).get_json()["suggestions"]
        assert suggestions, typed
        assert all(web.get(suggestion["url"]).status_code == 200 for suggestion in suggestions)
        page = web.get(suggestions[0]["url"]).get_data(as_text=True)
        assert "data-product=" in page


def test_what_many_search_for_is_suggested(web: FlaskClient, shop: Shop) -> None:
    words = "sage midi dress"
    assert search(web, q=words)["keywords"]["text"] == words
    with Queues.open(shop.settings) as queues:
        before = words in queues.searches.read()
        for _ in range(MIN_COUNT):
            queues.searches.count("Sage  midi dress")
        assert not before
        assert words in queues.searches.read()
    fresh = create_app(shop.settings).test_client()
    first = fresh.get("/api/suggest?q=sage+mi").get_json()["suggestions"][0]
    assert (first["kind"], first["text"]) == ("search", words)
