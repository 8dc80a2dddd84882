"""The search box suggests while a shopper types."""

import re

from playwright.sync_api import Page, expect

from tests.browser.shopper import anchors, hearts, is_same_document, mark_document


def test_suggestions_are_chosen_by_keyboard(page: Page) -> None:
    page.goto("/")
    mark_document(page)
    box = page.get_by_role("combobox", name=re.compile("Search in"))
    box.press_sequentially("dres")
    options = page.get_by_role("option")
    dresses = options.filter(has_text=re.compile("^DressesCategory$"))
    expect(dresses).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    for _ in range(options.count()):
        box.press("ArrowDown")
        if dresses.get_attribute("aria-selected") == "true":
            break
    expect(box).to_have_attribute("aria-activedescendant", dresses.get_attribute("id") or "")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?category=Dresses"))
    expect(options).to_have_count(0)
    assert is_same_document(page)


def test_escape_and_leaving_close_the_list(page: Page) -> None:
    page.goto("/")
    box = page.get_by_role("combobox", name=re.compile("Search in"))
    for leave in ("Escape", "Tab"):
        box.fill("")
        box.press_sequentially("dre")
        expect(page.get_by_role("option").first).to_be_visible()
        box.press(leave)
        expect(page.get_by_role("listbox")).to_have_count(0)
    expect(box).to_have_value("dre")


def test_a_suggestion_keeps_the_likes(page: Page) -> None:
    page.goto("/search?category=Toys")
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    box = page.get_by_role("combobox", name=re.compile("Search in"))
    box.press_sequentially("lapt")
    page.get_by_role("option").filter(has_text="Laptops").first.click()
    expect(page).to_have_url(re.compile(r"category=Laptops.*like="))
    expect(anchors(page)).to_have_count(1)


def test_a_product_is_suggested_with_its_picture(page: Page) -> None:
    page.goto("/search?category=Dresses")
    title = page.locator("#grid .card-title").first.inner_text()
    box = page.get_by_role("combobox", name=re.compile("Search in"))
    box.press_sequentially(title[:30])
    option = page.get_by_role("option").filter(has=page.locator("img")).first
    expect(option).to_contain_text(title[:20])
    option.click()
    expect(page).to_have_url(re.compile("/products/"))
