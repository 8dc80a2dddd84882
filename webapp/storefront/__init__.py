"""The shop that shoppers see: pages, bag, photographs, what is remembered of them."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Serve the room's pages."""
    # Imported here: the pages need the services, which hold what this room keeps.
    from webapp.storefront import bag, behaviour, pages, photo_pages, pictures

    for module in (pages, pictures, bag, behaviour, photo_pages):
        app.register_blueprint(module.blueprint)
