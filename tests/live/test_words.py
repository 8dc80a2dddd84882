"""Words that shoppers type find what they name."""

import json
import re
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from demo.golden_queries import judged_queries
from es_mappings.facets import Filters
from es_mappings.keywords import Keywords
from es_mappings.queries import browse
from evaluation.asking import ask_queries, measure_queries
from evaluation.shops import LocalShop
from indexer import synonyms
from indexer.cli.main import main
from indexer.relevance.golden import merge
from indexer.synonyms import Rule
from search.cursors import Cursors
from search.navigation import Navigation
from search.parameters import SearchParameters
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
        if pair.endswith(":false"):
            continue
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


def test_a_mistyped_word_finds_no_units(shop: Shop) -> None:
    def tokens(text: str) -> list[str]:
        analysed = shop.client.indices.analyze(index=shop.alias, analyzer="shop_text", text=text)
        return [token["token"] for token in analysed["tokens"]]

    mistyped = "klied klies klys kness kities kisms"  # the stemmer would leave a k of each: that of "4K"
    assert tokens(mistyped) == mistyped.split()
    assert tokens("quickly dresses prettiness plies cities") == ["quick", "dress", "pretty", "ply", "city"]


def test_ids_and_style_ids_are_found(web: FlaskClient, shop: Shop) -> None:
    product = next(p for p in _catalogue(shop) if p.get("style_id"))
    assert search(web, q=product["id"])["products"][0]["id"] == product["id"]
    assert search(web, q=product["id"].upper())["products"][0]["id"] == product["id"]
    style = search(web, q=product["style_id"], size=100)["products"]
    assert {p["id"] for p in style} >= {p["id"] for p in _catalogue(shop) if p.get("style_id") == product["style_id"]}


@pytest.fixture
def sandbox_synonyms(shop: Shop) -> Iterator[None]:
    """The rules that the sandbox starts with."""
    rules = synonyms.parse_rules(Path("demo/synonyms.txt").read_text().splitlines())
    synonyms.change(shop.index, rules, author="test")
    yield
    undone = synonyms.change(shop.index, remove=rules, author="test")
    assert undone
    assert len(undone.removed) == len(rules)


def test_queries_find_what_they_ask_for(shop: Shop, sandbox_synonyms: None) -> None:
    judgements = list(judged_queries(shop.catalogue.parent / "truth.jsonl", typos=150))
    answers = ask_queries(LocalShop(shop.index), judgements, [], depth=24)
    hits = measure_queries(answers, merge(judgements), ["hit@24"])["hit@24"]
    missed = {topic: answers.first_pages[topic].keywords for topic, hit in hits.items() if not hit}
    for group in {judgement.group for judgement in judgements}:
        of_group = [hit for topic, hit in hits.items() if answers.groups[topic] == group]
        least = {"typo": 0.95, "noise": 0.9}.get(group, 1.0)
        assert statistics.mean(of_group) >= least, (group, missed)
    assert len(hits) > 300


def test_queries_that_find_something_are_never_relaxed(shop: Shop, sandbox_synonyms: None) -> None:
    judgements = list(judged_queries(shop.catalogue.parent / "truth.jsonl", typos=20))
    # Elasticsearch counts deleted products in scores until it merges them away, which it may do between two searches.
    shop.client.indices.forcemerge(index=shop.alias, max_num_segments=1)
    shop.index.refresh()
    relaxed, verbatim = (
        ask_queries(LocalShop(shop.index), judgements, parameters, depth=24)
        for parameters in ([], [("verbatim", "true")])
    )
    found = [topic for topic, page in verbatim.first_pages.items() if page.total]
    assert all(relaxed.run[topic] == verbatim.run[topic] for topic in found)
    assert 200 < len(found) < len(verbatim.run)


def test_what_a_product_is_not_does_not_describe_it(web: FlaskClient, shop: Shop) -> None:
    belted = [p["id"] for p in walk(web, q="belted dress", size=50)]
    attributes = {p["id"]: p["attributes"] for p in _catalogue(shop)}
    assert belted
    assert all(attributes[name].get("belted") for name in belted)


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


