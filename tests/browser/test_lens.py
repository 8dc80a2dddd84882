"""The photograph's page as a lens: results next to the picture that follow its frame, its dots and its words."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FloatRect, Page, Route, expect

from tests.browser.shopper import dress_and_toy, ids
from tests.conftest import Shop

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def both(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a photograph of a dress, on the left, and a toy."""
    return dress_and_toy(shop, tmp_path_factory.mktemp("lens"))


def _take(page: Page, photo: Path) -> None:
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(photo)
    expect(page.locator("[data-lens] .card").first).to_be_visible()


def _area(page: Page, selector: str) -> FloatRect:
    area = page.locator(selector).first.bounding_box()
    assert area
    return area


def test_results_appear_by_themselves_and_follow_dots_and_frame(page: Page, both: Path) -> None:
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    _take(page, both)
    dots = page.get_by_role("list", name="Found in your photograph").get_by_role("button")
    assert dots.count() >= 2
    before = ids(page)
    other = page.locator(".crop-dot[aria-pressed=false]").first
    other.click()
    expect(page.locator(".crop-dot[aria-pressed=true]")).to_have_count(1)
    page.wait_for_function(
        "before => document.querySelector('#grid > [data-product]').dataset.product !== before", arg=before[0]
    )
    assert len(posted) == 1  # a part that was found needs no other upload
    everything = page.locator("[data-lens-all]")
    region = everything.get_attribute("href")
    page.locator(".crop-box").focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(everything).not_to_have_attribute("href", region or "")
    assert len(posted) == 2
    assert page.url.endswith("/photo")


def test_words_change_the_order_and_lead_to_the_list(page: Page, both: Path) -> None:
    _take(page, both)
    before = page.locator("[data-lens-all]").get_attribute("href")
    page.get_by_label("… but with").fill("long, in blue")
    expect(page.locator("[data-lens-all]")).to_have_attribute("href", re.compile("text=long"))
    assert page.locator("[data-lens-all]").get_attribute("href") != before
    shown = ids(page)
    page.get_by_role("button", name="Find what looks like it").click()
    expect(page).to_have_url(re.compile(r"/search\?.*text=long"))
    assert ids(page)[:6] == shown[:6]
    expect(page.locator(".photograph image")).to_have_attribute("href", re.compile("^data:image/jpeg"))


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "desktop"])
def test_picture_button_and_results_are_on_one_screen(page: Page, both: Path, viewport: dict[str, int]) -> None:
    page.set_viewport_size(viewport)  # type: ignore[arg-type]
    _take(page, both)
    for selector in (".crop-image", ".lens-bar .button", "[data-lens] .card-picture"):
        expect(page.locator(selector).first).to_be_in_viewport(ratio=0.95)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if viewport != PHONE:
        assert page.evaluate("scrollY") == 0
        assert _area(page, "[data-lens]")["x"] > _area(page, ".crop-stage")["x"] + _area(page, ".crop-stage")["width"]
    violations = Axe().run(page).response["violations"]
    assert [v["id"] for v in violations if v["impact"] in {"serious", "critical"}] == []


def test_corners_at_the_edges_of_the_picture_can_be_taken(page: Page, both: Path) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    _take(page, both)
    page.get_by_role("button", name="Whole picture").click()
    expect(page.locator("[name=box]")).to_have_value("")
    picture = _area(page, ".crop-image")
    for corner, x, y in (("nw", 0, 0), ("ne", 1, 0), ("sw", 0, 1), ("se", 1, 1)):
        at = [picture["x"] + x * picture["width"], picture["y"] + y * picture["height"]]
        for aside in (-6, 6):  # inside the picture and outside of it
            point = [place + aside for place in at]
            hit = page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.dataset.corner", point)
            assert hit == corner
    page.mouse.move(picture["x"], picture["y"])
    page.mouse.down()
    page.mouse.move(picture["x"] + picture["width"] / 4, picture["y"] + picture["height"] / 2, steps=4)
    page.mouse.up()
    left, top, width, height = map(float, page.locator("[name=box]").input_value().split(","))
    assert (left, top, left + width, top + height) == pytest.approx((0.25, 0.5, 1, 1), abs=0.02)


def test_too_many_photographs_are_answered_with_a_reason(troubled_page: Page, both: Path) -> None:
    page = troubled_page
    page.route("**/photo", lambda route: route.fulfill(status=429, content_type="text/html", body=_SLOWER)
               if route.request.method == "POST" else route.continue_())  # fmt: skip
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(both)
    expect(page.locator("[data-lens-status]")).to_have_text("30 per 1 minute")
    page.unroute("**/photo")
    page.get_by_role("button", name="Find what looks like it").click()
    expect(page).to_have_url(re.compile("photo="))


