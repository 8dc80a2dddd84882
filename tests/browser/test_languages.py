"""The German shop, as a German browser shows it, and what a choice at the foot of the page does."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.shopper import anchors, hearts
from webapp import catalogues

_BLANKS = re.compile(r"%\(\w+\)s|<[^>]+>")


@pytest.fixture
def german(browser: Browser, storefront: str) -> Iterator[Page]:
    """Open a page of a browser that prefers German."""
    context = browser.new_context(base_url=storefront, locale="de-DE", reduced_motion="reduce")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def _english(page: Page) -> list[str]:
    """Return the texts of the code that a page shows, or has read out, as they are written there."""
    shown: str = page.evaluate(
        "[document.title, document.body.innerText, ...Array.from(document.querySelectorAll('[aria-label], [title], "
        "[placeholder], [alt]'), e => [e.ariaLabel, e.title, e.placeholder, e.alt].join('\\n'))].join('\\n')"
    )
    texts = [form for text in catalogues.texts() for form in ((text,) if isinstance(text, str) else text)]
    # Parts of a word or two are parts of German, and of the catalogue's titles, too.
    parts = {part.strip(" :.,“”") for text in texts for part in _BLANKS.split(text)}
    return [part for part in parts if len(part.split()) > 2 and part in shown]


def test_a_german_browser_gets_a_german_shop(german: Page) -> None:
    page, english = german, []
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ein Herz genügt.")
    english += _english(page)
    page.get_by_role("combobox", name="Im Shop suchen").press_sequentially("dress")
    expect(page.get_by_role("listbox", name="Vorschläge")).to_be_visible()
    expect(page.locator("#status")).to_have_text(re.compile(r"\d+ Vorschl"))

    page.goto("/search?category=Toys&in_stock=true")
    expect(page.locator(".summary")).to_have_text(re.compile(r"\d+ Artikel · nach Relevanz sortiert"))
    expect(page.locator("#grid .card-price").first).to_have_text(re.compile(r"^\d+,\d\d\s€"))
    english += _english(page)
    page.get_by_role("link", name="Mehr zeigen").click()
    expect(page.locator("[data-shown]")).to_have_text(re.compile(r"^(?!24 )\d+ von \d+$"))
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    expect(page.get_by_role("heading", name="Sortiert nach dem, was dir gefällt")).to_be_visible()
    expect(page.locator(".match").first).to_have_text(re.compile(r"\d+\s%"))
    page.locator(".why-link").first.click()
    expect(page.locator(".why[open]")).to_be_visible()
    english += _english(page)

    page.locator("#grid .card-title a").first.click()
    expect(page.get_by_role("heading", name="Mehr davon")).to_be_visible()
    english += _english(page)
    page.get_by_role("button", name="In den Warenkorb").click()
    expect(page.get_by_role("link", name="Dein Warenkorb, 1 Artikel")).to_be_visible()
    page.get_by_role("link", name="Dein Warenkorb").click()
    expect(page.locator(".bag-total")).to_have_text(re.compile(r",\d\d\s€"))
    english += _english(page)
    page.get_by_role("button", name="Bestellung aufgeben").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bestellt")
    for address in ("/lists", "/your-data", "/photo", "/nowhere"):
        english += _english(page)
        page.goto(address)
    assert [*english, *_english(page)] == []


def test_a_choice_at_the_foot_of_the_page_stays_for_the_visit(page: Page) -> None:
    page.goto("/search?category=Dresses")
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(anchors(page)).to_have_count(1)
    page.goto("/bag")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dein Warenkorb")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your bag")


def test_without_cookies_and_script_the_address_carries_the_language(browser: Browser, storefront: str) -> None:
    context = browser.new_context(base_url=storefront, java_script_enabled=False)
    page = context.new_page()
    page.goto("/search?category=Dresses&lang=de")
    page.locator("#q").fill("midi")
    context.clear_cookies()
    page.locator("#q").press("Enter")
    expect(page).to_have_url(re.compile("q=midi.*lang=de|lang=de.*q=midi"))
    expect(page.locator("html")).to_have_attribute("lang", "de")
    context.clear_cookies()
    page.locator("#grid .card-title a").first.click()
    expect(page).to_have_url(re.compile("/products/.*lang=de"))
    expect(page.locator("html")).to_have_attribute("lang", "de")
    context.close()