@pytest.mark.parametrize("q", ["red dress", "blu dres", "wireless striped dress", "notebook", "55inch tv"])
def test_totals_facets_and_scores_say_what_is_shown(shop: Shop, sandbox_synonyms: None, q: str) -> None:
    navigation = Navigation(shop.index, Cursors("a secret of this test, long enough"))
    parameters = SearchParameters(q=q, size=7)
    first = listing = navigation.listing(parameters)
    hits = list(listing.result.hits)
    while listing.next_cursor:
        listing = navigation.listing(parameters.model_copy(update={"cursor": listing.next_cursor}))
        hits += listing.result.hits
        assert listing.search.keywords == first.search.keywords
        assert listing.result.total == first.result.total
    assert len({hit.product["id"] for hit in hits}) == len(hits) == first.result.total > 0
    scores = [hit.score or 0 for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert first.result.facets
    counted = {value.value: value.count for value in first.result.facets.terms["brand"]}
    shown = Counter(hit.product["brand"] for hit in hits if hit.product.get("brand"))
    assert all(shown[brand] == count for brand, count in counted.items())
    assert counted


def test_keywords_and_meaning_join_in_one_order(web: FlaskClient) -> None:
    words = "floral dress"
    by_keywords = walk(web, q=words, size=7)
    hybrid = {"q": words, "text": words, "size": 7}
    joined = walk(web, **hybrid, relevance=0.5)
    total = search(web, q=words)["total"]
    assert search(web, **hybrid, relevance=0.5)["total"] == total
    assert search(web, **hybrid, relevance=0.5)["facets"] == search(web, q=words, size=7)["facets"]
    ids = [p["id"] for p in joined]
    assert len(set(ids)) == len(ids) == total["value"]
    assert set(ids) == {p["id"] for p in by_keywords}
    assert ids != [p["id"] for p in by_keywords]
    assert ids == [p["id"] for p in walk(web, **hybrid, relevance=0.5)]


def test_the_command_line_says_what_was_searched_for(shop: Shop) -> None:
    printed = CliRunner().invoke(main, ["search", "laptp"]).output
    assert "Searched for: laptop\n" in printed
    assert (
        "Searched for: wireless striped dress, some of the words"
        in CliRunner().invoke(main, ["search", "wireless", "striped", "dress"]).output
    )
    assert "Searched for" not in CliRunner().invoke(main, ["search", "laptop"]).output


def test_words_that_find_something_stay_as_they_are(web: FlaskClient) -> None:
    assert search(web, q="dress")["keywords"] == {"text": "dress", "partial": False}


def test_most_of_the_words_are_better_than_nothing(web: FlaskClient) -> None:
    answer = search(web, q="wireless striped dress")
    assert answer["keywords"]["partial"]
    assert all("Dresses" in p["category"] for p in answer["products"][:5])


def test_synonyms_count_without_a_new_index(web: FlaskClient, shop: Shop) -> None:
    rules = [Rule.parse("television, tv"), Rule.parse("sleeping bag => dress")]
    synonyms.change(shop.index, rules, author="test")
    fresh = create_app(shop.settings).test_client()  # another process, which has no rules cached
    try:
        assert search(fresh, q="television")["total"] == search(fresh, q="tv")["total"]
        assert search(fresh, q="television")["total"]["value"]
        assert search(fresh, q="sleeping bags")["total"] == search(fresh, q="dress")["total"]
    finally:
        undone = synonyms.change(shop.index, remove=rules, author="test")
        assert undone
        assert len(undone.removed) == 2


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
        queues.searches.add({"Sage  midi dress": MIN_COUNT - 1, words: 1})
        assert not before
        assert words in queues.searches.read()
    fresh = create_app(shop.settings).test_client()
    first = fresh.get("/api/suggest?q=sage+mi").get_json()["suggestions"][0]
    assert (first["kind"], first["text"]) == ("search", words)
