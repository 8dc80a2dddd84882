"""Searching with a photograph: chosen, dropped or pasted, cropped by pointer or keyboard, or just uploaded."""

import base64
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.shopper import anchors, hearts, ids, is_same_document, mark_document
from tests.conftest import Shop

_FILES = """([data, kind]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], "<b>photo</b>.jpg", { type: "image/jpeg" }));
  const Kind = kind === "paste" ? ClipboardEvent : DragEvent;
  const init = { bubbles: true, cancelable: true, [kind === "paste" ? "clipboardData" : "dataTransfer"]: files };
  document.body.dispatchEvent(new Kind(kind, init));
}"""


@pytest.fixture(scope="module")
def photo(shop: Shop) -> tuple[str, Path]:
    """Return the id of a dress, and its picture."""
    path = next(Path(shop.catalogue.parent).rglob("dress-0000*.jpg"))
    return path.stem, path


def _whole(page: Page) -> None:
    """Wait until the photograph was searched, which puts the frame around a part of it, and choose all of it."""
    expect(page.locator("[data-lens] .card").first).to_be_visible()
    page.get_by_role("button", name="Whole picture").click()
    expect(page.locator("[data-crop-size]")).to_have_text("The whole picture counts")


def _find(page: Page) -> None:
    page.get_by_role("button", name="Find what looks like it").click()
    expect(page).to_have_url(re.compile(r"/search\?.*photo=[\w-]{32}"))
    expect(anchors(page)).to_have_count(1)


def test_a_photograph_sorts_the_shop_like_any_listing(page: Page, photo: tuple[str, Path]) -> None:
    product_id, path = photo
    page.goto("/search?category=Dresses")
    mark_document(page)
    page.get_by_role("link", name="Search with a photograph").click()
    page.locator("#photo-file").set_input_files(path)
    expect(page.locator(".crop-image")).to_be_visible()
    _find(page)
    assert is_same_document(page)
    assert ids(page)[0] == product_id
    expect(page.locator(".anchor [data-photo] img")).to_have_attribute("src", re.compile("^data:image/jpeg"))
    hearts(page).nth(3).click()
    expect(anchors(page)).to_have_count(2)
    page.locator(".choice:has(.box)").first.click()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page).to_have_url(re.compile("category=Dresses.*photo="))
    page.get_by_role("link", name="Remove: Your photograph").click()
    expect(anchors(page)).to_have_count(1)
    expect(page).not_to_have_url(re.compile("photo="))


def test_a_photograph_chosen_before_the_code_has_loaded_is_shown(page: Page, photo: tuple[str, Path]) -> None:
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/photo.js", hold)
    with page.expect_request("**/photo.js"):
        page.goto("/photo", wait_until="commit")
    page.locator("#photo-file").set_input_files(photo[1])
    expect(page.locator(".crop-image")).to_be_hidden()
    waiting[0].continue_()
    expect(page.locator(".crop-image")).to_be_visible()
    _find(page)


def test_a_choice_that_is_seen_twice_leaves_the_frame_where_it_is(page: Page, photo: tuple[str, Path]) -> None:
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(photo[1])
    _whole(page)
    page.locator(".crop-box").focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("[name=box]")).to_have_value("0.0000,0.0000,0.9800,1.0000")
    page.locator("#photo-file").dispatch_event("change")
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("[name=box]")).to_have_value("0.0000,0.0000,0.9600,1.0000")


def test_the_frame_moves_by_keyboard(page: Page, photo: tuple[str, Path]) -> None:
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(photo[1])
    frame, box = page.locator(".crop-box"), page.locator("[name=box]")
    _whole(page)
    frame.focus()
    for _ in range(10):
        page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("Shift+ArrowUp")
    expect(box).to_have_value("0.0000,0.0000,0.8000,0.8000")
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    expect(box).to_have_value("0.2000,0.0000,0.8000,0.8000")
    expect(page.locator("[data-crop-size]")).to_have_text(re.compile(r"80% . 80% of the picture counts"))
    page.get_by_role("button", name="Whole picture").click()
    expect(box).to_have_value("")


