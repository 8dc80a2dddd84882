"""WCAG 2.2 AA: axe-core finds nothing, the keyboard suffices, and nothing is lost at 400% or with forced colors."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import render_template
from playwright.sync_api import Page, Route, expect
from werkzeug.exceptions import Gone

from indexer.elastic.dead_letters import DeadLetter, DeadLetters
from tests.browser.accessibility import open_all, outside, tab_to, violations
from tests.browser.shopper import anchors, hearts, ids
from tests.browser.staff import log_in
from tests.conftest import Shop
from webapp import create_app, errors

SCREENS = [("light", 1280), ("dark", 320)]
# A few products are as many kinds of things as many are.
TUNED = (
    "/search?category=Dresses&size=3&like={0}^2&like={1}&dislike={2}&explain=true&filter=material:cotton&text=striped"
)
PAGES = {
    "home": "/",
    "listing": "/search?category=Dresses&size=3",
    "tuned": TUNED,
    "product": "/products/{0}?but=cheaper",
    "nothing": "/search?q=zzzz&filter=material:cotton",
    "removed": "/search?removed=like:{0}&full=true&like={1}&size=3",
    "compare": "/compare?ids={0}&ids={1}",
    "bag": "/bag",
    "lists": "/lists?like={0}&like={1}",
    "shared list": "/lists/shared?name=Summer&like={0}&like={1}",
    "your data": "/your-data",
    "photo": "/photo",
    "404": "/nowhere",
    "400": "/search?sort=sideways",
}
STAFF = (
    "/ops",
    "/workbench",
    "/workbench/compare?q=dress&a=live&b=live&c=live",
    "/workbench/compare",
    "/workbench/queries",
    "/workbench/experiments",
    "/workbench/configurations/new",
    "/workbench/queries",
    "/workbench/rules",
    "/workbench/synonyms",
    "/workbench/experiments",
    "/lab",
    "/lab/queries",
    "/lab/attributes",
    "/lab/placeholders",
)


@pytest.fixture
def dead_letter(shop: Shop) -> Iterator[None]:
    """Add a dead letter whose id and reason have no place to break."""
    letters, letter = DeadLetters(shop.index), DeadLetter("embedding", "x" * 300, "y" * 200)
    letters.add([letter])
    shop.client.indices.refresh(index=letters.index)
    yield
    letters.remove([letter])


def _screen(page: Page, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})


def _some(page: Page) -> list[str]:
    page.goto("/search?category=Dresses")
    return ids(page)[:3]


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_pages(troubled_page: Page, scheme: str, width: int) -> None:
    page = troubled_page
    _screen(page, scheme, width)
    some, found = _some(page), {}
    for name, address in PAGES.items():
        page.goto(address.format(*some))
        open_all(page)
        if wrong := violations(page):
            found[name] = wrong
    assert found == {}


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_what_a_shopper_does(page: Page, tmp_path: Path, scheme: str, width: int) -> None:
    _screen(page, scheme, width)
    page.goto("/")
    page.get_by_role("combobox").press_sequentially("dre")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    assert violations(page) == {}
    page.keyboard.press("Escape")

    page.goto("/search?category=Toys")
    page.locator(".card-title a").first.click()
    page.get_by_role("button", name="Add to bag").click()
    expect(page.locator(".tool")).to_have_text("1")
    page.goto("/bag")
    assert violations(page) == {}
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ordered")
    assert violations(page) == {}

    picture = page.locator("[src*='/pictures/']").first
    path = tmp_path / "photo.webp"
    path.write_bytes(page.request.get(str(picture.get_attribute("src"))).body())
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(path)
    expect(page.locator(".crop-box")).to_be_visible()
    assert violations(page) == {}


def _served(page: Page, shop: Shop, render: Callable[[], str]) -> None:
    """Show a page that this shop isn't in the state to send."""
    app = create_app(shop.settings)
    with app.test_request_context("/"):
        body = render()

    def answer(route: Route) -> None:
        route.fulfill(body=body, content_type="text/html")

    page.route("**/served", answer)
    page.goto("/served")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_a_busy_shop_and_a_product_that_is_gone(page: Page, shop: Shop, scheme: str, width: int) -> None:
    _screen(page, scheme, width)
    _served(page, shop, lambda: render_template("busy.html", detail="The shop is busy right now."))
    assert violations(page) == {}
    assert outside(page) == []
    _served(page, shop, lambda: errors._http(Gone("This product is no longer sold.")).get_data(as_text=True))
    assert violations(page) == {}
    assert outside(page) == []


