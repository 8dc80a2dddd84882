"""Sorting, filtering, searching and paging a listing."""

import re

from playwright.sync_api import Page, expect

from tests.browser.shopper import anchors, hearts, ids, is_same_document, mark_document, prices, sort_by, total


def test_sorting_by_price(page: Page) -> None:
    page.goto("/search?category=Dresses")
    mark_document(page)
    sort_by(page, "Price, low to high")
    expect(page).to_have_url(re.compile("sort=price"))
    expect(page.locator(".summary")).to_contain_text("sorted by price, low to high")
    assert prices(page) == sorted(prices(page))
    assert is_same_document(page)


def test_the_sort_menu_closes_on_escape(page: Page) -> None:
    page.goto("/search?category=Dresses")
    menu = page.locator("[data-menu]")
    menu.locator("summary").click()
    expect(menu.get_by_role("link").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link").first).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_a_filter_narrows_and_its_chip_widens_again(page: Page) -> None:
    page.goto("/search?category=Dresses")
    mark_document(page)
    before = total(page)
    value = page.locator(".facet .box").first.locator("..")
    count = int(value.locator(".count").inner_text())
    value.click()
    expect(page.locator(".summary")).to_contain_text(f"{count} product")
    expect(page.locator(".choice:has(.box)[aria-current]")).to_be_focused()
    page.get_by_role("link", name="Remove filter").click()
    expect(page.locator(".summary")).to_contain_text(f"{before} products")
    expect(page.locator(".chip")).to_have_count(0)
    assert is_same_document(page)


def test_filters_that_are_unfolded_stay_unfolded(page: Page) -> None:
    page.goto("/search?category=Dresses")
    folded = page.locator("details.facet:not([open])").first
    name = folded.get_attribute("data-keep")
    folded.locator("summary").first.click()
    page.get_by_role("link", name="In stock only").click()
    expect(page).to_have_url(re.compile("in_stock=true"))
    expect(page.locator(f'details[data-keep="{name}"]')).to_have_attribute("open", "")


def test_a_price_range(page: Page) -> None:
    page.goto("/search?category=Dresses")
    mark_document(page)
    page.get_by_label("From", exact=True).fill("40")
    page.get_by_label("To", exact=True).fill("100")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".chip")).to_have_text(["40 to 100"])
    assert prices(page)
    assert all(40 <= price <= 100 for price in prices(page))
    assert is_same_document(page)


def test_a_search_keeps_the_likes(page: Page) -> None:
    page.goto("/search?category=Dresses")
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    page.get_by_role("combobox").fill("midi")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("“midi” in Dresses")
    expect(anchors(page)).to_have_count(1)
    expect(page.locator(".match").first).to_be_visible()


def test_show_more_appends_without_duplicates(page: Page) -> None:
    page.goto("/search?category=Dresses&size=10")
    address, first = page.url, ids(page)
    for shown in (20, 30):
        page.get_by_role("link", name="Show more").click()
        expect(page.locator("#grid > .card")).to_have_count(shown)
    assert ids(page)[:10] == first
    assert len(set(ids(page))) == 30
    assert page.url == address
    expect(page.locator("[data-shown]")).to_have_text(f"30 of {total(page)}")
    expect(page.get_by_role("status")).to_contain_text("30 of")


def test_back_brings_the_appended_products_too(page: Page) -> None:
    page.goto("/search?category=Dresses&size=10")
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#grid > .card")).to_have_count(20)
    hearts(page).nth(15).click()
    expect(anchors(page)).to_have_count(1)
    page.go_back()
    expect(page.locator("#grid > .card")).to_have_count(20)
    expect(hearts(page).nth(15)).to_be_in_viewport()


def test_the_last_products_end_the_list(page: Page) -> None:
    page.goto("/search?category=Dresses&size=100")
    while page.get_by_role("link", name="Show more").count():
        before = len(ids(page))
        page.get_by_role("link", name="Show more").click()
        page.wait_for_function("before => document.querySelectorAll('#grid > .card').length > before", arg=before)
    assert len(ids(page)) == total(page)


def test_an_empty_result_offers_ways_out(page: Page) -> None:
    page.goto("/search?q=zzzz&category=Dresses")
    expect(page.get_by_role("heading", name="Nothing here matches.")).to_be_visible()
    page.get_by_role("link", name="See all products").click()
    expect(page.locator("#grid > .card").first).to_be_visible()


def test_markup_stays_text(page: Page) -> None:
    page.goto("/search?q=%3Cb%3Ex%3C/b%3E")
    expect(page.get_by_role("heading", level=1)).to_contain_text("<b>x</b>")
    expect(page.get_by_role("combobox")).to_have_value("<b>x</b>")
    assert page.locator("b").count() == 0


def test_a_range_of_numbers(page: Page) -> None:
    page.goto("/search?category=TVs")
    mark_document(page)
    before = total(page)
    page.get_by_label("Screen size (in), from").fill("40")
    page.get_by_label("Screen size (in), to").fill("55")
    page.locator("[data-key='range:screen_size_in']").click()
    expect(page.locator(".chip")).to_have_text(["Screen size (in): 40 to 55"])
    expect(page).to_have_url(re.compile(r"filter=screen_size_in(:|%3A)40\.\.55"))
    assert 0 < total(page) < before
    page.get_by_role("link", name="In stock only").click()
    expect(page.locator(".chip")).to_have_text(["Screen size (in): 40 to 55", "In stock"])
    assert is_same_document(page)


def test_a_slider_of_numbers_narrows_and_widens_again(page: Page) -> None:
    page.goto("/search?category=TVs")
    before = total(page)
    least = page.get_by_role("slider", name="Minimum screen size (in)", exact=False)
    least.focus()
    page.keyboard.press("End")
    expect(page.locator(".chip")).to_have_count(1)
    assert total(page) < before
    page.get_by_role("slider", name="Minimum screen size (in)", exact=False).focus()
    page.keyboard.press("Home")
    expect(page.locator(".chip")).to_have_count(0)
    assert total(page) == before
