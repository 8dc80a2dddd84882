"""``make screenshots``: take the documentation's screenshots of a running shop."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import click
import httpx
from playwright.sync_api import Page, sync_playwright

FOLDER = Path("docs/images")
DESKTOP, TALL, PHONE = {"width": 1360, "height": 850}, {"width": 1360, "height": 1560}, {"width": 390, "height": 844}


@click.command()
@click.option("--url", default="http://localhost:5000", show_default=True, help="Where the shop runs.")
def main(url: str) -> None:
    """Write one image per page to docs/images."""
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not browser_path:
        raise click.ClickException("There is no Chromium: install it, or set CHROMIUM to its path")
    FOLDER.mkdir(parents=True, exist_ok=True)
    dresses = _products(url, category="Dresses", filter="pattern:floral")
    one, two, three = dresses[:3]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for name, path, scheme, size in (
            ("home", "/", "light", DESKTOP),
            ("similar", f"/search?category=Dresses&like={one}&like={two}", "light", DESKTOP),
            (
                "tuned",
                f"/search?category=Dresses&like={one}^2&like={two}&dislike={three}&price_max=300",
                "light",
                DESKTOP,
            ),
            ("why", f"/search?category=Dresses&like={one}&like={two}&explain=true", "dark", DESKTOP),
            ("product", f"/products/{one}?but=cheaper&but=in_color:red", "light", TALL),
            ("dark", f"/search?category=Toys&like={_products(url, category='Toys')[0]}", "dark", DESKTOP),
            ("phone", f"/search?category=Dresses&like={one}&like={two}", "light", PHONE),
        ):
            page = browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
            _take(page, url + path, FOLDER / f"{name}.png")
            click.echo(f"{FOLDER / name}.png")
        browser.close()


def _products(url: str, **arguments: Any) -> list[str]:
    answer = httpx.get(f"{url}/api/search", params={"size": 10, **arguments}).raise_for_status().json()
    return [product["id"] for product in answer["products"]]


def _take(page: Page, address: str, file: Path) -> None:
    page.goto(address, wait_until="networkidle")
    if page.locator(".why").count():
        page.locator(".why summary").nth(1).click()
        page.wait_for_load_state("networkidle")
    page.screenshot(path=file)
    page.close()


if __name__ == "__main__":
    main(prog_name="make screenshots")
