"""``make bench-shop``: measure in a browser how long a shopper waits."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import click
from playwright.sync_api import Browser, BrowserContext, Error, ViewportSize
from rich.console import Console

from demo.browser import open_browser
from evaluation.browser.figures import Click, Load, clicks_table, loads_table
from evaluation.browser.interactions import INTERACTIONS, measured
from evaluation.report import Report

_PROBE = Path(__file__).with_name("probe.js")
_DESKTOP: ViewportSize = {"width": 1360, "height": 850}
_WARM_UP = 2  # rounds that don't count: a shop that was just started fills its caches
_VISITS = 5

console = Console(highlight=False)


@click.command()
@click.option("--url", default="http://localhost:5000", show_default=True, help="A running shop.")
@click.option("--rounds", default=20, show_default=True, help="Clicks of each kind.")
@click.option("--only", multiple=True, help="Kinds of click to measure; by default all.")
@click.option("--out", default=Path(".data/reports"), show_default=True, type=click.Path(path_type=Path))
def command(*, url: str, rounds: int, only: tuple[str, ...], out: Path) -> None:
    """Click through a shop in Chromium, and measure from each click to the screen."""
    wanted = [interaction for interaction in INTERACTIONS if not only or interaction.name in only]
    if not wanted:
        raise click.ClickException(f"--only is one of {', '.join(i.name for i in INTERACTIONS)}")
    with open_browser() as browser:
        try:
            categories = _categories(browser, url)
            loads = {name: _visits(browser, url + path) for name, path in _pages(browser, url, categories[0]).items()}
            context = browser_context(browser, url)
            clicks: dict[str, list[Click]] = {}
            for interaction in wanted:
                page = context.new_page()
                made = [
                    measured(page, interaction, categories[number % len(categories)], number)
                    for number in range(_WARM_UP + rounds)
                ]
                clicks[interaction.name] = made[_WARM_UP:]
                page.close()
        except Error as error:
            raise click.ClickException(f"{url} can't be measured: {error.message.splitlines()[0]}") from error
    _report(url, browser.version, clicks, loads, out)


def browser_context(browser: Browser, url: str) -> BrowserContext:
    """Open what measures: a browser without cache and cookies, with the probe in each document."""
    context = browser.new_context(base_url=url, viewport=_DESKTOP)
    context.add_init_script(path=_PROBE)
    return context


def _categories(browser: Browser, url: str) -> list[str]:
    """Return the top categories of a shop."""
    page = browser.new_page(base_url=url)
    page.goto("/")
    links = page.locator(".departments a").evaluate_all(
        "links => links.map(link => new URL(link.href).searchParams.get('category'))"
    )
    page.close()
    if not links:
        raise click.ClickException(f"{url} has no categories to click on")
    return [str(link) for link in links]


def _pages(browser: Browser, url: str, category: str) -> dict[str, str]:
    page = browser.new_page(base_url=url)
    page.goto(f"/search?category={category}")
    product = page.locator("#grid .card-title a").first.get_attribute("href") or "/"
    page.close()
    return {"front page": "/", "listing": f"/search?category={category}", "product page": product}


def _visits(browser: Browser, address: str) -> list[Load]:
    """Visit a page several times, each time with a browser that knows nothing of the shop."""
    loads = []
    for _ in range(_VISITS):
        context = browser_context(browser, address)
        page = context.new_page()
        page.goto(address, wait_until="networkidle")
        loads.append(Load(**page.evaluate("() => probe.page()")))
        context.close()
    return loads


def _report(url: str, version: str, clicks: dict[str, list[Click]], loads: dict[str, list[Load]], out: Path) -> None:
    facts = {
        "Shop": url,
        "Browser": f"Chromium {version}, {_DESKTOP['width']} x {_DESKTOP['height']}, no GPU",
        "Machine": f"{os.cpu_count()} cores, {platform.machine()}, which browser and shop share",
        "Load": f"{os.getloadavg()[0]:.1f} at the end",
        "Rounds": f"{len(next(iter(clicks.values())))} clicks of each kind",
    }
    goals = {interaction.name: interaction.goal for interaction in INTERACTIONS}
    report = Report("How long a shopper waits", facts, [clicks_table(clicks, goals), loads_table(loads)])
    for table in (clicks_table(clicks, goals), loads_table(loads)):
        console.print(table.for_terminal())
    page = report.write(out, "shop")
    console.print(f"Report: {page}, {page.with_suffix('.md').name}")
