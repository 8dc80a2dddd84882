"""A rule is made on the page that it changes: by dragging, by keyboard, and without JavaScript."""

from playwright.sync_api import Locator, Page, expect

from indexer import synonyms
from indexer.relevance.publications import Publications
from tests.browser.accessibility import assert_accessible
from tests.browser.staff import log_in
from tests.conftest import Shop

NEW = "/workbench/rules/new?query=midi+dress"


def _placed(page: Page) -> Locator:
    return page.locator(".placed")


def _ids(page: Page) -> list[str]:
    return _placed(page).evaluate_all("items => items.map(item => item.dataset.product)")  # type: ignore[no-any-return]


def _at(page: Page, place: int, product_id: str) -> None:
    """Expect a product at a place."""
    expect(_placed(page).nth(place - 1)).to_have_attribute("data-product", product_id)


def test_a_product_is_dragged_to_its_place_and_published(page: Page, shop: Shop, store: Publications) -> None:
    log_in(page, shop, "/workbench/rules")
    page.goto(NEW)
    assert_accessible(page)
    first, *_, sixth = _ids(page)[:6]
    page.get_by_label("Banner above the page").fill("New midi dresses")  # what is typed stays
    _placed(page).first.scroll_into_view_if_needed()  # as who drags sees both places
    _placed(page).nth(5).drag_to(_placed(page).nth(1))
    _at(page, 2, sixth)
    expect(page.locator(".is-pinned")).to_have_count(1)
    expect(page.get_by_label("Product to pin, 1")).to_have_value(sixth)
    expect(page.get_by_role("button", name="Unpin")).to_be_focused()
    expect(page.get_by_label("Banner above the page")).to_have_value("New midi dresses")
    _at(page, 1, first)
    assert_accessible(page)
    page.get_by_label("Name", exact=True).fill("midi")
    page.get_by_role("button", name="Save and publish").click()
    expect(page.get_by_text("Published: shoppers see it")).to_be_visible()
    [rule] = store.live().rules
    assert [(pin.id, pin.position) for pin in rule.then.pin] == [(sixth, 2)]
    page.goto("/workbench/rules")
    expect(page.get_by_role("row", name="midi")).to_contain_text("say “New midi dresses”")
    assert_accessible(page)
    page.get_by_role("button", name="Turn off midi").press("Enter")
    expect(page.get_by_role("button", name="Turn on midi")).to_be_visible()
    assert store.live().rules == ()


def test_products_are_moved_and_hidden_by_keyboard(page: Page, shop: Shop, store: Publications) -> None:
    log_in(page, shop, "/workbench/rules")
    page.goto(NEW)
    first, second, third = _ids(page)[:3]
    up = _placed(page).nth(2).get_by_role("button", name="Move up")
    up.press("Enter")
    _at(page, 2, third)
    moved = _placed(page).nth(1).get_by_role("button", name="Move up")
    expect(moved).to_be_focused()  # of the same product, where it is now
    moved.press("Enter")
    _at(page, 1, third)
    expect(page.locator("#status")).to_contain_text("products")
    _placed(page).nth(1).get_by_role("button", name="Hide").press("Enter")
    expect(page.get_by_role("heading", name="Hidden one by one")).to_be_visible()
    _at(page, 2, second)
    assert first not in _ids(page)
    page.get_by_role("button", name="Show again").press("Enter")
    _at(page, 2, first)
    assert_accessible(page)


def _hidden(page: Page) -> list[str]:
    return [field.input_value() for field in page.locator("[name=hide]").all()]


def test_filters_are_suggested_and_another_field_follows_the_last(page: Page, shop: Shop, store: Publications) -> None:
    log_in(page, shop, "/workbench/rules")
    page.goto(NEW)
    offered = page.locator("#filters option").evaluate_all("options => options.map(option => option.value)")
    assert {"category:Dresses", "in_stock:false"} <= set(offered)
    chosen = [*[text for text in offered if text.startswith("brand:")][:2], "category:Dresses"]
    for number, text in enumerate(chosen, 1):
        page.get_by_label(f"Hide what matches, {number}").fill(text)
        assert page.get_by_label(f"Hide what matches, {number}").get_attribute("list") == "filters"
    assert _hidden(page) == [*chosen, ""]
    assert_accessible(page)
    page.get_by_label("Hide what matches, 3").press("Enter")  # shows the page with the rule
    expect(page.get_by_text("Nothing is left on this page")).to_be_visible()
    assert _hidden(page) == [*chosen, ""]
    page.get_by_label("Hide what matches, 1").fill("brand")
    page.get_by_role("button", name="Check").press("Enter")
    expect(page.get_by_label("Hide what matches, 1")).to_have_attribute("aria-invalid", "true")
    assert_accessible(page)


def test_everything_works_without_javascript(plain_page: Page, shop: Shop, store: Publications) -> None:
    page = plain_page
    log_in(page, shop, "/workbench/rules")
    page.goto(NEW)
    first, second, third = _ids(page)[:3]
    _placed(page).nth(2).get_by_role("button", name="Move up").click()
    _at(page, 2, third)
    _placed(page).nth(0).get_by_role("button", name="Hide").click()
    _at(page, 1, second)
    page.get_by_label("Hide what matches, 1").fill("price:90000..")
    page.get_by_label("Hide what matches, 2").fill("price:80000..")
    page.get_by_role("button", name="Show", exact=True).click()
    assert _hidden(page) == ["price:90000..", "price:80000..", ""]
    for number in (1, 2):
        page.get_by_label(f"Hide what matches, {number}").fill("")
    page.get_by_label("Last day").fill("2020-01-01")
    page.get_by_label("Name", exact=True).fill("plain")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("alert")).to_contain_text("plain ended on 2020-01-01")
    expect(page.get_by_label("Last day")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Last day").fill("")
    page.get_by_label("Words of the search").press("Enter")  # shows the page, and saves nothing
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Saved as a draft")).to_be_visible()
    assert store.live().rules == ()
    assert first not in _ids(page)


def test_a_synonym_is_seen_before_it_is_saved(page: Page, shop: Shop) -> None:
    log_in(page, shop, "/workbench/synonyms")
    page.goto("/workbench/synonyms?words=gownlike+%3D%3E+dress")
    assert_accessible(page)
    page.get_by_role("button", name="See what would change").press("Enter")
    expect(page.get_by_role("heading", name="“gownlike”: 0 →")).to_be_visible()
    expect(page.locator(".effect img").first).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Save “gownlike => dress”").press("Enter")
    expect(page.get_by_role("row", name="gownlike").first).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Undo change").press("Enter")
    expect(page.get_by_role("link", name="Edit gownlike")).to_have_count(0)
    assert not [rule for rule in synonyms.read(shop.index) if "gownlike" in str(rule)]
