"""A shop that is still being loaded says so on each page, until it is loaded, with and without JavaScript."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.conftest import Shop, wait_until
from workers.queues.handle import Queues
from workers.queues.loading_progress import LoadingProgress, LoadingState

STATE = LoadingState(step="Embedding", products=1_300, compared=600, total=2_400)


@pytest.fixture
def load(shop: Shop) -> Iterator[LoadingProgress]:
    """A load under way."""
    with Queues.open(shop.settings) as queues:
        queues.loading.note(STATE)
        yield queues.loading
        queues.loading.end()


def _goto(page: Page, address: str, bars: int = 1) -> None:
    """Open a page until it says what it should of the load: for two seconds the shop knows what it read last."""

    def says_it() -> bool:
        page.goto(address)
        return page.locator("#loading").count() == bars

    wait_until(says_it, f"a page with {bars} bars")


def test_a_bar_follows_the_load_and_goes_at_its_end(page: Page, load: LoadingProgress) -> None:
    _goto(page, "/search?category=Dresses")
    bar, words = page.locator("#loading"), page.locator("#loading-words")
    expect(words).to_have_text("Still loading: 1,300 of 2,400 products are here, and 600 can be sorted by similarity.")
    expect(bar.get_by_role("progressbar")).to_have_attribute("value", "0.3958333333333333")
    serious = [v for v in Axe().run(page).response["violations"] if v["impact"] in {"serious", "critical"}]
    assert serious == []
    load.note(STATE.model_copy(update={"products": 2_400, "compared": 2_400}))
    expect(words).to_have_text("All 2,400 products are here. The shop is still learning from them.")
    page.get_by_role("link", name="Toys").first.click()  # in place: the bar stays
    expect(page.get_by_role("heading", level=1)).to_contain_text("Toys")
    expect(bar).to_be_visible()
    load.end()
    expect(bar).to_have_count(0)


def test_without_javascript_it_is_a_line_with_a_link(plain_page: Page, load: LoadingProgress) -> None:
    _goto(plain_page, "/search?category=Toys&lang=de")
    expect(plain_page.locator("#loading-words")).to_contain_text("1.300 von 2.400 Artikeln sind da")
    link = plain_page.get_by_role("link", name="Neues zeigen")
    load.end()
    _goto(plain_page, str(link.get_attribute("href")), bars=0)
    expect(plain_page.get_by_role("heading", level=1)).to_contain_text("Toys")