@pytest.mark.usefixtures("dead_letter")
@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_staff_pages(page: Page, shop: Shop, scheme: str, width: int) -> None:
    _screen(page, scheme, width)
    page.goto("/staff/login")
    found = {}
    login = violations(page)
    log_in(page, shop, "/ops")
    for address in STAFF:
        page.goto(address)
        open_all(page)
        if wrong := violations(page):
            found[address] = wrong
        assert outside(page) == [], address
    assert (login, found) == ({}, {})


def test_from_home_to_an_order_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    tab_to(page, ".skip")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, "#q", key="Shift+Tab")
    page.keyboard.type("robot")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=robot"))
    expect(page.get_by_role("heading", level=1)).to_be_focused()

    tab_to(page, ".switch")
    page.keyboard.press("Enter")
    expect(page.locator(".switch[aria-current]")).to_be_focused()

    tab_to(page, "#grid .heart:not(.dislike)")
    page.keyboard.press("Enter")
    expect(anchors(page)).to_have_count(1)
    tab_to(page, "#grid .card-title a")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/products/"))

    tab_to(page, "[data-key='bag']")
    page.keyboard.press("Enter")
    expect(page.locator(".tool")).to_have_text("1")
    tab_to(page, ".tool", key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your bag")
    tab_to(page, ".bag-sum button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ordered")
    expect(page.locator("#status")).to_have_text("Ordered in the sandbox")


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_sticks_out_at_400_percent(troubled_page: Page, direction: str) -> None:
    """At 320 CSS pixels, which is 1,280 at 400%; from right to left, too, as the next language may be."""
    page = troubled_page
    _screen(page, "light", 320)
    some, found = _some(page), {}
    for name, address in PAGES.items():
        page.goto(address.format(*some))
        page.evaluate("direction => (document.documentElement.dir = direction)", direction)
        open_all(page)
        if out := outside(page):
            found[name] = out
    assert found == {}


def test_from_right_to_left_things_stand_on_the_other_side(page: Page) -> None:
    page.goto("/search?category=Dresses")

    def share(selector: str) -> float:
        """Return where the middle of an element is, from 0 at the left to 1 at the right of the window or its card."""
        return float(
            page.locator(selector).first.evaluate(
                "e => { const b = e.getBoundingClientRect(), c = (e.closest('.card') ?? document.body)"
                ".getBoundingClientRect(); return (b.left + b.width / 2 - c.left) / c.width }"
            )
        )

    before = {selector: share(selector) for selector in (".wordmark", ".filters", "#grid .heart", ".search-photo")}
    page.evaluate("document.documentElement.dir = 'rtl'")
    for selector, place in before.items():
        assert share(selector) == pytest.approx(1 - place, abs=0.05), selector
    assert outside(page) == []


def test_forced_colors_show_what_is_chosen_and_where_the_focus_is(page: Page) -> None:
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.goto("/search?category=Dresses&filter=material:cotton&in_stock=true")
    look = "e => { const s = getComputedStyle(e); return [s.backgroundColor, s.borderColor, s.outlineStyle].join() }"
    for chosen, other in (
        (".choice[aria-current] .box", ".choice:not([aria-current]) .box"),
        (".switch[aria-current] .switch-track", ".choice:not([aria-current]) .box"),
    ):
        assert page.locator(chosen).first.evaluate(look) != page.locator(other).first.evaluate(look)
    tab_to(page, "#q")
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    assert violations(page) == {}


def test_the_focus_is_not_hidden_under_what_sticks_to_the_window(page: Page) -> None:
    _screen(page, "light", 320)
    page.goto("/search?category=Dresses")
    page.locator(".drawer summary").click()
    expect(page.locator(".filters")).to_be_visible()
    page.locator(".drawer summary").focus()
    tab_to(page, "[data-close-drawer]")
