"""Addresses for programs: the JSON API, the webhook for catalogue events, health and metrics."""

from __future__ import annotations

from flask_openapi3 import OpenAPI

from webapp.api import catalog_hook, health, routes
from webapp.api.description import described_app

__all__ = ["described_app", "register"]


def register(app: OpenAPI) -> None:
    """Register the addresses of this package."""
    for module in (routes, catalog_hook, health):
        app.register_api(module.blueprint)
