"""What a shopper sees and does, for the tests."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

_MARK = "window.sameDocument"


def ids(page: Page) -> list[str]:
    """Return the ids of the products in the grid, in order."""
    return page.locator("#grid > [data-product]").evaluate_all("cards => cards.map(card => card.dataset.product)")  # type: ignore[no-any-return]


def prices(page: Page) -> list[float]:
    """Return the prices in the grid, in order."""
    return [float(re.sub(r"[^\d.]", "", text)) for text in page.locator("#grid .card-price").all_text_contents()]


def total(page: Page) -> int:
    """Return the total that the listing shows."""
    words = page.locator(".summary").inner_text()
    return int(words.split()[0].replace(",", ""))


def hearts(page: Page) -> Locator:
    """Return the hearts in the grid."""
    return page.locator("#grid .heart:not(.dislike)")


def anchors(page: Page) -> Locator:
    """Return the liked products above the grid."""
    return page.locator(".anchor")


def sort_by(page: Page, name: str) -> None:
    """Choose an order from the menu."""
    page.locator("[data-menu] summary").click()
    page.locator("[data-menu]").get_by_role("link", name=name).click()


def mark_document(page: Page) -> None:
    """Mark the document: a page load loses the mark."""
    page.evaluate(f"{_MARK} = true")


def is_same_document(page: Page) -> bool:
    """Return whether no page was loaded since the mark."""
    return bool(page.evaluate(f"{_MARK} === true"))
