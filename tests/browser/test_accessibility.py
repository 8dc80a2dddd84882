"""axe-core, the engine of browsers' own accessibility checks, finds no serious violation on the pages."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.shopper import ids

_GRAVE = {"serious", "critical"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_nothing_serious(page: Page, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/search?category=Dresses")
    one, two, three = ids(page)[:3]
    tuned = f"/search?category=Dresses&like={one}^2&like={two}&dislike={three}&explain=true&filter=material:cotton"
    serious: dict[str, object] = {}
    for address in ("/", "/search?category=Dresses", tuned, f"/products/{one}?but=cheaper", "/search?q=zzzz", "/bag"):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(details => (details.open = true))")
        violations = Axe().run(page).response["violations"]
        serious |= {
            f"{address} {v['id']}": [node["target"] for node in v["nodes"]][:3]
            for v in violations
            if v["impact"] in _GRAVE
        }
    assert serious == {}
