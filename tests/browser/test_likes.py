"""Liking products: the listing re-sorts in place, and everything stays in the address."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.shopper import anchors, hearts, ids, is_same_document, mark_document, sort_by


def test_two_likes_sort_the_listing_without_a_page_load(page: Page) -> None:
    page.goto("/search?category=Dresses")
    mark_document(page)
    liked = []
    for count in (1, 2):
        liked.append(ids(page)[1])
        hearts(page).nth(1).click()
        expect(anchors(page)).to_have_count(count)

    assert is_same_document(page)
    expect(page).to_have_url(re.compile("like=" + ".*like=".join(liked)))
    assert not set(liked) & set(ids(page))
    similar = [int(text.split("%")[0]) for text in page.locator("#grid .match").all_text_contents()]
    assert len(similar) == len(ids(page))
    assert similar == sorted(similar, reverse=True)
    expect(page.locator(".likes")).to_have_text("2")


def test_the_new_order_is_announced(page: Page) -> None:
    page.goto("/search?category=Dresses")
    hearts(page).first.click()
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d+ products, sorted by similarity$"))


def test_a_like_can_be_dropped(page: Page) -> None:
    page.goto("/search?category=Dresses")
    before = ids(page)
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    anchors(page).get_by_role("link", name="Remove like").click()
    expect(anchors(page)).to_have_count(0)
    assert ids(page) == before


def test_all_likes_can_be_dropped_at_once(page: Page) -> None:
    page.goto("/search?category=Dresses")
    for count in (1, 2):
        hearts(page).first.click()
        expect(anchors(page)).to_have_count(count)
    page.get_by_role("link", name="Clear all").click()
    expect(anchors(page)).to_have_count(0)


def test_back_and_forward_restore_the_listings(page: Page) -> None:
    page.goto("/search?category=Dresses")
    mark_document(page)
    before = ids(page)
    hearts(page).nth(2).click()
    expect(anchors(page)).to_have_count(1)
    after = ids(page)

    page.go_back()
    expect(anchors(page)).to_have_count(0)
    assert ids(page) == before
    page.go_forward()
    expect(anchors(page)).to_have_count(1)
    assert ids(page) == after
    assert is_same_document(page)


def test_back_restores_after_a_reload(page: Page) -> None:
    page.goto("/search?category=Dresses")
    before = ids(page)
    hearts(page).nth(2).click()
    expect(anchors(page)).to_have_count(1)
    page.reload()
    page.go_back()
    expect(anchors(page)).to_have_count(0)
    assert ids(page) == before


def test_several_likes_can_count_in_several_ways(page: Page) -> None:
    page.goto("/search?category=Dresses")
    for count in (1, 2):
        hearts(page).first.click()
        expect(anchors(page)).to_have_count(count)
    modes = page.get_by_role("navigation", name="How several likes count")
    modes.get_by_role("link", name="Like any one").click()
    expect(page).to_have_url(re.compile("mode=any"))
    expect(modes.locator("[aria-current]")).to_have_text("Like any one")
    expect(modes.locator("[aria-current]")).to_be_focused()


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/search?category=Dresses&size=4")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.locator(".heart:focus").count():
            break
    expect(hearts(page).first).to_be_focused()
    assert hearts(page).first.evaluate("heart => getComputedStyle(heart).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(anchors(page)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_a_product_is_liked_on_its_page(page: Page) -> None:
    page.goto("/search?category=Dresses")
    page.locator("#grid .card-title a").first.click()
    page.wait_for_url("**/products/*")
    heart = page.locator(".button-like")
    expect(heart).to_have_text("Like")
    mark_document(page)
    heart.click()
    expect(heart).to_have_text("Liked")
    expect(heart).to_be_focused()
    expect(page).to_have_url(re.compile("/products/.*like="))
    heart.click()
    expect(heart).to_have_text("Like")
    page.get_by_role("link", name="Show me more like this").click()
    expect(anchors(page)).to_have_count(1)
    assert is_same_document(page)


def test_a_like_on_the_front_page_sorts_the_shop(page: Page) -> None:
    page.goto("/")
    mark_document(page)
    page.locator(".starts .heart").first.click()
    expect(anchors(page)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_contain_text("All products")
    assert is_same_document(page)


def test_an_overtaken_answer_is_dropped(page: Page) -> None:
    page.goto("/search?category=Dresses")
    delayed: list[Route] = []

    def hold(route: Route) -> None:
        delayed.append(route)

    page.route("**/search?*sort=price*", hold)
    sort_by(page, "Price, low to high")
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    assert len(delayed) == 1
    assert "sort=price" not in page.url


def test_a_failed_fetch_becomes_a_page_load(troubled_page: Page) -> None:
    page = troubled_page
    page.goto("/search?category=Dresses")
    mark_document(page)
    page.route(
        "**/search?*", lambda route: route.abort() if route.request.resource_type == "fetch" else route.continue_()
    )
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    assert not is_same_document(page)


def test_a_click_for_a_new_tab_is_left_alone(page: Page) -> None:
    page.goto("/search?category=Dresses")
    with page.context.expect_page() as opened:
        hearts(page).first.click(modifiers=["ControlOrMeta"])
    expect(anchors(opened.value)).to_have_count(1)
    expect(anchors(page)).to_have_count(0)
