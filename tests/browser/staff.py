"""What a member of staff does, for the tests."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.conftest import Shop


def log_in(page: Page, shop: Shop, path: str) -> None:
    """Log in on the way to a page of staff, and wait until it is shown."""
    assert shop.settings.staff
    name, _, password = shop.settings.staff.get_secret_value().split(",")[0].partition(":")
    page.goto(path)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(path))
