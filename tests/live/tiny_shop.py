"""The storefront with room for two pages at a time, so that a test can ask for more than it serves."""

from flask import Flask

from webapp import budgets, create_app
from webapp.budgets import Capacity


def create_tiny_app() -> Flask:
    """Build the application."""
    budgets.CAPACITIES["pages"] = Capacity(at_once=1, waiting=1)
    return create_app()
