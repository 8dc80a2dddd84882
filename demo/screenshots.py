"""``make screenshots``: take the documentation's screenshots of a running shop, and those to look the shop over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

import click
import httpx
from playwright.sync_api import Browser, Page, ViewportSize

from demo.browser import open_browser
from demo.states import STATES, WORKBENCH, Shelf

DOCUMENTATION = Path("docs/images")
DESKTOP: ViewportSize = {"width": 1360, "height": 850}
TALL: ViewportSize = {"width": 1360, "height": 1560}
PHONE: ViewportSize = {"width": 390, "height": 844}
_Scheme = Literal["light", "dark"]


class _Look(NamedTuple):
    size: ViewportSize
    scheme: _Scheme = "light"
    scale: float = 1


LOOKS = {"desktop": _Look(DESKTOP), "phone": _Look(PHONE, scale=2), "dark": _Look(DESKTOP, "dark")}


@click.command()
@click.option("--url", default="http://localhost:5000", show_default=True, help="Where the shop runs.")
@click.option("--folder", default=Path(".data"), show_default=True, type=click.Path(path_type=Path))
@click.option("--states/--documentation", "only_states", default=None, help="Take only these; by default both.")
def main(url: str, folder: Path, *, only_states: bool | None) -> None:
    """Take ten states of the shop on a desktop, on a phone and in the dark, and the documentation's pages."""
    with open_browser() as browser:
        if only_states is not False:
            _take_states(browser, url, folder)
        if only_states is not True:
            _take_documentation(browser, url, folder)


def _take_states(browser: Browser, url: str, folder: Path) -> None:
    shelf = Shelf(
        _products(url, category="Dresses", filter="pattern:floral"),
        [_picture(url, category) for category in ("Dresses", "Toys")],
        _staff(folder),
    )
    for look, (size, scheme, scale) in LOOKS.items():
        for name, lead in STATES.items():
            context = browser.new_context(
                base_url=url,
                viewport=size,
                color_scheme=scheme,
                device_scale_factor=scale,
                is_mobile=size is PHONE,
            )
            page = context.new_page()
            lead(page, shelf)
            _take(page, folder / "screenshots" / f"{name}-{look}.png")
            context.close()


def _take_documentation(browser: Browser, url: str, folder: Path) -> None:
    dresses = _products(url, category="Dresses", filter="pattern:floral")
    one, two, three = dresses[:3]
    shots: tuple[tuple[str, str, _Scheme, ViewportSize], ...] = (
        ("home", "/", "light", DESKTOP),
        ("similar", f"/search?category=Dresses&like={one}&like={two}", "light", DESKTOP),
        ("tuned", f"/search?category=Dresses&like={one}^2&like={two}&dislike={three}&price_max=300", "light", DESKTOP),
        ("why", f"/search?category=Dresses&like={one}&like={two}&explain=true", "dark", DESKTOP),
        ("product", f"/products/{one}?but=cheaper&but=color:red", "light", TALL),
        ("dark", f"/search?category=Toys&like={_products(url, category='Toys')[0]}", "dark", DESKTOP),
        ("phone", f"/search?category=Dresses&like={one}&like={two}", "light", PHONE),
        ("corrected", "/search?q=blu+dres", "light", DESKTOP),
        ("nothing", "/search?q=dress&category=Laptops&filter=color:black", "light", DESKTOP),
    )
    for name, path, scheme, size in shots:
        page = browser.new_page(viewport=size, color_scheme=scheme)
        page.goto(url + path, wait_until="networkidle")
        _open_reason(page)
        _take(page, DOCUMENTATION / f"{name}.png")
        page.close()
    led = (("suggestions", STATES["suggestions"], DESKTOP), ("suggestions-phone", STATES["suggestions"], PHONE))
    shelf = Shelf(dresses, [], _staff(folder))
    for name, lead, size in (*led, *((name, lead, DESKTOP) for name, lead in WORKBENCH.items())):
        page = browser.new_page(viewport=size, base_url=url)
        lead(page, shelf)
        _take(page, DOCUMENTATION / f"{name}.png")
        page.close()


def _products(url: str, **arguments: Any) -> list[str]:
    return [product["id"] for product in _search(url, **arguments)]


def _picture(url: str, category: str) -> bytes:
    [product] = _search(url, category=category, size=1)
    return httpx.get(url + product["image"]).raise_for_status().content


def _search(url: str, **arguments: Any) -> list[dict[str, Any]]:
    answer = httpx.get(f"{url}/api/search", params={"size": 10, **arguments}).raise_for_status().json()
    products: list[dict[str, Any]] = answer["products"]
    return products


def _staff(folder: Path) -> tuple[str, str]:
    """Return name and password of the demo's staff."""
    try:
        name, _, password = json.loads((folder / "secrets.json").read_text())["STAFF"].partition(":")
    except (OSError, ValueError, KeyError) as error:
        raise click.ClickException(f"{folder} isn't the folder of a running demo: {error}") from error
    return name, password


def _open_reason(page: Page) -> None:
    """Open the reason of the second product, on pages that have reasons."""
    if page.locator(".why").count():
        page.locator(".why summary").nth(1).click()


def _take(page: Page, file: Path) -> None:
    page.wait_for_load_state("networkidle")
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file)
    click.echo(file)


if __name__ == "__main__":
    main(prog_name="make screenshots")
