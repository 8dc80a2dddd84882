"""Staff pages: the login, and the operations page."""

from __future__ import annotations

from flask import Flask

from webapp.staff import login, navigation, ops


def register(app: Flask) -> None:
    """Register the pages of this package."""
    for module in (login, ops):
        app.register_blueprint(module.blueprint)
    navigation.register(app)
