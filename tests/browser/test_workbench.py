"""The workbench by keyboard: a boost is changed, previewed, published and undone."""

from playwright.sync_api import Page, expect

from indexer.relevance.publications import Publications
from tests.browser.accessibility import assert_accessible
from tests.browser.staff import log_in
from tests.conftest import Shop


def test_a_boost_is_changed_seen_on_20_queries_published_and_undone(
    page: Page, shop: Shop, store: Publications
) -> None:
    log_in(page, shop, "/workbench")
    assert_accessible(page)
    page.get_by_role("link", name="New configuration").press("Enter")
    text = 'version = 1\nname = "titles"\n\n[keyword_boosts]\ntitle = 6\n'
    page.get_by_label("As a file").fill(text.replace("title =", "titel ="))
    page.get_by_role("button", name="Check", exact=True).press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("keyword_boosts.titel: the index has no such field")
    page.get_by_label("As a file").fill(text)
    page.get_by_label("Preview next to what is live").fill("midi dress")
    page.get_by_role("button", name="Preview").press("Enter")
    expect(page.get_by_role("heading", name="Your draft")).to_be_visible()
    assert_accessible(page)
    page.go_back()
    page.get_by_label("As a file").fill(text)
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Versions")).to_be_visible()
    assert_accessible(page)

    page.goto("/workbench/compare?a=live&b=titles")
    colors = ("red", "blue", "green", "black", "white", "striped", "floral", "midi", "long", "short")
    queries = [f"{color} {kind}" for color in colors for kind in ("dress", "toy")]
    page.get_by_label("Or many searches").fill("\n".join(queries))
    page.get_by_role("button", name="Compare").press("Enter")
    expect(page.get_by_text("20 searches")).to_be_visible()
    assert_accessible(page)

    page.goto("/workbench/configurations/titles")
    page.get_by_role("button", name="Save and publish").press("Enter")
    expect(page.get_by_role("button", name="Undo publication 1")).to_be_visible()
    assert store.live().configuration.name == "titles"
    page.get_by_role("button", name="Undo publication 1").press("Enter")
    expect(page.get_by_role("button", name="Undo publication 2")).to_be_visible()
    assert store.live().configuration.name == "default"


def test_a_product_is_pinned(page: Page, shop: Shop, store: Publications) -> None:
    product = shop.client.search(index=shop.alias, q="title:laptop", size=1)["hits"]["hits"][0]["_source"]
    log_in(page, shop, "/workbench")
    page.get_by_role("link", name="New rule").press("Enter")
    page.get_by_label("Words of the search").fill("dresses of the workbench")
    page.get_by_label("Product to pin, 1").fill(product["id"])
    page.get_by_label("Its position, 1").fill("1")
    page.get_by_label("Name", exact=True).fill("pinned")
    page.get_by_role("button", name="Save and publish").press("Enter")
    expect(page.get_by_text("Published: shoppers see it")).to_be_visible()
    page.goto("/workbench/compare?q=dresses+of+the+workbench")
    expect(page.get_by_text("by rule pinned").first).to_be_visible()
    expect(page.get_by_role("link", name=f"1. {product['title']}").first).to_be_visible()