def test_it_says_that_it_searches_and_when_it_cannot(troubled_page: Page, both: Path) -> None:
    page, held = troubled_page, list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    _on_upload(page, hold)
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(both)
    status = page.locator("[data-lens-status]")
    expect(status).to_have_text("Looking for similar products.")
    held[0].abort()
    expect(status).to_have_text("The shop cannot be reached. Please try again.")
    page.get_by_role("button", name="Find what looks like it").click()
    expect(status).to_have_text("Looking for similar products.")
    held[1].continue_()
    expect(page).to_have_url(re.compile("photo="))


def test_a_busy_shop_is_asked_again_by_itself(troubled_page: Page, both: Path) -> None:
    page, posted = troubled_page, list[str]()

    def busy_once(route: Route) -> None:
        posted.append(route.request.url)
        _busy(route) if len(posted) == 1 else route.continue_()

    _on_upload(page, busy_once)
    page.clock.install()
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(both)
    status = page.locator("[data-lens-status]")
    expect(status).to_have_text("The shop is busy. Trying again in 5 seconds.")
    page.clock.run_for(5_000)
    expect(page.locator("[data-lens] .card").first).to_be_visible()
    expect(status).to_be_hidden()
    assert len(posted) == 2


def test_a_shop_that_stays_busy_is_asked_three_times(troubled_page: Page, both: Path) -> None:
    page, posted = troubled_page, list[str]()

    def busy(route: Route) -> None:
        posted.append(route.request.url)
        _busy(route)

    _on_upload(page, busy)
    page.clock.install()
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(both)
    for asked in (1, 2):
        expect(page.locator("[data-lens-status]")).to_contain_text("Trying again in 5 seconds.")
        assert len(posted) == asked
        with page.expect_response("**/photo"):
            page.clock.run_for(5_000)
    expect(page.locator("[data-lens-status]")).to_have_text("Photo search is not available right now.")
    page.clock.run_for(600_000)
    assert len(posted) == 3
    page.unroute("**/photo")
    page.get_by_role("button", name="Find what looks like it").click()  # until the shopper does
    expect(page).to_have_url(re.compile("photo="))


def _on_upload(page: Page, answer: Callable[[Route], None]) -> None:
    page.route("**/photo", lambda route: answer(route) if route.request.method == "POST" else route.continue_())


def _busy(route: Route) -> None:
    route.fulfill(status=503, headers={"Retry-After": "5"}, content_type="text/html", body=_UNAVAILABLE)


def test_a_finger_draws_moves_and_resizes_the_frame(browser: Browser, storefront: str, both: Path) -> None:
    with _phone(browser, storefront) as page:
        _take(page, both)
        page.get_by_role("button", name="Whole picture").tap()
        expect(page.locator("[name=box]")).to_have_value("")
        _swipe(page, (0.1, 0.2), (0.5, 0.8))  # outside of any frame it draws one
        assert _box(page) == pytest.approx((0.1, 0.2, 0.5, 0.8), abs=0.03)
        _swipe(page, (0.3, 0.5), (0.5, 0.6))  # inside it moves it
        assert _box(page) == pytest.approx((0.3, 0.3, 0.7, 0.9), abs=0.03)
        _swipe(page, (0.7, 0.9), (0.9, 0.7))  # a corner resizes it
        assert _box(page) == pytest.approx((0.3, 0.3, 0.9, 0.7), abs=0.03)
        assert page.evaluate("scrollY") == page.evaluate("window.before")  # the page stays where it is
        everything = page.locator("[data-lens-all]")
        expect(everything).to_have_attribute("href", re.compile("photo="))


@contextmanager
def _phone(browser: Browser, storefront: str) -> Iterator[Page]:
    context = browser.new_context(base_url=storefront, viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def _swipe(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a finger over the picture, between places in fractions of it."""
    page.locator(".crop-stage").scroll_into_view_if_needed()
    page.evaluate("window.before = scrollY")
    area, touch = _area(page, ".crop-image"), page.context.new_cdp_session(page)
    steps = [[start[axis] + (end[axis] - start[axis]) * step / 8 for axis in (0, 1)] for step in range(9)]
    for kind, points in [("touchStart", steps[:1]), *(("touchMove", [step]) for step in steps), ("touchEnd", [])]:
        at = [{"x": area["x"] + x * area["width"], "y": area["y"] + y * area["height"]} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
    touch.detach()


def _box(page: Page) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the frame, in fractions of the picture."""
    x, y, width, height = map(float, page.locator("[name=box]").input_value().split(","))
    return x, y, x + width, y + height


_UNAVAILABLE = '<main id="main" data-announce=""><p role="alert">Photo search is not available right now.</p></main>'
_SLOWER = '<main id="main" data-announce=""><h1>A little slower</h1><p class="error-detail">30 per 1 minute</p></main>'
