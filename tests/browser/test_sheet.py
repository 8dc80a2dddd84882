"""A product's page: "similar, but ...", recently viewed products, several pictures."""

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from indexer.catalog.feeds.feed import open_feed
from indexer.elastic import loading
from tests.browser.shopper import ids, is_same_document, mark_document, prices
from tests.conftest import Shop

TITLE = "<img src=x onerror=alert(1)> & <b>bold</b>"


@pytest.fixture(scope="module")
def several(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Write a product with three pictures, markup in its title, and a predicted attribute."""
    first = [json.loads(line) for line in shop.catalogue.read_text().splitlines()[:3]]
    images = [str(shop.catalogue.parent / product["images"][0]) for product in first]
    product = {
        "id": "several",
        "title": TITLE,
        "category": ["Others"],
        "images": images,
        "attributes": {"color": "red"},
    }
    file = tmp_path_factory.mktemp("several") / "catalog.jsonl"
    file.write_text(json.dumps(product))
    for outcome in loading.load_file(shop.index, open_feed(file)):
        assert not outcome.refused
    seen = {
        "effective": {"color": "red", "pattern": "<i>floral</i>"},
        "predicted": {"pattern": {"value": "<i>floral</i>", "confidence": 0.874, "doubt": 0.0}},
    }
    shop.client.update(index=shop.alias, id="several", doc=seen, refresh=True)
    yield "several"
    shop.client.delete(index=shop.alias, id="several", refresh=True)


def _open_a_dress(page: Page) -> None:
    page.goto("/search?category=Dresses&in_stock=true")
    page.locator("#grid .card-title a").nth(3).click()
    page.wait_for_url("**/products/*")
    mark_document(page)


def test_similar_but_cheaper(page: Page) -> None:
    _open_a_dress(page)
    price = float(re.sub(r"[^\d.]", "", page.locator(".sheet-price").inner_text()))
    chips = page.get_by_role("list", name="Similar, but")
    chips.get_by_role("link", name="Cheaper").click()
    expect(chips.locator("[aria-current]")).to_have_text("Cheaper")
    expect(chips.locator("[aria-current]")).to_be_focused()
    assert all(each < price for each in prices(page))
    chips.get_by_role("link", name="Another brand").click()
    expect(chips.locator("[aria-current]")).to_have_count(2)
    page.go_back()
    expect(chips.locator("[aria-current]")).to_have_count(1)
    assert is_same_document(page)


def test_similar_but_in_another_color(page: Page) -> None:
    _open_a_dress(page)
    colors = page.locator(".chip-but:has(.swatch)")
    before = ids(page)
    colors.last.click()
    expect(page).to_have_url(re.compile("but=color(:|%3A)"))
    assert ids(page) != before
    colors.last.click()
    expect(page.locator(".chip-but[aria-current]")).to_have_count(1)
    page.get_by_role("link", name=re.compile("^See all")).click()
    expect(page.locator(".chips .chip")).to_have_count(1)
    expect(page.locator(".chips .chip")).to_contain_text("In ")


def test_the_sliders_are_on_the_product_too(page: Page) -> None:
    _open_a_dress(page)
    before = ids(page)
    slider = page.get_by_label("Look", exact=True)
    slider.fill("0")
    slider.dispatch_event("change")
    expect(page).to_have_url(re.compile("/products/.*weight=look%3A0"))
    assert ids(page) != before
    assert is_same_document(page)


def test_recently_viewed_products_are_shown(page: Page) -> None:
    titles = []
    for number in (0, 1, 2):
        page.goto("/search?category=Dresses")
        titles.append(page.locator("#grid .card-title").nth(number).inner_text())
        page.locator("#grid .card-title a").nth(number).click()
        page.wait_for_url("**/products/*")
    rail = page.get_by_role("region", name="Recently viewed")
    expect(rail.locator(".card-title")).to_have_text([titles[1], titles[0]])


def test_pictures_are_browsed_by_mouse_and_keyboard(page: Page, several: str) -> None:
    page.goto(f"/products/{several}")
    thumbs = page.locator(".gallery-thumbs a")
    expect(thumbs).to_have_count(3)
    thumbs.nth(2).click()
    expect(thumbs.nth(2)).to_have_attribute("aria-current", "true")
    expect(page.locator("#picture-3")).to_be_in_viewport()
    strip = page.get_by_role("group", name="Pictures of")
    strip.focus()
    page.keyboard.press("ArrowLeft")
    expect(thumbs.nth(1)).to_have_attribute("aria-current", "true")
    assert page.url.endswith(several)


def test_markup_in_a_title_is_neither_shown_nor_run(page: Page, several: str) -> None:
    page.goto(f"/products/{several}")
    expect(page.get_by_role("heading", level=1)).to_have_text("& bold")
    assert page.locator("main b, main i, img[src=x]").count() == 0


def test_predicted_attributes_are_marked(page: Page, several: str) -> None:
    page.goto(f"/products/{several}")
    rows = page.locator(".attributes tr")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="Color").locator(".seen")).to_have_count(0)
    expect(rows.filter(has_text="Pattern")).to_contain_text("<i>floral</i>")
    expect(rows.filter(has_text="Pattern").locator(".seen")).to_have_text("seen in the picture, 87% sure")


def test_a_picture_is_enlarged_zoomed_and_left_by_keyboard(page: Page, several: str) -> None:
    page.goto(f"/products/{several}")
    link = page.locator("[data-zoom]").first
    link.focus()
    page.keyboard.press("Enter")
    dialog, image = page.get_by_role("dialog", name="Enlarge"), page.locator(".zoom-stage img")
    expect(dialog).to_be_visible()
    expect(image).to_have_attribute("src", re.compile("/1440"))
    expect(page.locator("[data-zoom-count]")).to_have_text("1 / 3")
    page.keyboard.press("+")
    expect(image).to_have_attribute("style", re.compile(r"scale\(1\.5\)"))
    page.keyboard.press("ArrowRight")
    expect(image).to_have_attribute("style", re.compile(r"translate\(-\d"))
    expect(page.locator("[data-zoom-count]")).to_have_text("1 / 3")
    page.keyboard.press("0")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-zoom-count]")).to_have_text("2 / 3")
    violations = Axe().run(page).response["violations"]
    assert [v["id"] for v in violations if v["impact"] in {"serious", "critical"}] == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()


def test_a_picture_is_zoomed_by_wheel_and_double_click(page: Page, several: str) -> None:
    page.goto(f"/products/{several}")
    page.locator("[data-zoom]").first.click()
    image = page.locator(".zoom-stage img")
    page.mouse.move(400, 300)
    page.mouse.wheel(0, -400)
    expect(image).to_have_attribute("style", re.compile(r"scale\(2\.7"))
    page.mouse.dblclick(400, 300)
    expect(image).to_have_attribute("style", re.compile(r"scale\(1\)"))
    page.get_by_role("button", name="Close").click()
    expect(image).to_have_count(0)


def test_a_size_has_to_be_chosen_and_is_kept(page: Page) -> None:
    page.goto("/search?category=Dresses&in_stock=true&filter=sizes:M")
    page.locator("#grid .card-title a").first.click()
    page.get_by_role("button", name="Add to bag").click()
    assert page.evaluate("document.querySelector('.size input').validity.valueMissing")
    expect(page.locator(".tool")).to_have_text("")
    page.locator(".size input").first.focus()
    page.keyboard.press("ArrowRight")
    chosen = page.locator(".size:has(:checked)").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".tool")).to_have_text("1")
    page.get_by_role("link", name="Your bag").click()
    expect(page.locator(".bag-size")).to_have_text(f"Size {chosen}")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("table")).to_contain_text(f"size {chosen}")


def test_without_javascript_pictures_sizes_and_variants_are_links_and_forms(plain_page: Page, several: str) -> None:
    page = plain_page
    page.goto("/search?category=Dresses&in_stock=true&filter=sizes:M")
    page.locator("#grid .card-title a").first.click()
    page.locator(".size").last.click()
    chosen = page.locator(".size").last.inner_text()
    page.get_by_role("button", name="Add to bag").click()
    expect(page.locator(".tool")).to_have_text("1")
    page.get_by_role("link", name="Your bag").click()
    expect(page.locator(".bag-size")).to_have_text(f"Size {chosen}")
    page.goto(f"/products/{several}")
    page.locator("[data-zoom]").first.click()
    expect(page).to_have_url(re.compile(r"/pictures/several/1440\.webp"))
