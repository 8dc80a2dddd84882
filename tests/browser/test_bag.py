"""The bag, the sandbox checkout, recommendations from browsing, and erasing data."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shopper import anchors, ids, is_same_document, mark_document, sort_by


def _view(page: Page, category: str, count: int) -> list[str]:
    page.goto(f"/search?category={category}&in_stock=true")
    viewed = ids(page)[:count]
    for product_id in viewed:
        page.goto(f"/products/{product_id}")
    return viewed


def _bag(page: Page, number: int) -> None:
    size = page.locator(".size:not(:has(:disabled))")
    if size.count():
        size.first.click()
    page.get_by_role("button", name=re.compile("Add")).click()
    expect(page.locator(".tool")).to_have_text(str(number))


def test_from_product_to_order_without_a_page_load(page: Page) -> None:
    [toy] = _view(page, "Toys", 1)
    mark_document(page)
    _bag(page, 1)
    _bag(page, 2)
    page.get_by_role("link", name="Your bag").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your bag")
    page.get_by_label("How many of").fill("3")
    page.get_by_role("button", name="Change").click()
    expect(page.locator(".tool")).to_have_text("3")
    expect(page.get_by_role("heading", name="Similar to your bag")).to_be_visible()
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ordered")
    expect(page.locator(".notice")).to_contain_text("Nothing was charged")
    expect(page.locator(".tool")).to_have_text("")
    assert is_same_document(page)
    page.goto("/")
    expect(page.locator(f".rail .card-title a[href*='{toy}']")).to_have_count(0)


def test_removing(page: Page) -> None:
    _view(page, "Toys", 1)
    _bag(page, 1)
    page.goto("/bag")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Your bag is empty")).to_be_visible()


def test_inspired_by_browsing_until_it_is_undone(page: Page) -> None:
    one, two = _view(page, "Dresses", 2)
    page.goto("/")
    mark_document(page)
    rail = page.get_by_role("region", name="Inspired by your browsing")
    expect(rail.locator(".card").first).to_contain_text("Because you viewed")
    expect(rail.locator(".source")).to_have_count(2)
    rail.locator(f"form:has([value='{one}']) button").click()
    expect(rail.locator(".source")).to_have_count(1)
    rail.locator(f"form:has([value='{two}']) button").click()
    expect(rail).to_have_count(0)
    assert is_same_document(page)


def test_a_category_sorted_by_browsing(page: Page) -> None:
    one, two = _view(page, "Dresses", 2)
    page.goto("/search?category=Dresses")
    sort_by(page, "Inspired by your browsing")
    expect(anchors(page)).to_have_count(2)
    expect(page.locator(".anchor-because").first).to_have_text("viewed")
    assert not {one, two} & set(ids(page))
    expect(page.locator(".anchors h2")).to_have_text("Sorted by your browsing")
    anchors(page).first.get_by_role("link", name="Remove").click()
    expect(anchors(page)).to_have_count(1)
    page.go_back()
    expect(anchors(page)).to_have_count(2)


def test_shoppers_can_download_and_erase_their_data(page: Page) -> None:
    viewed = _view(page, "Toys", 2)
    _bag(page, 1)
    page.get_by_role("link", name="What is remembered about you").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all of it").click()
    data = json.loads(download.value.path().read_text())
    assert {event["product_id"] for event in data["events"]} == set(viewed)
    page.get_by_role("button", name="Forget me").click()
    expect(page.get_by_text("Nothing about you is remembered")).to_be_visible()
    page.goto("/")
    expect(page.locator(".rail")).to_have_count(0)
    expect(page.locator(".tool")).to_have_text("")


def test_the_cookie_is_out_of_reach_of_scripts(page: Page) -> None:
    _view(page, "Toys", 2)
    [cookie] = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert page.evaluate("document.cookie") == ""


def test_by_keyboard(page: Page) -> None:
    _view(page, "Toys", 1)
    page.get_by_role("button", name="Add to bag").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tool")).to_have_text("1")
    expect(page.get_by_role("button", name="Add another")).to_be_focused()


def test_without_javascript(plain_page: Page) -> None:
    page = plain_page
    _view(page, "Dresses", 2)
    _bag(page, 1)
    page.get_by_role("link", name="Your bag").click()
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ordered")
    page.goto("/")
    rail = page.get_by_role("region", name="Inspired by your browsing")
    rail.get_by_role("button", name=re.compile("Forget that you ordered")).click()
    expect(rail.locator(".source")).to_have_count(1)
    page.get_by_role("link", name="What is remembered about you").click()
    page.get_by_role("button", name="Forget me").click()
    expect(page.get_by_text("Nothing about you is remembered")).to_be_visible()


@pytest.mark.parametrize("path", ["/bag", "/your-data", "/photo", "/", "/staff/login"])
def test_small_screens_dont_scroll_sideways(page: Page, path: str) -> None:
    _view(page, "Toys", 2)
    _bag(page, 1)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_form_of_another_session_is_refused(troubled_page: Page) -> None:
    page = troubled_page
    _view(page, "Toys", 1)
    page.context.clear_cookies()
    page.get_by_role("button", name="Add to bag").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("go through")
    expect(page.locator(".error-detail")).to_contain_text("This form has expired")
