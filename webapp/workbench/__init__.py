"""The workbench, where staff judge similarity, settle disputed attributes and find placeholder pictures."""

from __future__ import annotations

from flask import Flask

from webapp.workbench import disputes, judging, placeholders


def register(app: Flask) -> None:
    """Register the pages of this package."""
    for module in (judging, disputes, placeholders):
        app.register_blueprint(module.blueprint)
