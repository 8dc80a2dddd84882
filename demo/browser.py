"""Chromium, for screenshots, measurements and tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import click
from playwright.sync_api import Browser, sync_playwright

# Debian's headless shell shows the same pages for half of the CPU time, because it has no windows and tabs to draw.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium without a window, until the context ends.

    It is that of the variable ``CHROMIUM``, else the first of `NAMES` on ``PATH``.

    Raises
    ------
    click.ClickException
        There is none.
    """
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        raise click.ClickException(
            f"There is no Chromium (none of {', '.join(NAMES)}): run `make chromium`, or set CHROMIUM to its path"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
