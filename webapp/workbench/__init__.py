"""Where people who run the shop judge similarity and settle disputed attributes."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Serve the room's pages."""
    # Imported here, as in the other rooms, so that importing one module of a room loads no other.
    from webapp.workbench import disputes, judging

    for module in (judging, disputes):
        app.register_blueprint(module.blueprint)
