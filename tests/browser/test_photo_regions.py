"""The regions of a photograph: drawn over the picture, chosen by keyboard or without JavaScript, axe-clean."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import violations
from tests.browser.shopper import dress_and_toy, ids
from tests.conftest import Shop


@pytest.fixture(scope="module")
def photo(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a photograph of a dress and a toy on a striped ground."""
    return dress_and_toy(shop, tmp_path_factory.mktemp("photographs"))


def _search(page: Page, photo: Path) -> None:
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(photo)
    page.get_by_role("button", name="Find what looks like it").click()
    expect(page).to_have_url(re.compile(r"/search\?.*photo=[\w-]{32}"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_regions_are_drawn_over_the_picture_and_chosen_by_keyboard(page: Page, photo: Path, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    _search(page, photo)
    regions = page.get_by_role("group", name="Parts of your photograph").get_by_role("link")
    expect(page.locator(".photograph image")).to_have_attribute("href", re.compile("^data:image/jpeg"))
    assert regions.count() >= 2
    chosen = page.locator(".photograph a[aria-current]").get_attribute("aria-label")
    other = next(link for link in regions.all() if link.get_attribute("aria-label") != chosen)
    name, before = other.get_attribute("aria-label"), ids(page)
    assert violations(page) == {}
    other.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".photograph a[aria-current]")).to_have_attribute("aria-label", str(name))
    assert ids(page) != before
    expect(page.locator(".photograph image")).to_be_visible()  # the copy in this tab is shown again
    page.get_by_role("link", name="The whole photograph").click()
    expect(page.get_by_text("All of your photograph counts.")).to_be_visible()


def test_regions_are_chosen_without_javascript(browser: Browser, storefront: str, photo: Path) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=storefront)
    try:
        page = context.new_page()
        _search(page, photo)
        other = page.locator(".photograph a:not([aria-current])").first
        name = other.get_attribute("aria-label")
        other.click()
        expect(page.locator(".photograph a[aria-current]")).to_have_attribute("aria-label", str(name))
    finally:
        context.close()
