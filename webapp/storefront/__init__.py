"""The storefront: pages, bag, comparison, photographs, and what is remembered about shoppers."""

from __future__ import annotations

from flask import Flask

from indexer.settings import Settings
from webapp.storefront import (
    bag,
    behaviour,
    comparison,
    labels,
    links,
    loading,
    pages,
    photo_pages,
    pictures,
    script_texts,
    search_engines,
    staleness,
    wish_lists,
)


def register(app: Flask, settings: Settings) -> None:
    """Register the pages of this package."""
    for module in (pages, pictures, bag, behaviour, photo_pages, wish_lists, comparison, search_engines, loading):
        app.register_blueprint(module.blueprint)
    app.add_template_global(links.here)
    labels.register(app, settings)
    staleness.register(app)
    script_texts.register(app)
    loading.register(app)
