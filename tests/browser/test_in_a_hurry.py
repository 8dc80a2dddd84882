"""Presses in quick succession all count, and Back leads to what was there, whatever is still under way."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.shopper import anchors, hearts, ids, is_same_document, mark_document
from tests.browser.staff import log_in
from tests.conftest import Shop

_PASTE = """async (address) => {
  const files = new DataTransfer();
  files.items.add(new File([await (await fetch(address)).blob()], "photo.jpg", { type: "image/jpeg" }));
  const init = { bubbles: true, cancelable: true, clipboardData: files };
  document.body.dispatchEvent(new ClipboardEvent("paste", init));
}"""

_RELEASE = """(steps) => {
  for (const [selector, value] of steps) {
    const control = document.querySelector(selector);
    if (value === null) {
      control.click();
      continue;
    }
    control.value = value;
    for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, { bubbles: true }));
  }
}"""


def _press(page: Page, *selectors: str) -> None:
    """Press the first of each, before the answer to any of them can have come."""
    page.evaluate("all => all.forEach((one) => document.querySelector(one).click())", selectors)


def _release(page: Page, *steps: tuple[str, str | None]) -> None:
    """Move and release sliders, and press what has no value, before the answer to any of it can have come."""
    page.evaluate(_RELEASE, steps)


def _chosen(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def _heart(product_id: str) -> str:
    return f"[data-key='like:{product_id}']"


def _after(seconds: float) -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        time.sleep(seconds)
        route.continue_()

    return answer


def _send_late(route: Route) -> None:
    """Let a form arrive after half a second."""
    if route.request.method == "POST":
        time.sleep(0.5)
    route.continue_()


def test_likes_dislikes_and_filters(page: Page) -> None:
    page.goto("/search?category=Dresses")
    mark_document(page)
    first, second, third = ids(page)[:3]
    _press(page, _heart(first), _heart(second), "a.choice[data-key^='brand:']", f"[data-key='dislike:{third}']")
    expect(anchors(page)).to_have_count(3)
    expect(page.locator(".chip")).to_have_count(1)
    chosen = _chosen(page)
    assert (chosen["like"], chosen["dislike"], len(chosen["filter"])) == ([first, second], [third], 1)
    assert is_same_document(page)
    page.go_back()
    expect(anchors(page)).to_have_count(2)
    expect(page.locator(".chip")).to_have_count(1)


def test_likes_on_the_home_page(page: Page) -> None:
    page.goto("/")
    first, second = page.locator(".starts .heart").evaluate_all("all => all.slice(0, 2).map((one) => one.dataset.key)")
    _press(page, f"[data-key='{first}']", f"[data-key='{second}']")
    expect(anchors(page)).to_have_count(2)
    assert _chosen(page)["like"] == [first.removeprefix("like:"), second.removeprefix("like:")]


def test_a_slider_and_a_heart_right_after_it(page: Page) -> None:
    page.goto("/search?category=Dresses")
    first = ids(page)[0]
    page.goto(f"/search?category=Dresses&like={first}")
    mark_document(page)
    second = ids(page)[0]
    _release(page, ("#weight-look", "0.5"), (_heart(second), None))
    expect(anchors(page)).to_have_count(2)
    chosen = _chosen(page)
    assert chosen["like"] == [first, second]
    assert "look:0.5" in chosen["weight"]
    expect(page.locator("#weight-look")).to_have_value("0.5")
    page.go_back()
    expect(anchors(page)).to_have_count(1)
    assert "look:0.5" in _chosen(page)["weight"]
    third = next(other for other in ids(page) if other not in (first, second))
    _release(page, (_heart(third), None), ("#weight-color", "0.25"), ("#min-match", "5"))
    expect(page).to_have_url(re.compile("min_match=5"))
    chosen = _chosen(page)
    assert chosen["like"] == [first, third]
    assert {"look:0.5", "color:0.25"} <= set(chosen["weight"])
    assert len(chosen["weight"]) == len({weight.partition(":")[0] for weight in chosen["weight"]})
    assert is_same_document(page)


def test_presses_that_contradict_each_other(page: Page) -> None:
    page.goto("/search?category=Dresses")
    first, second = ids(page)[:2]
    _press(page, _heart(first), f"[data-key='dislike:{first}']")  # a mistake, put right
    expect(page.locator(".anchor.is-disliked")).to_have_count(1)
    expect(anchors(page)).to_have_count(1)
    page.goto(f"/search?like={first}&like={second}")
    _press(page, f"[data-key='more:{first}']", f"[data-key='drop:{first}']")
    expect(anchors(page)).to_have_count(1)
    assert _chosen(page)["like"] == [second]


def test_two_steps_of_a_weight(page: Page) -> None:
    page.goto("/search?category=Dresses")
    first, second = ids(page)[:2]
    steps = list[str]()
    for _ in range(2):
        page.goto(f"/search?like={first}&like={second}" if not steps else page.url)
        page.locator(f"[data-key='more:{first}']").click()
        expect(page).to_have_url(re.compile(r"%5E|\^"))
        if steps:
            expect(page).not_to_have_url(steps[0])
        steps.append(page.url)
    page.goto(f"/search?like={first}&like={second}")
    _press(page, *[f"[data-key='more:{first}']"] * 2)
    expect(page).to_have_url(re.compile(re.escape(_chosen_weight(steps[1]))))


def _chosen_weight(address: str) -> str:
    return next(part for part in address.split("&") if "%5E" in part or "^" in part).rpartition("?")[2]


def test_filters_that_are_removed(page: Page) -> None:
    page.goto("/search?category=Dresses")
    brands = page.locator("a.choice[data-key^='brand:']").evaluate_all(
        "all => all.slice(0, 3).map((one) => one.dataset.key)"
    )
    _press(page, *(f"[data-key='{brand}']" for brand in brands))
    expect(page.locator(".chip")).to_have_count(3)
    _press(page, ".chips li:nth-child(1) .chip", ".chips li:nth-child(2) .chip")
    expect(page.locator(".chip")).to_have_count(1)


def test_a_visit_ends_the_presses_before_it(page: Page) -> None:
    page.goto("/search?category=Dresses")
    first, second = ids(page)[:2]
    _press(page, _heart(first), _heart(second), "nav a[href*='category=Toys']")
    expect(page).to_have_url(re.compile("category=Toys"))
    page.wait_for_load_state("networkidle")
    assert "like=" not in page.url
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)


def test_a_quick_view_waits_for_a_like(page: Page) -> None:
    page.goto("/search?category=Dresses")
    first, second = ids(page)[:2]
    _press(page, _heart(first), f"[data-key='quick:{second}']")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(anchors(page)).to_have_count(1)


def test_choices_to_compare_and_a_press_of_the_mouse_meanwhile(page: Page) -> None:
    page.goto("/search?category=Dresses")
    mark_document(page)
    before = ids(page)
    page.route("**/compare/choose*", _after(0.5))
    _press(page, *(f"[data-key='compare:{before[n]}']" for n in (0, 2)), _heart(before[5]))
    page.locator(f"[data-key='compare:{before[4]}']").click()  # which the like doesn't stop
    page.mouse.down()
    compared = page.locator("#tray [data-compared]")
    expect(compared).to_have_count(3)
    assert [item.get_attribute("data-compared") for item in compared.all()] == [before[n] for n in (0, 2, 4)]
    expect(anchors(page)).to_have_count(1)
    assert is_same_document(page)
    page.mouse.up()
    page.reload()
    expect(compared).to_have_count(3)
    expect(anchors(page)).to_have_count(1)


def test_a_bag_that_is_opened_before_the_answer(page: Page) -> None:
    page.goto("/search?category=Toys&in_stock=true")
    page.goto(f"/products/{ids(page)[0]}")
    page.route("**/bag", _send_late)
    _press(page, "[data-key='bag']", "a.tool")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your bag")
    expect(page.locator(".tool")).to_have_text("1")
    expect(page.get_by_label("How many of")).to_have_value("1")


def test_back_while_a_page_is_under_way(page: Page) -> None:
    page.goto("/search?category=Dresses")
    hearts(page).first.click()
    expect(anchors(page)).to_have_count(1)
    page.route("**/products/*", _after(1))
    page.locator("#grid .card-title a").first.evaluate("link => link.click()")
    page.go_back()
    expect(anchors(page)).to_have_count(0)
    page.wait_for_timeout(1_500)
    expect(page).to_have_url(re.compile(r"category=Dresses$"))
    expect(page.locator("#grid .card").first).to_be_visible()


def test_back_leaves_the_bag_as_it_is(page: Page) -> None:
    page.goto("/search?category=Toys&in_stock=true")
    page.locator("#grid .card-title a").first.click()
    page.get_by_role("button", name="Add to bag").click()
    expect(page.locator(".tool")).to_have_text("1")
    page.go_back()
    expect(page.locator("#grid .card").first).to_be_visible()
    expect(page.locator(".tool")).to_have_text("1")


def test_back_from_a_pasted_photograph(page: Page) -> None:
    page.goto("/search?category=Dresses")
    mark_document(page)
    page.evaluate(_PASTE, page.locator("#grid img").first.evaluate("image => image.currentSrc"))
    expect(page.locator("[data-lens] .card").first).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("category=Dresses"))
    expect(page.locator("#grid .card").first).to_be_visible()
    expect(page.locator("[data-photo-form]")).to_have_count(0)
    assert is_same_document(page)


def test_back_to_a_list_that_was_jumped_to(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/search?category=Dresses")
    page.evaluate("location.hash = 'grid'")  # as the button of the filters does
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#grid .card")).to_have_count(48)
    page.locator("#grid .card-title a").nth(30).click()
    expect(page.locator(".sheet").first).to_be_visible()
    page.go_back()
    expect(page.locator("#grid .card")).to_have_count(48)


def test_words_that_are_typed_stay_while_a_page_comes(page: Page) -> None:
    page.goto("/search?category=Dresses")
    page.route("**/search?*like=*", _after(1))
    hearts(page).first.evaluate("heart => heart.click()")
    box = page.locator("#q")
    box.press_sequentially("stri")
    expect(anchors(page)).to_have_count(1)
    expect(box).to_have_value("stri")
    expect(box).to_be_focused()
    box.press_sequentially("ped")
    box.press("Enter")
    expect(page).to_have_url(re.compile("q=striped"))
    expect(box).to_have_value("striped")


def test_another_photograph_has_no_part_of_the_one_before(page: Page, shop: Shop, tmp_path: Path) -> None:
    picture = next(Path(shop.catalogue.parent).rglob("dress-0000*.jpg"))
    Image.open(picture).save(tmp_path / "photo.tiff")
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(picture)
    expect(page.locator("[data-lens] .card").first).to_be_visible()
    page.locator(".crop-box").press("Shift+ArrowLeft")
    expect(page.locator("[name=box]")).not_to_have_value("")
    page.locator("#photo-file").set_input_files(tmp_path / "photo.tiff")
    expect(page.locator("[data-crop]")).to_be_hidden()
    expect(page.locator("[name=box]")).to_have_value("")
    expect(page.locator("[data-lens]")).to_be_hidden()
    expect(page.get_by_role("button", name="Whole picture")).to_be_hidden()
    page.get_by_role("button", name="Find what looks like it").click()
    expect(page).to_have_url(re.compile("photo="))


@pytest.mark.usefixtures("store")
def test_commands_on_a_rule_and_what_is_typed_meanwhile(page: Page, shop: Shop) -> None:
    log_in(page, shop, "/workbench/rules")
    page.goto("/workbench/rules/new?query=midi+dress")
    products = page.locator(".placed").evaluate_all("items => items.slice(0, 3).map((item) => item.dataset.product)")
    page.route(
        "**/workbench/rules/**",
        lambda route: _after(0.5)(route) if route.request.method == "POST" else route.continue_(),
    )
    _press(page, *(f".placed[data-product='{one}'] [data-key^='hide:']" for one in products))
    page.get_by_label("Banner above the page").fill("New midi dresses")
    for one in products:
        expect(page.locator(f".placed[data-product='{one}']")).to_have_count(0)
    expect(page.get_by_label("Banner above the page")).to_have_value("New midi dresses")
