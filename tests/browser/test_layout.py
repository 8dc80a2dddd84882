"""The layout of pages: on small screens, in dark mode, with reduced motion; and their weight."""

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.shopper import anchors, hearts, ids

PAGES = {
    "home": "/",
    "listing": "/search?category=Dresses",
    "empty": "/search?q=zzzz",
    "filtered": "/search?category=Dresses&price_max=150&in_stock=true&q=dress",
    "missing": "/products/no-such-product",
    "wrong": "/search?sort=sideways",
}
MAX_WEIGHT = 40_000  # bytes on their way, compressed


def _overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_small_screens_dont_scroll_sideways(troubled_page: Page, address: str) -> None:
    troubled_page.set_viewport_size({"width": 320, "height": 640})
    troubled_page.goto(address)
    expect(troubled_page.get_by_role("heading", level=1)).to_be_visible()
    assert _overflow(troubled_page) <= 0


def test_a_small_screen_with_likes_open_filters_and_a_product(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/search?category=Dresses")
    for count in range(1, 5):
        hearts(page).first.click()
        expect(anchors(page)).to_have_count(count)
    page.locator(".drawer summary").click()
    expect(page.locator(".filters")).to_be_visible()
    assert _overflow(page) <= 0
    page.locator("[data-close-drawer]").click()
    expect(page.locator(".filters")).to_be_hidden()
    page.locator(".card-title a").first.click()
    expect(page.locator(".sheet")).to_be_visible()
    assert _overflow(page) <= 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_light_and_dark(page: Page, dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.goto("/")
    colours = page.evaluate("(({backgroundColor, color}) => [backgroundColor, color])(getComputedStyle(document.body))")
    background, ink = (sum(int(part) for part in colour[4:-1].split(",")) for colour in colours)
    assert (background < ink) == dark


_NOTE_MOVES = """() => {
  window.moved = [];
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (...how) {
    window.moved.push(this.dataset.product);
    return animate.apply(this, how);
  };
}"""


def test_reduced_motion_is_respected(page: Page) -> None:
    page.goto("/search?category=Dresses")
    page.evaluate(_NOTE_MOVES)
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    assert page.evaluate("window.moved") == []


def test_products_move_to_their_new_places(page: Page) -> None:
    page.emulate_media(reduced_motion="no-preference")
    page.goto("/search?category=Dresses")
    before = ids(page)
    page.evaluate(_NOTE_MOVES)
    first = page.locator("#grid > .card").first
    first.hover()
    first.get_by_role("link", name="Less like this").click()  # which leaves its place to the next
    expect(anchors(page)).to_have_count(1)
    assert ids(page)[:3] == before[1:4]
    assert before[1] in page.evaluate("window.moved")


def test_the_page_is_light(page: Page) -> None:
    answers: list[Response] = []

    def weigh(response: Response) -> None:
        if response.request.resource_type != "image":
            answers.append(response)

    page.on("response", weigh)
    page.goto("/", wait_until="networkidle")
    weights = {answer.url: answer.request.sizes()["responseBodySize"] for answer in answers}
    assert sum(weights.values()) < MAX_WEIGHT, weights


def test_who_asks_not_to_be_tracked_gets_no_cookie(page: Page) -> None:
    page.set_extra_http_headers({"Sec-GPC": "1"})
    page.goto("/search?category=Dresses")
    page.reload()
    assert page.context.cookies() == []


def test_one_cookie_that_no_script_reads_is_all_that_is_stored_and_nothing_is_inline(page: Page) -> None:
    page.goto("/search?category=Dresses")
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    assert [cookie["httpOnly"] for cookie in page.context.cookies()] == [True]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.reload()
    # The price slider's script sets the chosen part of the track by properties.
    assert page.locator("[style]:not([data-span]), script:not([src], [type='application/ld+json']), style").count() == 0


def test_a_damaged_fragment_stops_no_script(page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/search?category=Dresses#%")
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    assert errors == []
