"""Likes that outlast a page, and the lists they are kept in."""

from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import violations
from tests.browser.shopper import anchors, hearts, ids


def _like(page: Page, count: int) -> list[str]:
    liked = []
    page.goto("/search?category=Dresses")
    for number in range(1, count + 1):
        liked.append(ids(page)[0])
        hearts(page).first.click()
        expect(anchors(page)).to_have_count(number)
    return liked


def _keep(page: Page, name: str) -> None:
    page.get_by_role("link", name="Your likes and lists").click()
    page.get_by_label("Name of the list").fill(name)
    page.get_by_role("button", name="Keep as a list").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_the_bag_and_your_data_lose_no_like(page: Page) -> None:
    _like(page, 2)
    page.goto("/bag")
    expect(page.locator(".likes")).to_have_text("2")
    page.goto("/your-data")
    page.locator(".wordmark").click()
    expect(page.locator(".likes")).to_have_text("2")
    expect(anchors(page)).to_have_count(2)


def test_the_last_like_that_is_removed_is_gone(page: Page) -> None:
    _like(page, 1)
    anchors(page).get_by_role("link", name="Remove like").click()
    expect(anchors(page)).to_have_count(0)
    page.goto("/bag")
    expect(page.locator(".likes")).to_have_count(0)


def test_a_list_is_kept_and_sorts_the_shop(page: Page) -> None:
    liked = _like(page, 2)
    _keep(page, "Summer")
    page.goto("/")
    page.goto("/lists")
    page.get_by_role("link", name="Sort the shop by it: Summer").click()
    expect(anchors(page)).to_have_count(2)
    assert [anchor.get_attribute("data-product") for anchor in anchors(page).all()] == liked
    for address in ("/lists", "/lists/shared?name=Summer&like=" + liked[0]):
        page.goto(address)
        assert violations(page) == {}


def test_a_list_is_merged_on_another_device_by_its_address(page: Page, browser: Browser, storefront: str) -> None:
    liked = _like(page, 2)
    _keep(page, "Summer")
    page.get_by_role("link", name="Share: Summer").click()
    page.wait_for_url("**/lists/shared*")
    address = urlsplit(page.url)
    other = browser.new_context(base_url=storefront, java_script_enabled=False)
    try:
        device = other.new_page()
        device.goto("/search?category=Toys")
        hearts(device).first.click()
        _keep(device, "Summer")
        device.goto(f"{address.path}?{address.query}")
        device.get_by_role("button", name="Keep this list").click()
        expect(device.get_by_role("heading", name="Summer")).to_contain_text("3")
        device.get_by_role("link", name="Sort the shop by it: Summer").click()
        expect(anchors(device)).to_have_count(3)
        assert set(liked) < {anchor.get_attribute("data-product") for anchor in anchors(device).all()}
        device.goto("/lists")
        device.get_by_role("button", name="Remove: Summer").click()
        expect(device.get_by_role("heading", name="Summer")).to_have_count(0)
    finally:
        other.close()


def test_one_like_too_many_keeps_the_page_and_says_why(page: Page) -> None:
    page.goto("/search?category=Dresses&size=60")
    full = "&".join(f"like={product_id}" for product_id in ids(page)[:50])
    page.goto(f"/search?category=Dresses&{full}")
    expect(anchors(page)).to_have_count(50)
    hearts(page).first.click()
    expect(page.get_by_text("50 products can count at once")).to_be_visible()
    expect(anchors(page)).to_have_count(50)
    expect(page.locator("#grid > .card").first).to_be_visible()


def test_erasing_forgets_likes_and_lists(page: Page) -> None:
    _like(page, 1)
    _keep(page, "Summer")
    page.goto("/your-data")
    page.get_by_role("button", name="Forget me").click()
    expect(page.get_by_text("Nothing about you is remembered")).to_be_visible()
    page.goto("/lists")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    expect(page.locator(".likes")).to_have_count(0)
