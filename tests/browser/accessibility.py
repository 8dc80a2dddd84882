"""What accessibility tests look at: axe-core's findings, the focus, and what lies outside of the window."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# The levels A and AA of WCAG 2.0 to 2.2; the size of targets is 2.2's.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": _TAGS}}

_FOCUS = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const element = document.activeElement;
  await Promise.allSettled(element.getAnimations().map((animation) => animation.finished));
  const outlined = ["", "::after"].some((part) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element, part || null);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
  });
  const marked = outlined || Boolean(element.closest(".photograph"));
  const { left, top, width, height } = element.getBoundingClientRect();
  const at = document.elementFromPoint(left + width / 2, top + height / 2);
  const seen = Boolean(at && (element.contains(at) || at.contains(element) || element.labels?.[0]?.contains(at)));
  return { marked, seen, name: element.outerHTML.slice(0, 120) };
}"""

# Elements that stick out of the window, unless they lie in something that scrolls or clips.
_OUTSIDE = """() => {
  const clips = (element) => {
    for (let other = element; other && other !== document.body; other = other.parentElement) {
      const { overflowX, clipPath, position } = getComputedStyle(other);
      if (overflowX !== "visible" || clipPath !== "none" || (other !== element && position === "fixed")) return true;
    }
    return false;
  };
  return [...document.querySelectorAll("body *")]
    .filter((element) => {
      const { left, right, width, height } = element.getBoundingClientRect();
      return width && height && (left < -1 || right > document.documentElement.clientWidth + 1) && !clips(element);
    })
    .map((element) => element.outerHTML.slice(0, 120));
}"""


def violations(page: Page) -> dict[str, list[object]]:
    """Return what axe-core finds wrong with a page by WCAG 2.2 AA: rules, and where they are broken."""
    found = Axe().run(page, options=_OPTIONS).response["violations"]
    return {violation["id"]: [node["target"] for node in violation["nodes"]][:4] for violation in found}


def open_all(page: Page) -> None:
    """Unfold everything that can be unfolded, and let nothing stick to the window, over what scrolls below it."""
    page.evaluate("document.querySelectorAll('details').forEach(details => (details.open = true))")
    page.evaluate("document.querySelectorAll('.drawer-done').forEach(link => (link.style.position = 'static'))")


def tab_to(page: Page, selector: str, *, key: str = "Tab", most: int = 150) -> None:
    """Press a key until the focus is on what a selector matches, and is seen at each stop on the way."""
    for _ in range(most):
        page.keyboard.press(key)
        focus = page.evaluate(_FOCUS)
        assert focus["marked"], f"the focus doesn't show: {focus['name']}"
        assert focus["seen"], f"the focus is hidden: {focus['name']}"
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{key} doesn't lead to {selector}")


def outside(page: Page) -> list[str]:
    """Return what sticks out of the window sideways; the page must not scroll there either."""
    scrolls = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert scrolls <= 0
    found: list[str] = page.evaluate(_OUTSIDE)
    return found


def assert_accessible(page: Page) -> None:
    """Assert that axe-core finds nothing wrong with a page, and that nothing sticks out of the window."""
    assert violations(page) == {}
    assert outside(page) == []
