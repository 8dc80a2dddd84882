"""Judging by keyboard, and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from indexer.relevance.judgements import JudgementStore
from tests.browser.accessibility import violations
from tests.browser.staff import log_in
from tests.conftest import Shop


@pytest.fixture
def store(shop: Shop) -> JudgementStore:
    """Return a store with two anchors to judge and no judgements."""
    store = JudgementStore(shop.index)
    shop.client.options(ignore_status=404).indices.delete(index=store.index)
    ids = sorted(hit["_id"] for hit in shop.client.search(index=shop.alias, size=8, source=False)["hits"]["hits"])
    store.put_pools({ids[0]: ids[1:4], ids[4]: ids[5:8]})
    return store


def _shows(page: Page, pair: int) -> None:
    expect(page.locator("[data-keys]").get_by_text(f"Pair {pair} of 6")).to_be_visible()


def test_keys_grade_and_undo(page: Page, shop: Shop, store: JudgementStore) -> None:
    log_in(page, shop, "/lab/judge")
    _shows(page, 1)
    assert violations(page) == {}
    for done, key in enumerate("3012"):
        _shows(page, done + 1)
        page.keyboard.press(key)
    _shows(page, 5)
    assert [j.grade for j in store.all()] == [3, 0, 1, 2]
    page.keyboard.press("u")
    _shows(page, 4)
    page.keyboard.press("9")  # no grade
    for done in (5, 6):
        page.keyboard.press("1")
        _shows(page, done)
    page.keyboard.press("1")
    expect(page.get_by_text("You have judged every pair.")).to_be_visible()
    assert [j.grade for j in store.all()] == [3, 0, 1, 1, 1, 1]


def test_buttons_do_the_same_without_javascript(plain_page: Page, shop: Shop, store: JudgementStore) -> None:
    page = plain_page
    log_in(page, shop, "/lab/judge")
    expect(page.get_by_role("button", name="Undo the last one")).to_be_disabled()
    page.get_by_role("button", name="All but the same").click()
    expect(page.get_by_text("Pair 2 of 6")).to_be_visible()
    assert [j.grade for j in store.all()] == [3]
    page.get_by_role("button", name="Undo the last one").click()
    expect(page.get_by_text("Pair 1 of 6")).to_be_visible()
    assert list(store.all()) == []
