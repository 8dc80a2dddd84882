"""What counts in the order by similarity: dislikes, weights of likes and aspects, the minimum match, and why."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shopper import anchors, hearts, ids, is_same_document, mark_document

DRESSES = "/search?category=Dresses"


def _like(page: Page, count: int) -> list[str]:
    liked = []
    for number in range(1, count + 1):
        liked.append(ids(page)[0])
        hearts(page).first.click()
        expect(anchors(page)).to_have_count(number)
    return liked


def _set(page: Page, name: str, value: float) -> None:
    """Move a slider as a hand does: drag, then release."""
    slider = page.get_by_label(name, exact=True)
    slider.fill(str(value))
    slider.dispatch_event("change")


def test_a_like_re_sorts(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    page.goto(DRESSES)
    took = []
    for count in range(1, 4):
        heart = hearts(page).first
        begun = time.perf_counter()
        heart.click()
        expect(anchors(page)).to_have_count(count)
        took.append(time.perf_counter() - begun)
    with capsys.disabled():
        print(f" a like re-sorts in {min(took) * 1000:.0f} to {max(took) * 1000:.0f} ms", end="")  # noqa: T201


def test_a_dislike_changes_the_order_and_can_be_removed(page: Page) -> None:
    page.goto(DRESSES)
    _like(page, 1)
    mark_document(page)
    avoided = ids(page)[0]
    card = page.locator("#grid > .card").first
    card.hover()
    card.get_by_role("link", name="Less like this").click()
    expect(page.locator(".anchor.is-disliked")).to_have_count(1)
    expect(page).to_have_url(re.compile(f"dislike={avoided}"))
    assert avoided not in ids(page)
    page.get_by_role("link", name="Remove dislike").click()
    expect(page.locator(".anchor.is-disliked")).to_have_count(0)
    assert is_same_document(page)


def test_a_dislike_alone_hides_the_product(page: Page) -> None:
    page.goto(DRESSES)
    avoided = ids(page)[0]
    card = page.locator("#grid > .card").first
    card.hover()
    card.get_by_role("link", name="Less like this").click()
    expect(page.get_by_role("heading", name=re.compile("^What you don.t like$"))).to_be_visible()
    assert avoided not in ids(page)


def test_a_removed_like_can_be_restored(page: Page) -> None:
    page.goto(DRESSES)
    _like(page, 2)
    page.get_by_role("link", name="Count more").first.click()
    expect(page.locator(".anchor-weight").first).to_contain_text("2")
    order = ids(page)
    anchors(page).first.get_by_role("link", name="Remove like").click()
    expect(anchors(page)).to_have_count(1)
    page.get_by_role("link", name="Undo").click()
    expect(anchors(page)).to_have_count(2)
    expect(page.locator(".undo")).to_have_count(0)
    assert ids(page) == order


def test_a_weight_changes_the_order_and_keeps_the_focus(page: Page) -> None:
    page.goto(DRESSES)
    liked = _like(page, 2)
    for weight in (2, 4):
        page.get_by_role("link", name="Count more").nth(1).click()
        expect(page.locator(".anchor-weight").nth(1)).to_contain_text(f"{weight}")
    expect(page).to_have_url(re.compile(re.escape(f"{liked[1]}%5E4")))
    expect(page.get_by_role("link", name="Count more")).to_have_count(1)


def test_a_slider_re_sorts_and_back_undoes_it(page: Page) -> None:
    page.goto(DRESSES)
    _like(page, 1)
    mark_document(page)
    before, address = ids(page), page.url
    for value in (0.5, 0):
        _set(page, "Look", value)
        expect(page).to_have_url(re.compile(rf"weight=look%3A{value}(&|$)"))
    expect(page.get_by_label("Look", exact=True)).to_be_focused()
    expect(page.locator(".slider-value").first).to_have_text("0")
    assert ids(page) != before
    page.go_back()
    expect(page).to_have_url(address)
    expect(page.get_by_label("Look", exact=True)).not_to_have_value("0")
    assert ids(page) == before
    assert is_same_document(page)


def test_a_dragged_slider_re_sorts_before_its_release(page: Page) -> None:
    page.goto(DRESSES)
    _like(page, 1)
    before, address = ids(page), page.url
    page.get_by_label("Look", exact=True).evaluate(
        "slider => { slider.value = 0; slider.dispatchEvent(new Event('input', { bubbles: true })) }"
    )
    page.wait_for_function(
        "before => [...document.querySelectorAll('#grid > .card')].map(c => c.dataset.product).join() !== before",
        arg=",".join(before),
    )
    assert page.url == address


def test_at_least_one_aspect_always_counts(page: Page) -> None:
    page.goto(DRESSES)
    _like(page, 1)
    for slider in page.locator("[data-aspect]").all():
        name = slider.get_attribute("name") or ""
        slider.fill("0")
        slider.dispatch_event("change")
        expect(page).to_have_url(re.compile(name.replace("weight-", "weight=") + "%3A0"))
    expect(page.locator("#grid > .card").first).to_be_visible()
    assert any(float(s.input_value()) > 0 for s in page.locator("[data-aspect]").all())


def test_no_close_matches_says_so(page: Page) -> None:
    page.goto(DRESSES)
    liked = _like(page, 1)[0]
    page.goto(f"/search?category=Toys&like={liked}&min_match=95")
    expect(page.get_by_role("heading", name="No close matches.")).to_be_visible()
    page.get_by_role("link", name="Show the closest there are").click()
    expect(page.locator("#grid > .card").first).to_be_visible()
    assert "min_match" not in page.url


def test_why_a_product_is_similar(page: Page) -> None:
    page.goto(DRESSES)
    _like(page, 2)
    title = page.locator("#grid .card-title").nth(1).inner_text()
    page.locator("#grid .why-link").nth(1).click()
    words = page.locator(".why[open] .why-words")
    expect(words).to_have_count(1)
    expect(words.get_by_role("meter").first).to_be_visible()
    expect(words).to_contain_text("Closest to")
    expect(page.locator(".card:has(.why[open]) .card-title")).to_have_text(title)
    expect(page.locator(".why[open] summary")).to_be_focused()
    page.reload()
    expect(page.locator(".why[open]")).to_have_count(1)


def test_the_price_has_two_handles(page: Page) -> None:
    page.goto(DRESSES)
    mark_document(page)
    low = page.get_by_label("Minimum price")
    low.fill(str(int(low.get_attribute("min") or 0) + 40))
    low.dispatch_event("change")
    expect(page).to_have_url(re.compile(r"price_min=\d+"))
    assert "price_max" not in page.url
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.get_by_label("Minimum price")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".chip")).to_have_count(1)
    assert is_same_document(page)


def test_sliders_work_by_form_alone(plain_page: Page) -> None:
    page = plain_page
    page.goto(DRESSES)
    hearts(page).first.click()
    before = ids_without_script(page)
    expect(page.get_by_label("Minimum price")).to_be_hidden()
    for _ in range(20):
        page.get_by_label("Look", exact=True).press("ArrowLeft")
    page.locator(".tune").get_by_role("button", name="Apply").click()
    expect(page.get_by_label("Look", exact=True)).to_have_value("0")
    expect(anchors(page)).to_have_count(1)
    assert ids_without_script(page) != before
    page.locator(".why-link").nth(2).click()
    expect(page.locator(".why[open] .why-words")).to_be_visible()


def ids_without_script(page: Page) -> list[str | None]:
    """Return the ids of the products in the grid, in order."""
    return [card.get_attribute("data-product") for card in page.locator("#grid > .card").all()]
