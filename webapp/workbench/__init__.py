"""Where people who run the shop judge similarity and settle disputed attributes."""

from __future__ import annotations

from flask import Flask

from webapp.workbench import disputes, judging


def register(app: Flask) -> None:
    """Serve the room's pages."""
    for module in (judging, disputes):
        app.register_blueprint(module.blueprint)