def test_the_frame_is_drawn_moved_and_sized_by_pointer(page: Page, photo: tuple[str, Path]) -> None:
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(photo[1])
    stage, box = page.locator(".crop-stage"), page.locator("[name=box]")
    _whole(page)
    stage.scroll_into_view_if_needed()
    area = stage.bounding_box()
    assert area

    def drag(x0: float, y0: float, x1: float, y1: float) -> list[float]:
        page.mouse.move(area["x"] + x0 * area["width"], area["y"] + y0 * area["height"])
        page.mouse.down()
        page.mouse.move(area["x"] + x1 * area["width"], area["y"] + y1 * area["height"], steps=4)
        page.mouse.up()
        return [float(part) for part in box.input_value().split(",")]

    assert drag(0.2, 0.2, 0.6, 0.7) == pytest.approx([0.2, 0.2, 0.4, 0.5], abs=0.01)
    assert drag(0.4, 0.4, 0.5, 0.5) == pytest.approx([0.3, 0.3, 0.4, 0.5], abs=0.01)
    assert drag(0.7, 0.8, 0.9, 0.9) == pytest.approx([0.3, 0.3, 0.6, 0.6], abs=0.01)
    assert drag(0.6, 0.6, 1.8, 1.8) == pytest.approx([0.4, 0.4, 0.6, 0.6], abs=0.01)  # it stays in the picture
    _find(page)


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_dropped_or_pasted_on_any_page(page: Page, photo: tuple[str, Path], kind: str) -> None:
    page.goto("/search?category=Dresses")
    mark_document(page)
    page.evaluate(_FILES, [base64.b64encode(photo[1].read_bytes()).decode(), kind])
    expect(page.locator(".crop-image")).to_be_visible()
    _find(page)
    assert is_same_document(page)
    assert ids(page)[0] == photo[0]


def test_an_invalid_photograph_is_refused_in_place(troubled_page: Page, tmp_path: Path) -> None:
    page = troubled_page
    (tmp_path / "photo.jpg").write_text("<script>document.title = 'taken over'</script>")
    page.goto("/photo?category=Dresses")
    mark_document(page)
    page.locator("#photo-file").set_input_files(tmp_path / "photo.jpg")
    page.get_by_role("button", name="Find what looks like it").click()
    expect(page.get_by_role("alert")).to_contain_text("not an image")
    assert is_same_document(page)
    assert "taken over" not in page.title()


def test_a_photograph_has_a_weight_and_can_be_restored(page: Page, photo: tuple[str, Path]) -> None:
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(photo[1])
    _find(page)
    hearts(page).nth(1).click()
    expect(anchors(page)).to_have_count(2)
    page.get_by_role("link", name="Count more: Your photograph").click()
    expect(page).to_have_url(re.compile(r"photo=[\w-]+%5E2"))
    expect(page.locator(".anchor [data-photo] img")).to_be_visible()  # still shown with a like next to it
    page.get_by_role("link", name="Remove: Your photograph").click()
    expect(anchors(page)).to_have_count(1)
    page.get_by_role("link", name="Undo").click()
    expect(page).to_have_url(re.compile(r"photo=[\w-]+%5E2"))
    expect(anchors(page)).to_have_count(2)


def test_a_photograph_that_is_sent_before_the_script_has_loaded(page: Page, photo: tuple[str, Path]) -> None:
    """The script then searches with it by itself, which must not stop what the shopper asked for."""
    held: list[Route] = []

    def hold(script: Route) -> None:
        held.append(script)

    def load_meanwhile(upload: Route) -> None:
        for script in held:
            script.continue_()
        time.sleep(1)
        upload.continue_()

    page.route("**/photo.js*", hold)
    page.goto("/photo", wait_until="commit")
    page.locator("html.has-script").wait_for()
    page.locator("#photo-file").set_input_files(photo[1])
    page.route("**/photo", load_meanwhile)
    _find(page)
    assert held
    assert ids(page)[0] == photo[0]


def test_a_shared_photograph_works_for_others_until_it_expires(page: Page, photo: tuple[str, Path]) -> None:
    page.goto("/photo")
    page.locator("#photo-file").set_input_files(photo[1])
    _find(page)
    stranger = page.context.browser.new_context()  # type: ignore[union-attr]
    other = stranger.new_page()
    other.goto(page.url)
    assert ids(other) == ids(page)
    expect(other.locator(".anchor [data-photo] .icon")).to_be_visible()
    other.goto(re.sub(r"photo=[\w-]+", "photo=" + "x" * 32, page.url))
    expect(other.locator(".notice").first).to_contain_text("Upload it again")
    stranger.close()


def test_without_javascript(plain_page: Page, photo: tuple[str, Path]) -> None:
    page = plain_page
    page.goto("/search?category=Dresses")
    page.get_by_role("link", name="Search with a photograph").click()
    expect(page.locator("[data-crop]")).to_be_hidden()
    expect(page.locator(".photo-hint")).to_be_hidden()
    page.locator("#photo-file").set_input_files(photo[1])
    _find(page)
    assert ids(page)[0] == photo[0]
    expect(page.locator(".anchor-because")).to_have_text("your photo")
