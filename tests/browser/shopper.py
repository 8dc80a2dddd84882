"""What a shopper sees and does, for the tests."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page

from tests.conftest import Shop

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


def dress_and_toy(shop: Shop, folder: Path) -> Path:
    """Return a photograph of a dress, on the left, and a toy on a striped ground."""
    image = Image.new("RGB", (1_200, 900), (96, 120, 88))
    draw = ImageDraw.Draw(image)
    for x in range(0, 1_200, 60):
        draw.rectangle((x, 0, x + 9, 900), fill=(84, 104, 92))
    for place, kind in ((90, "dress"), (690, "toy")):
        picture = Image.open(next(Path(shop.catalogue.parent).rglob(f"{kind}-0000*.jpg")))
        picture.thumbnail((420, 420))
        image.paste(picture, (place, 240))
    path = folder / "both.jpg"
    image.save(path, quality=92)
    return path
