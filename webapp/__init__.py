"""The storefront and its API: ``create_app`` makes the one Flask application."""

from webapp.application import create_app

__all__ = ["create_app"]
