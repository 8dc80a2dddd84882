"""Comparing configurations and judging searches, by keyboard and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from es_mappings.configuration import Configuration
from indexer.relevance.publications import Publications
from indexer.relevance.query_judgements import QueryJudgementStore
from tests.browser.accessibility import assert_accessible
from tests.browser.staff import log_in
from tests.conftest import Shop

FOUR = "/workbench/compare?a=live&b=titles&c=described&d=default&q=striped+dress"


@pytest.fixture
def store(store: Publications) -> Publications:
    """Return a store of two configurations, nothing of which was published."""
    store.save(Configuration(name="titles", keyword_boosts={"title": 9, "description": 1}), "ada")
    store.save(Configuration(name="described", keyword_boosts={"description": 1}), "ada")
    return store


def _fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_four_side_by_side_each_product_explained(page: Page, shop: Shop, store: Publications) -> None:
    log_in(page, shop, "/workbench")
    page.goto(FOUR)
    expect(page.get_by_role("heading", name="described")).to_be_visible()
    _fits(page)
    assert_accessible(page)
    lefts = [page.locator(f"#side-{letter}").bounding_box()["x"] for letter in "abcd"]  # type: ignore[index]
    assert lefts == sorted(set(lefts))
    why = page.locator("section[aria-labelledby=side-b] details[data-explain]").first
    why.locator("summary").press("Enter")
    row = why.get_by_role("row", name="striped title 9")
    expect(row).to_be_visible()
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 800})
    _fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_text("Change titles, and try it here").press("Enter")
    text = page.get_by_label("As a file; nothing is saved")
    text.fill(text.input_value().replace("title = 9", "title = 3"))
    page.get_by_role("button", name="Try it here").press("Enter")
    expect(page.get_by_role("heading", name="Your draft")).to_be_visible()
    assert_accessible(page)
    assert [v.number for v in store.versions(Configuration, "titles")] == [1]


def test_why_and_a_draft_without_javascript(plain_page: Page, shop: Shop, store: Publications) -> None:
    page = plain_page
    log_in(page, shop, "/workbench")
    page.goto(FOUR)
    why = page.locator("section[aria-labelledby=side-b] details[data-explain]").first
    why.locator("summary").click()
    why.get_by_role("link", name="What adds to its place").click()
    expect(page.get_by_role("heading", name="Why here?")).to_be_visible()
    expect(page.get_by_role("row", name="striped title 9")).to_be_visible()
    page.go_back()
    page.get_by_text("Change titles, and try it here").click()
    page.get_by_role("button", name="Try it here").click()
    expect(page.get_by_role("heading", name="Your draft")).to_be_visible()
    page.locator("section[aria-labelledby=side-b]").get_by_role("button", name="Why?").first.click()
    expect(page.get_by_text("Under Your draft.")).to_be_visible()
    page.goto(FOUR)
    page.get_by_text("Change titles, and try it here").click()
    page.get_by_role("button", name="Open in the editor").click()
    expect(page.get_by_text("Nothing is wrong with it.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Versions")).to_be_visible()


def test_a_draft_is_tried_on_many_searches_and_each_leads_to_its_pages(
    page: Page, shop: Shop, store: Publications
) -> None:
    log_in(page, shop, "/workbench/configurations/new")
    text = page.get_by_label("As a file")
    text.fill(text.input_value().replace("title = 4", "title = 40"))
    page.get_by_label("Preview next to what is live").fill("striped dress")
    page.get_by_role("button", name="Preview").press("Enter")
    expect(page.get_by_label("Another")).to_have_value("new")
    assert page.get_by_label("Another").locator("option:checked").inner_text() == "Your draft"
    page.get_by_label("Search", exact=True).last.fill("")
    page.get_by_label("Or many searches").fill("striped dress\nred toy")
    page.get_by_role("button", name="Compare", exact=True).press("Enter")
    expect(page.get_by_text("2 searches: the pages share")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="striped dress").press("Enter")
    expect(page.get_by_role("heading", name="Your draft")).to_be_visible()
    page.get_by_label("Another").select_option("titles")  # who chooses another one gets it
    page.get_by_role("button", name="Compare", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="titles")).to_be_visible()
    assert [version.name for version in store.all(Configuration)] == ["described", "titles"]


def test_searches_are_judged_by_keyboard_with_a_reason(page: Page, shop: Shop, store: Publications) -> None:
    judgements = QueryJudgementStore(shop.index)
    shop.client.options(ignore_status=404).indices.delete(index=judgements.index)
    log_in(page, shop, "/lab/queries")
    assert_accessible(page)
    page.get_by_label("Searches, one a line").fill("dress")
    page.get_by_role("button", name="Draw", exact=True).press("Enter")
    page.get_by_role("link", name="Start judging").press("Enter")
    expect(page.get_by_role("heading", name="Somebody types “dress”")).to_be_visible()
    assert_accessible(page)
    _fits(page)
    page.get_by_label("Your reason").fill("No stripes, 3 dots")  # its keys grade nothing
    page.get_by_role("button", name="0 Not that").press("Enter")
    expect(page.get_by_text("Product 2 of")).to_be_visible()
    page.keyboard.press("3")
    expect(page.get_by_text("Product 3 of")).to_be_visible()
    assert [(j.grade, j.note) for j in judgements.all()] == [(0, "No stripes, 3 dots"), (3, None)]
    shop.client.indices.delete(index=judgements.index)
