"""What a search team does in a day, by its pages: a pin, a synonym, a search that finds nothing, an experiment.

Changing a boost and seeing it on 20 queries is in test_workbench.py.
"""

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from es_mappings.configuration import Configuration
from indexer import synonyms
from indexer.experiments.log import Experiments
from indexer.relevance.interaction_log import InteractionLog
from indexer.relevance.publications import Publications
from indexer.relevance.ubi import Acted, Shown
from tests.browser.accessibility import assert_accessible
from tests.browser.shopper import ids
from tests.browser.staff import log_in
from tests.conftest import Shop, wait_until

SIDE = 150  # simulated visits of each side


@pytest.fixture
def visits(shop: Shop) -> Iterator[InteractionLog]:
    """Return the log of interactions of a shop without experiments; what is simulated is removed in the end."""
    experiments, log = Experiments(shop.index), InteractionLog(shop.index)
    shop.client.options(ignore_status=404).indices.delete(index=experiments.index)
    yield log
    shop.client.options(ignore_status=404).indices.delete(index=experiments.index)
    simulated = {"prefix": {"session_id": _session("")}}
    shop.client.delete_by_query(index=[log.queries, log.events], query=simulated, refresh=True, conflicts="proceed")


def _session(name: str) -> str:
    return f"{dt.datetime.now(dt.UTC):%Y%m%d}-simulated{name}"


def _visit(number: int, side: str, *, clicks: bool) -> list[Shown | Acted]:
    name = f"-{side.replace(':', '-')}-{number:04}"
    session, query, at = _session(name), f"{_session(name)}-query", dt.datetime.now(dt.UTC).timestamp()
    shown = Shown(
        session_id=session, query_id=query, at=at, application="shop", attributes={"experiment": side}, ids=("p1",)
    )
    click = Acted(
        session_id=session, query_id=query, at=at, application="shop", action="click", object_id="p1", position=1
    )
    return [shown, click] if clicks else [shown]


def _save_synonyms(page: Page, shop: Shop, rule: str) -> None:
    """See what a rule of synonyms would change, and save it."""
    page.get_by_role("button", name="See what would change").press("Enter")
    assert_accessible(page)
    page.get_by_role("button", name=f"Save “{rule}”").press("Enter")
    expect(page.get_by_role("button", name="Undo change")).to_be_visible()
    assert rule in map(str, synonyms.read(shop.index))


def _finds(page: Page, words: str) -> bool:
    page.goto(f"/search?q={words}&verbatim=true")
    return bool(ids(page))


def test_a_pinned_product_stands_first_in_the_shop(page: Page, shop: Shop, store: Publications) -> None:
    product = shop.client.search(index=shop.alias, q="title:laptop", size=1)["hits"]["hits"][0]["_source"]["id"]
    log_in(page, shop, "/workbench")
    page.get_by_role("link", name="New rule").press("Enter")
    page.get_by_label("Words of the search").fill("dress")
    page.get_by_label("Product to pin, 1").fill(product)
    page.get_by_label("Its position, 1").fill("1")
    page.get_by_label("Name", exact=True).fill("pinned")
    page.get_by_role("button", name="Save and publish").press("Enter")
    expect(page.get_by_text("Published: shoppers see it")).to_be_visible()
    assert_accessible(page)

    def first() -> str:
        page.goto("/search?q=dress")
        return next(iter(ids(page)), "")

    wait_until(lambda: first() == product, "the pinned product")


def test_a_synonym_is_added_and_its_word_finds(page: Page, shop: Shop, store: Publications, word: str) -> None:
    assert not _finds(page, word)
    log_in(page, shop, "/workbench/synonyms")
    assert_accessible(page)
    page.get_by_label("New synonyms").fill(f"{word} => dress")
    _save_synonyms(page, shop, f"{word} => dress")
    wait_until(lambda: _finds(page, word), "the synonym")


def test_a_search_that_finds_nothing_is_found_and_mended(
    page: Page, shop: Shop, store: Publications, word: str
) -> None:
    assert not _finds(page, word)
    log_in(page, shop, "/workbench/queries")
    row = page.get_by_role("region", name="Without results").get_by_role("row", name=word)

    def is_reported() -> bool:
        assert not _finds(page, word)  # again and again, because other tests' words may be searched for as often
        page.goto("/workbench/queries")
        return row.count() == 1

    wait_until(is_reported, "the report of a search without results")
    row.get_by_role("link", name="Synonym").press("Enter")
    expect(page.get_by_label("New synonyms")).to_have_value(word)
    page.get_by_label("New synonyms").fill(f"{word} => dress")
    _save_synonyms(page, shop, f"{word} => dress")
    wait_until(lambda: _finds(page, word), "the mended search")


def test_an_experiment_runs_until_shoppers_have_decided(
    page: Page, shop: Shop, store: Publications, visits: InteractionLog
) -> None:
    store.save(Configuration(name="titles", keyword_boosts={"title": 6.0}), "ada")
    log_in(page, shop, "/workbench/experiments")
    page.get_by_label("Name", exact=True).fill("boosts")
    page.get_by_label("Control").select_option("live")
    page.get_by_label("Treatment").select_option("titles")
    page.get_by_label("Visits of a side before it is decided").fill("100")
    assert_accessible(page)
    page.get_by_role("button", name="Start", exact=True).press("Enter")
    expect(page.get_by_text("It runs.")).to_be_visible()
    run = Experiments(shop.index).running()
    assert run
    simulated = [_visit(n, f"{run.number}:control", clicks=n % 2 == 0) for n in range(SIDE)]
    simulated += [_visit(n, f"{run.number}:treatment", clicks=False) for n in range(SIDE)]
    visits.write([message for visit in simulated for message in visit])
    shop.client.indices.refresh(index=[visits.queries, visits.events])
    page.get_by_role("button", name="Count now").press("Enter")
    expect(page.get_by_text("by lookalike: worse beyond doubt")).to_be_visible()
    expect(page.get_by_role("button", name="Stop boosts")).to_have_count(0)
    expect(page.get_by_role("heading", name="Start one")).to_be_visible()
    assert Experiments(shop.index).running() is None
    assert_accessible(page)
