"""What a shopper clicks, and what each click is to lead to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Locator, Page

from evaluation.browser.figures import Click

# Milliseconds that a pointer rests on what it is about to press, and presses it, roughly as a hand does. A machine's
# click in no time would measure nothing of what a page prepares meanwhile.
_REST, _PRESS = 150, 80
_PATIENCE_MS = 30_000


@dataclass(frozen=True)
class Interaction:
    """A click on a page.

    Attributes
    ----------
    goal : float
        Milliseconds that its median may take.
    start : callable
        Returns the address to start from, by the top category.
    target : callable
        Returns what is clicked, of a page and the number of the round.
    awaited : str
        What it leads to: other products, more products, or a product's page.
    """

    name: str
    goal: float
    start: Callable[[str], str]
    target: Callable[[Page, int], Locator]
    awaited: Literal["grid", "more", "product"] = "grid"
    event: Literal["click", "input"] = "click"


def _listing(category: str) -> str:
    return f"/search?category={category}"


def _nth(selector: str, of: int) -> Callable[[Page, int], Locator]:
    """Return what takes one of the first few of its kind, another in each round."""
    return lambda page, number: page.locator(selector).nth(number % of)


INTERACTIONS = (
    Interaction("like", 150, _listing, _nth("#grid .heart:not(.dislike)", 5)),
    Interaction("slider", 150, _listing, _nth(".tune [data-aspect]", 2), event="input"),
    Interaction("facet", 150, _listing, _nth(".filters a.choice[rel=nofollow]", 4)),
    Interaction("category", 150, _listing, _nth(".departments a:not([aria-current])", 3)),
    Interaction("product page", 400, _listing, _nth("#grid .card-title a", 5), awaited="product"),
    Interaction("show more", 400, _listing, _nth("a[data-more]", 1), awaited="more"),
)


def measured(page: Page, interaction: Interaction, category: str, number: int) -> Click:
    """Click once, and return how long it took."""
    page.goto(interaction.start(category), wait_until="networkidle")
    if interaction.event == "input":  # sliders need something to sort by
        page.locator("#grid .heart:not(.dislike)").nth(number % 5).click()
        page.locator(".tune [data-aspect]").first.wait_for()
        page.wait_for_load_state("networkidle")
    target = interaction.target(page, number)
    target.scroll_into_view_if_needed()
    page.evaluate("([event, awaited]) => probe.arm(event, awaited)", [interaction.event, interaction.awaited])
    target.hover()
    page.wait_for_timeout(_REST)
    if interaction.event == "input":
        box, value = target.bounding_box(), float(target.input_value())
        assert box  # noqa: S101 - it was hovered
        place = (0.15 if value > 0.5 else 0.85) + 0.01 * (number % 10)  # of the track, another in each round
        target.click(position={"x": box["width"] * place, "y": box["height"] / 2}, delay=_PRESS)
    else:
        target.click(delay=_PRESS)
    page.wait_for_function(
        "() => window.probe?.ready !== null && window.probe?.ready !== undefined", timeout=_PATIENCE_MS
    )
    page.wait_for_timeout(100)  # what the browser says of delays comes after the paint
    return Click(**page.evaluate("() => probe.figures()"))
