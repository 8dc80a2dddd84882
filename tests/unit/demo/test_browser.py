"""Which Chromium is started."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from playwright.sync_api import Error

from demo.browser import open_browser


def test_without_a_browser_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(click.ClickException, match="make chromium"), open_browser():
        pass


def test_the_headless_shell_is_preferred_and_a_chosen_browser_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("chromium", "chromium-headless-shell", "mine"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/started\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("CHROMIUM", raising=False)
    for chosen, started in ((None, "chromium-headless-shell"), (tmp_path / "mine", "mine")):
        if chosen:
            monkeypatch.setenv("CHROMIUM", str(chosen))
        with pytest.raises(Error, match="closed"), open_browser():
            pass
        assert (tmp_path / "started").read_text().split()[-1] == started
