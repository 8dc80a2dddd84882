"""The whole shop works with links and forms alone."""

import re

from playwright.sync_api import Page, expect

from tests.browser.shopper import anchors, hearts, sort_by, total


def test_like_and_drop(plain_page: Page) -> None:
    page = plain_page
    page.goto("/search?category=Dresses")
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    expect(page.locator(".match").first).to_have_text(re.compile(r"\d+% similar"))
    anchors(page).get_by_role("link", name="Remove like").click()
    expect(anchors(page)).to_have_count(0)


def test_like_this_but_with_words(plain_page: Page) -> None:
    page = plain_page
    page.goto("/search?category=Dresses&sort=price")
    hearts(page).first.click()
    page.get_by_label("… but with").fill("long, with stripes")
    page.get_by_role("button", name="Sort", exact=True).click()
    expect(page).to_have_url(re.compile("text=long"))
    expect(anchors(page)).to_have_count(1)
    expect(page.get_by_text("sorted by similarity").first).to_be_visible()
    page.get_by_role("link", name="Count more: long, with stripes").click()
    expect(page.locator(".words-weight")).to_contain_text("2\N{MULTIPLICATION SIGN}")
    page.get_by_role("link", name="Remove words: long, with stripes").click()
    expect(page).not_to_have_url(re.compile("text="))
    expect(anchors(page)).to_have_count(1)


def test_filter_sort_and_search(plain_page: Page) -> None:
    page = plain_page
    page.goto("/search?category=Dresses")
    before = total(page)
    page.locator(".choice:has(.box)").first.click()
    expect(page.locator(".chip")).to_have_count(1)
    assert total(page) < before
    sort_by(page, "Price, high to low")
    expect(page).to_have_url(re.compile("sort=-price"))
    expect(page.locator(".chip")).to_have_count(1)
    page.get_by_role("combobox").fill("dress")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(2)


def test_next_page(plain_page: Page) -> None:
    page = plain_page
    page.goto("/search?category=Dresses&size=10")
    first = [card.get_attribute("data-product") for card in page.locator(".card").all()]
    page.get_by_role("link", name="Show more").click()
    expect(page.get_by_role("link", name="Back to the start")).to_be_visible()
    second = [card.get_attribute("data-product") for card in page.locator(".card").all()]
    assert len(second) == 10
    assert not set(first) & set(second)


def test_filters_fold_on_a_phone(plain_page: Page) -> None:
    page = plain_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/search?category=Dresses")
    expect(page.locator(".filters")).to_be_hidden()
    page.locator(".drawer summary").click()
    expect(page.locator(".filters")).to_be_visible()
