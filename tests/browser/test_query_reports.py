"""From a shopper's search that finds nothing to what the search team does about it, in a browser."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from indexer.relevance.publications import Publications
from indexer.relevance.query_sets import QuerySet, SavedQuery
from tests.browser.staff import log_in
from tests.conftest import Shop, wait_until

NOTHING, OTHER = "zyzzogeton gown", "dress"  # words that no other test searches for, and words that find


def _search(page: Page, words: str) -> None:
    page.get_by_role("combobox").fill(words)
    page.get_by_role("combobox").press("Enter")
    page.wait_for_url(lambda url: f"q={words.replace(' ', '+')}" in url)


def test_a_search_that_finds_nothing_is_reported_and_saved(
    page: Page, browser: Browser, storefront: str, shop: Shop, store: Publications
) -> None:
    page.goto("/")
    _search(page, NOTHING)
    _search(page, OTHER)
    page.locator("#grid .card-title a").first.click()
    expect(page.get_by_role("button", name="Add to bag")).to_be_visible()

    context = browser.new_context(base_url=storefront, viewport={"width": 1280, "height": 900})
    staff = context.new_page()
    log_in(staff, shop, "/workbench/queries")

    def is_reported() -> bool:
        answer = staff.reload()
        assert answer
        assert answer.ok
        section = staff.get_by_role("region", name="Without results")
        row = section.get_by_role("row", name=NOTHING)
        return row.count() == 1 and row.get_by_role("link", name=OTHER, exact=True).count() == 1

    wait_until(is_reported, "the report of a search without results")
    found = Axe().run(staff).response["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found if v["impact"] in {"serious", "critical"}] == []

    row = staff.get_by_role("region", name="Without results").get_by_role("row", name=NOTHING)
    for link, prefilled in (("Synonym", "words"), ("Rule", "query"), ("Compare", "q")):
        href = row.get_by_role("link", name=link).get_attribute("href") or ""
        assert f"{prefilled}=zyzzogeton+gown" in href
        assert staff.request.get(href).ok
    row.get_by_role("checkbox", name=f"Save {NOTHING}").check()
    staff.get_by_label("Save the chosen queries").fill("to-mend")
    staff.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(staff.get_by_role("heading", name="to-mend")).to_be_visible()
    assert store.get(QuerySet, "to-mend").queries == (SavedQuery(q=NOTHING),)
    staff.get_by_role("link", name="Compare configurations on it").click()
    expect(staff.get_by_text("1 searches")).to_be_visible()
    context.close()
