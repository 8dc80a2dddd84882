"""What those who run the shop look at: what is indexed, embedded and failed, and why."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from indexer import indices
from indexer.dead_letters import DeadLetters
from indexer.settings import Settings
from webapp.staff import staff_name, staff_only

_SHOWN = 50  # dead letters

blueprint = Blueprint("ops", __name__, url_prefix="/ops")


@blueprint.get("")
@staff_only
def overview() -> ResponseReturnValue:
    """Show the state of the shop."""
    settings: Settings = current_app.extensions["settings"]
    client = current_app.extensions["elasticsearch"]
    counts = indices.counts(client, settings.index_name)
    space = indices.space_of(client, settings.index_name)
    letters = DeadLetters(client, settings.index_name)
    page = render_template(
        "ops.html", staff=staff_name(), counts=counts, space=space, index=settings.index_name,
        dead=letters.count(), letters=letters.latest(_SHOWN),
    )  # fmt: skip
    return page, 200, {"Cache-Control": "no-store"}
