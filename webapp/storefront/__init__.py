"""The shop that shoppers see: pages, bag, photographs, what is remembered of them."""

from __future__ import annotations

from flask import Flask

from webapp.storefront import bag, behaviour, pages, photo_pages, pictures


def register(app: Flask) -> None:
    """Serve the room's pages."""
    for module in (pages, pictures, bag, behaviour, photo_pages):
        app.register_blueprint(module.blueprint)
