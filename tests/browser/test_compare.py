"""Comparing products: chosen on cards and pages, side by side in a table, by mouse, keyboard and without JavaScript."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.shopper import ids, is_same_document, mark_document


def _compare(page: Page, number: int) -> None:
    page.locator("#grid .compare-link").nth(number).click()


def _is_clean(page: Page) -> bool:
    return not [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in {"serious", "critical"}]


def test_from_cards_to_a_table_without_a_page_load(page: Page) -> None:
    page.goto("/search?category=Dresses&sort=price")
    mark_document(page)
    tray, before = page.get_by_role("complementary", name="Chosen to compare"), ids(page)
    expect(tray).to_be_hidden()
    _compare(page, 0)
    expect(tray.locator("[data-compared]")).to_have_count(1)
    expect(page.locator("#grid .compare-link").first).to_contain_text("Comparing")
    expect(page.locator("#grid .compare-link").first).to_be_focused()
    _compare(page, 2)
    _compare(page, 4)
    expect(tray.locator("[data-compared]")).to_have_count(3)
    assert ids(page) == before
    _compare(page, 2)
    expect(tray.locator("[data-compared]")).to_have_count(2)
    tray.get_by_role("link", name="Compare 2").click()
    expect(page).to_have_url(re.compile(f"/compare\\?ids={before[0]}&ids={before[4]}$"))
    table = page.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_count(2)
    expect(table.get_by_role("row", name="Price (differs)")).to_have_class("is-different")
    expect(tray).to_be_hidden()
    table.get_by_role("link", name=re.compile("^Remove: ")).first.click()
    expect(table.get_by_role("columnheader")).to_have_count(1)
    page.go_back()
    page.go_back()
    expect(tray.locator("[data-compared]")).to_have_count(1)
    assert is_same_document(page)


def test_a_fifth_product_is_too_many(page: Page) -> None:
    page.goto("/search?category=Dresses")
    for number in range(5):
        _compare(page, number)
        expect(page.locator("#tray [data-compared]")).to_have_count(min(number + 1, 4))
    expect(page.locator("#tray")).to_contain_text("4 products fit side by side")
    expect(page.locator("#status")).to_contain_text("4 products fit")
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("#tray")).to_be_hidden()
    expect(page.locator(".is-compared")).to_have_count(0)


def test_a_shared_comparison_shows_what_differs_and_scrolls_on_a_phone(page: Page) -> None:
    page.goto("/search?category=Dresses")
    chosen = ids(page)[:4]
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/compare?" + "&".join(f"ids={product_id}" for product_id in chosen))
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    rows = page.locator(".compare-table tbody tr")
    differing = page.locator(".compare-table tbody tr.is-different").count()
    assert 0 < differing < rows.count()
    assert _is_clean(page)
    page.emulate_media(color_scheme="dark")
    assert _is_clean(page)
    page.get_by_role("link", name="Show only what differs").click()
    expect(rows).to_have_count(differing)


def test_without_javascript(plain_page: Page) -> None:
    page = plain_page
    page.goto("/search?category=Dresses&size=8")
    first, second = ids(page)[:2]
    _compare(page, 0)
    expect(page).to_have_url(re.compile(r"/search\?category=Dresses&size=8$"))
    page.locator("#grid .card-title a").nth(1).click()
    page.get_by_role("link", name=re.compile("^Compare .*[A-Za-z]{3}")).first.click()
    page.locator("#tray").get_by_role("link", name="Compare 2").click()
    expect(page.get_by_role("columnheader")).to_have_count(2)
    assert page.locator(".compare-table thead [data-product]").evaluate_all("t => t.map(c => c.dataset.product)") == [
        first,
        second,
    ]
    page.get_by_role("link", name=re.compile("^Remove: ")).first.click()
    expect(page.get_by_role("columnheader")).to_have_count(1)


def test_a_quick_view_takes_the_focus_and_gives_it_back(page: Page) -> None:
    page.goto("/search?category=Toys&in_stock=true")
    mark_document(page)
    link = page.locator("#grid .quick-link").nth(1)
    title = page.locator("#grid .card-title").nth(1).inner_text()
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=title)
    expect(dialog).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    assert _is_clean(page)
    dialog.get_by_role("button", name="Add to bag").click()
    expect(dialog.get_by_role("button", name="Add another (1 in your bag)")).to_be_focused()
    expect(page.locator(".tool")).to_have_text("1")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    assert "/search" in page.url
    assert is_same_document(page)


def test_without_javascript_a_quick_view_is_the_page(plain_page: Page) -> None:
    plain_page.goto("/search?category=Toys")
    link = plain_page.locator("#grid .quick-link").first
    link.focus()
    plain_page.keyboard.press("Enter")
    expect(plain_page).to_have_url(re.compile("/products/"))
    expect(plain_page.get_by_role("heading", level=1)).to_be_visible()
