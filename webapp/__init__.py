"""The web application: ``create_app`` builds the Flask app of the storefront, the API and the staff pages."""

from webapp.application import create_app

__all__ = ["create_app"]
