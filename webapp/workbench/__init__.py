"""The workbench, where staff judge similarity and settle disputed attributes."""

from __future__ import annotations

from flask import Flask

from webapp.workbench import disputes, judging


def register(app: Flask) -> None:
    """Register the pages of this package."""
    for module in (judging, disputes):
        app.register_blueprint(module.blueprint)
