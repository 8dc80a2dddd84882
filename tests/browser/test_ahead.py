"""What is fetched before it is clicked, and that nothing wrong is shown for it."""

import re

from playwright.sync_api import Page, Request, Route, expect

from tests.browser.shopper import anchors, hearts, ids, is_same_document, mark_document

DRESSES = "/search?category=Dresses"
_DRAG = "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', { bubbles: true })) }"


def _requests(page: Page, part: str) -> list[str]:
    """Return a list that grows with the requests for addresses that have a part."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if part in request.url and request.resource_type == "fetch":
            sent.append(f"{request.method} {request.url}")

    page.on("request", note)
    return sent


def test_a_pressed_link_is_fetched_once_and_shown_on_release(page: Page) -> None:
    page.goto(DRESSES)
    sent = _requests(page, "like=")
    hearts(page).first.hover()
    with page.expect_response(re.compile("like=")):
        page.mouse.down()
    expect(anchors(page)).to_have_count(0)
    page.mouse.up()
    expect(anchors(page)).to_have_count(1)
    assert len(sent) == 1


def test_a_press_that_is_no_click_likes_nothing(page: Page) -> None:
    page.goto(DRESSES)
    hearts(page).first.hover()
    with page.expect_response(re.compile("like=")):
        page.mouse.down()
    with page.expect_response(lambda response: response.request.method == "HEAD"):
        page.mouse.move(5, 5)
        page.mouse.up()
    expect(anchors(page)).to_have_count(0)
    page.get_by_role("link", name="Your bag").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Your bag"))
    expect(page.locator(".likes")).to_have_count(0)


def test_the_next_products_are_there_when_the_list_ends(page: Page) -> None:
    page.goto(DRESSES)
    before = ids(page)
    sent = _requests(page, "part=products")
    more = page.get_by_role("link", name="Show more")
    with page.expect_response(re.compile("part=products")):
        more.scroll_into_view_if_needed()
    assert ids(page) == before
    more.click()
    expect(page.locator("#grid > .card")).to_have_count(2 * len(before))
    assert len(set(ids(page))) == 2 * len(before)
    of_first = [address for address in sent if address == sent[0]]
    assert len(of_first) == 1


def test_a_shopper_who_saves_data_fetches_nothing_ahead(page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    page.goto(DRESSES)
    sent = _requests(page, "part=products")
    more = page.get_by_role("link", name="Show more")
    more.scroll_into_view_if_needed()
    count = page.locator("#grid > .card").count()
    page.mouse.wheel(0, 10)
    assert sent == []
    more.click()
    expect(page.locator("#grid > .card")).to_have_count(2 * count)
    assert len(sent) == 1


def test_a_slider_that_moves_fetches_products_alone(page: Page) -> None:
    page.goto(DRESSES)
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    sent = _requests(page, "/search")
    slider = page.get_by_label("Look", exact=True)
    with page.expect_response(re.compile("weight=look%3A0&.*part=products")):  # where it stops
        for value in (0.5, 0.25, 0):
            slider.evaluate(_DRAG, value)
    assert all("part=products" in address for address in sent)
    slider.dispatch_event("change")
    expect(page).to_have_url(re.compile(r"weight=look%3A0(&|$)"))
    expect(anchors(page)).to_have_count(1)


def test_a_product_opens_in_place_at_its_top_and_back_leads_to_the_very_place(page: Page) -> None:
    page.goto(DRESSES)
    mark_document(page)
    card = page.locator("#grid > .card").nth(18)
    card.scroll_into_view_if_needed()
    page.mouse.wheel(0, 40)
    title, top = card.locator(".card-title").inner_text(), page.evaluate("scrollY")
    assert top > 400
    card.locator(".card-title a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert page.evaluate("scrollY") == 0
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.go_back()
    expect(card.locator(".card-title")).to_have_text(title)
    assert abs(page.evaluate("scrollY") - top) < 60  # as far as the pointer's wheel went on after it was read
    assert is_same_document(page)
    page.goto("/your-data")
    expect(page.get_by_role("main")).to_contain_text(title)  # it was viewed


def test_the_card_s_picture_stands_in_until_the_product_s_own_has_come(page: Page) -> None:
    page.goto(DRESSES)
    card = page.locator("#grid > .card").nth(1)
    card.locator("img").first.evaluate("picture => picture.decode()")
    shown = card.locator("img").first.evaluate("picture => new URL(picture.currentSrc).pathname")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/pictures/**", hold)
    card.locator(".card-title a").click()
    frame = page.locator(".sheet-picture")
    assert shown in frame.evaluate("frame => getComputedStyle(frame).backgroundImage")
    for route in held:
        route.continue_()
    page.unroute("**/pictures/**")
    page.wait_for_function("() => document.querySelector('.sheet-picture img').naturalWidth > 400")
