"""Pictures that the server is too busy to make."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route

from webapp.storefront.pictures import BUSY

# Whether the first pictures of the page are there: a placeholder is narrower than any of them.
_SHOWN = "() => [...document.querySelectorAll('#grid img')].slice(0, 4).every((picture) => picture.naturalWidth > 40)"


@pytest.mark.parametrize("body", [BUSY, ""], ids=["placeholder", "refused"])
def test_a_page_asks_again_for_pictures_that_were_not_ready(page: Page, body: str) -> None:
    refused: set[str] = set()

    def refuse_once(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path in refused:
            route.continue_()
            return
        refused.add(path)
        route.fulfill(status=503, body=body, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})

    page.route("**/pictures/**", refuse_once)
    page.goto("/search?category=Dresses")
    page.wait_for_function(_SHOWN)
    assert len(refused) >= 4
