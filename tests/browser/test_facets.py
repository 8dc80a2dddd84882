"""Facets while they are used: nothing jumps, every value can be reached, and no click ends in nowhere."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.shopper import hearts, ids, is_same_document, mark_document, total


def _order(page: Page) -> list[str]:
    """Return the facets and their values in the order of the page."""
    return page.locator(".filters :is([data-keep^='facet:'], .choice:has(.box))").evaluate_all(  # type: ignore[no-any-return]
        "all => all.map(e => e.dataset.keep ?? e.querySelector('.choice-label').textContent)"
    )


def _facet(page: Page, name: str) -> Locator:
    """Return a facet, unfolded."""
    facet = page.locator(f"details[data-keep='facet:{name}']")
    if facet.get_attribute("open") is None:
        facet.locator("summary").first.click()
    return facet


def _top(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box
    return box["y"]


def test_a_click_far_down_moves_nothing_but_the_products(page: Page) -> None:
    page.goto("/search?category=Dresses")
    mark_document(page)
    before, first = _order(page), ids(page)
    page.mouse.wheel(0, 1200)
    value = _facet(page, "color").locator("a.choice").filter(visible=True).last
    value.scroll_into_view_if_needed()
    key, y = value.get_attribute("data-key"), _top(value)
    value.click()
    expect(page.locator(".chip")).to_have_count(1)
    clicked = page.locator(f'[data-key="{key}"]')
    expect(clicked).to_be_focused()
    assert abs(_top(clicked) - y) <= 2
    assert _order(page) == before
    assert ids(page) != first
    expect(page.locator("#grid > .card").first).to_be_in_viewport()
    assert is_same_document(page)
    clicked.click()
    expect(page.locator(".chip")).to_have_count(0)
    assert abs(_top(clicked) - y) <= 2
    assert _order(page) == before


def test_a_like_keeps_the_order_of_the_facets(page: Page) -> None:
    page.goto("/search?category=Dresses&filter=pattern:solid")
    before = _order(page)
    hearts(page).first.click()
    expect(page.locator(".anchor")).to_have_count(1)
    assert _order(page) == before


def test_on_a_phone_the_clicked_value_stays_under_the_finger(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/search?category=Dresses")
    page.locator(".drawer summary").click()
    value = _facet(page, "brand").locator("a.choice").nth(2)
    value.scroll_into_view_if_needed()
    key, y = value.get_attribute("data-key"), _top(value)
    value.click()
    clicked = page.locator(f'[data-key="{key}"][aria-current]')
    expect(clicked).to_be_focused()
    assert abs(_top(clicked) - y) <= 2


def test_every_value_can_be_reached_and_searched_for(page: Page) -> None:
    page.goto("/search?category=Dresses")
    facet = _facet(page, "color")
    values = facet.locator("li .choice-label")
    count = values.count()
    assert count > 12
    facet.get_by_text(f"Show all {count}").click()
    expect(values.last).to_be_visible()
    last = values.last.inner_text()
    facet.get_by_role("searchbox", name="Search color").fill(last.upper())
    expect(values.filter(visible=True).first).to_have_text(re.compile(last, re.IGNORECASE))
    assert values.filter(visible=True).count() < count
    facet.locator("a.choice").filter(visible=True).first.click()
    expect(page.locator(".chip")).to_have_count(1)
    expect(facet.get_by_role("searchbox")).to_have_value(last.upper())
    assert 0 < values.filter(visible=True).count() < count


def test_colours_show_what_they_are(page: Page) -> None:
    page.goto("/search?category=Dresses")
    swatches = _facet(page, "color").locator("a.choice .swatch circle")
    assert swatches.count() > 5
    assert len(set(swatches.evaluate_all("all => all.map(circle => circle.getAttribute('fill'))"))) > 3
    assert _facet(page, "brand").locator(".swatch").count() == 0


def test_a_spelling_in_capitals_is_the_same_filter(page: Page) -> None:
    page.goto("/search?category=Dresses")
    name = _facet(page, "color").locator("a.choice .choice-label").first.inner_text()
    page.goto(f"/search?category=Dresses&filter=color:{name.lower()}")
    found = total(page)
    assert found
    page.goto(f"/search?category=Dresses&filter=color:{name.upper()}")
    assert total(page) == found
    _facet(page, "color").locator("[aria-current]").click()
    expect(page.locator(".chip")).to_have_count(0)


def test_filters_that_leave_nothing_stay_and_say_which_to_drop(page: Page) -> None:
    page.goto("/search?category=Dresses")
    before = _order(page)
    page.goto("/search?category=Dresses&price_max=1&filter=pattern:solid")
    expect(page.get_by_role("heading", name="Nothing here matches.")).to_be_visible()
    assert _order(page) == before
    page.get_by_role("list", name="What to leave out").get_by_role("link", name="Without Up to").click()
    expect(page.locator("#grid > .card").first).to_be_visible()


def test_without_javascript_all_values_are_there(plain_page: Page) -> None:
    page = plain_page
    page.goto("/search?category=Dresses")
    facet = _facet(page, "color")
    facet.locator(".rest > summary").click()
    expect(facet.locator("li .choice-label").last).to_be_visible()
    expect(facet.get_by_role("searchbox")).to_have_count(0)
    facet.locator(".rest a.choice").last.click()
    expect(page.locator(".chip")).to_have_count(1)
