"""The states of the shop that ``make screenshots`` looks at, and how a shopper's browser gets to each."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

_SIDE = 420  # pixels of each product on the photograph


@dataclass(frozen=True)
class Shelf:
    """What the states show.

    Attributes
    ----------
    dresses : list of str
        Ids.
    pictures : list of bytes
        Of two unlike products, as the shop serves them; both are put on one photograph.
    staff : tuple of (str, str)
        Name and password.
    """

    dresses: list[str]
    pictures: list[bytes]
    staff: tuple[str, str]


def _home(page: Page, _: Shelf) -> None:
    page.goto("/")


def _likes(page: Page, shelf: Shelf) -> None:
    one, two, three = shelf.dresses[:3]
    page.goto(f"/search?category=Dresses&like={one}^2&like={two}&dislike={three}&explain=true")
    page.locator(".why summary").nth(1).click()
    page.evaluate("scrollTo(0, 0)")


def _facets(page: Page, _: Shelf) -> None:
    page.goto("/search?category=Dresses&filter=pattern:floral&price_max=300")
    if page.locator(".drawer summary").is_visible():
        page.locator(".drawer summary").click()
    page.locator(".rest summary:visible").first.click()
    page.evaluate("scrollTo(0, 0)")


def _nothing(page: Page, _: Shelf) -> None:
    page.goto("/search?q=dress&category=Laptops&filter=color:black")


def _suggestions(page: Page, _: Shelf) -> None:
    page.goto("/")
    page.get_by_role("combobox", name="Search").press_sequentially("flor")
    page.get_by_role("option").first.wait_for()


def _photo(page: Page, shelf: Shelf) -> None:
    page.goto("/photo")
    file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photograph(shelf.pictures)}
    page.locator("#photo-file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Find what looks like it").click()
    page.wait_for_url(re.compile("photo="))


def _product(page: Page, shelf: Shelf) -> None:
    page.goto(f"/products/{shelf.dresses[0]}?but=cheaper")


def _bag(page: Page, shelf: Shelf) -> None:
    for count, dress in enumerate(shelf.dresses[:2], 1):
        page.goto(f"/products/{dress}")
        if (sizes := page.locator(".size:not(:has(:disabled))")).count():
            sizes.first.click()
        page.locator("[data-key=bag]").click()
        expect(page.locator(".tools")).to_contain_text(str(count))
    page.goto("/bag")


def _wish_list(page: Page, shelf: Shelf) -> None:
    one, two, three = shelf.dresses[:3]
    page.goto(f"/lists?like={one}&like={two}&like={three}")
    page.locator("#list-name").fill("Summer")
    page.get_by_role("button", name="Keep as a list").click()
    page.get_by_role("heading", name="Summer").wait_for()


def _compare(page: Page, shelf: Shelf) -> None:
    _log_in(page, shelf, "/workbench/compare?a=live&b=default&q=midi+dress")


def _draft(page: Page, shelf: Shelf) -> None:
    _log_in(page, shelf, "/workbench/configurations/new")
    text = page.get_by_label("As a file")
    text.fill(text.input_value().replace("title = 4", "title = 12"))
    page.get_by_label("Preview next to what is live").fill("midi dress")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("status").first.scroll_into_view_if_needed()
    page.evaluate("document.querySelector('main [role=status]').scrollIntoView()")


def _rule(page: Page, shelf: Shelf) -> None:
    _log_in(page, shelf, "/workbench/rules/new?query=wrap+dress")
    page.locator(".placed").nth(5).get_by_role("button", name="Move up").click()
    page.get_by_role("button", name="Unpin").wait_for()
    page.evaluate("scrollTo(0, 0)")


def _log_in(page: Page, shelf: Shelf, path: str) -> None:
    page.goto(path)
    page.get_by_label("Name").fill(shelf.staff[0])
    page.get_by_label("Password").fill(shelf.staff[1])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(re.escape(path)))


STATES: dict[str, Callable[[Page, Shelf], None]] = {
    "home": _home,
    "likes": _likes,
    "facets": _facets,
    "nothing": _nothing,
    "suggestions": _suggestions,
    "photo": _photo,
    "product": _product,
    "bag": _bag,
    "wish-list": _wish_list,
    "compare": _compare,
}
"""By name: what leads to the state, in the browser of a new shopper."""

WORKBENCH: dict[str, Callable[[Page, Shelf], None]] = {"workbench-compare": _draft, "workbench-rule": _rule}
"""Those of the search team's pages that the documentation shows; nothing is saved by them."""


def photograph(pictures: list[bytes]) -> bytes:
    """Draw a photograph of two products side by side, on a ground that is neither's, as a JPEG."""
    image = Image.new("RGB", (1_200, 900), (96, 120, 88))
    draw = ImageDraw.Draw(image)
    for x in range(0, image.width, 60):
        draw.rectangle((x, 0, x + 9, image.height), fill=(84, 104, 92))
    for left, data in zip((90, 690), pictures, strict=True):
        with Image.open(io.BytesIO(data)) as picture:
            picture.thumbnail((_SIDE, _SIDE))
            image.paste(picture, (left, 240))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92)
    return file.getvalue()
