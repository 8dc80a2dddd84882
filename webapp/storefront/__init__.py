"""The storefront: pages, bag, photographs, and what is remembered about shoppers."""

from __future__ import annotations

from flask import Flask

from webapp.storefront import bag, behaviour, pages, photo_pages, pictures, staleness


def register(app: Flask) -> None:
    """Register the pages of this package."""
    for module in (pages, pictures, bag, behaviour, photo_pages):
        app.register_blueprint(module.blueprint)
    staleness.register(app)
