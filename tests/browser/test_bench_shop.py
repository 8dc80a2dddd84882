"""What ``make bench-shop`` measures: that each click leads to what is waited for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from evaluation.browser.command import browser_context
from evaluation.browser.interactions import INTERACTIONS, Interaction, measured
from tests.browser.conftest import _patient


@pytest.fixture
def probed(browser: Browser, storefront: str) -> Iterator[Page]:
    context = _patient(browser_context(browser, storefront))
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("interaction", INTERACTIONS, ids=lambda interaction: interaction.name)
def test_a_click_is_measured_until_what_it_leads_to_is_shown(probed: Page, interaction: Interaction) -> None:
    probed.goto("/search?category=Dresses")
    cards = probed.locator("#grid > *").count()
    click = measured(probed, interaction, "Dresses", 1)
    assert 0 < click.answered <= click.ready
    if interaction.awaited == "product":
        assert probed.locator(".sheet h1").is_visible()
    if interaction.awaited == "more":
        assert probed.locator("#grid > *").count() > cards
    assert click.bytes >= 0
