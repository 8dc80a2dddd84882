"""The login of those who run the shop, and what they watch it by."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Serve the room's pages."""
    # Imported here, as in the other rooms, so that importing one module of a room loads no other.
    from webapp.staff import login, ops

    for module in (login, ops):
        app.register_blueprint(module.blueprint)
