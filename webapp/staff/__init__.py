"""The login of those who run the shop, and what they watch it by."""

from __future__ import annotations

from flask import Flask

from webapp.staff import login, ops


def register(app: Flask) -> None:
    """Serve the room's pages."""
    for module in (login, ops):
        app.register_blueprint(module.blueprint)
