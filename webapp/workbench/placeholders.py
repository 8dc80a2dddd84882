"""Review of pictures that unrelated products share: a confirmed placeholder counts as no image."""

from __future__ import annotations

import re

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.services import services
from webapp.staff.login import staff_name, staff_only
from workers.app import EMBED_WAITING
from workers.errors import QueueError

blueprint = Blueprint("placeholders", __name__, url_prefix="/lab/placeholders")

_NO_STORE = {"Cache-Control": "no-store"}
_DECISIONS = 20  # the last ones, which can be undone
_DIGEST = re.compile(r"[0-9a-f]{64}")


@blueprint.get("")
@staff_only
def review() -> ResponseReturnValue:
    """Show the pictures that may be placeholders, and the last decisions."""
    placeholders = services().placeholders
    page = render_template(
        "workbench/placeholders.html",
        pictures=placeholders.proposed(),
        decisions=placeholders.decided(_DECISIONS),
        queued=request.args.get("queued", type=int),
    )
    return page, 200, _NO_STORE


@blueprint.post("")
@staff_only
def decide() -> ResponseReturnValue:
    """Save or undo a decision, and queue the products of the picture to be embedded again."""
    digest, choice = request.form.get("digest", ""), request.form.get("choice")
    if not _DIGEST.fullmatch(digest):
        abort(400, "digest: must be a picture's SHA-256.")
    if choice not in {"placeholder", "picture", "undo"}:
        abort(400, "choice: must be placeholder, picture or undo.")
    by, placeholders = staff_name(), services().placeholders
    assert by is not None  # noqa: S101 - staff_only guarantees it
    if choice == "undo":
        ids = placeholders.undo(digest)
    else:
        ids = placeholders.decide(digest, is_placeholder=choice == "placeholder", by=by)
    queues = services().queues
    try:
        queues.embedding.add(ids)
        queues.tasks.wake(EMBED_WAITING)
    except QueueError as error:
        abort(
            503,
            f"The decision is saved, but {len(ids):,} products can't be queued to be embedded again: {error}. "
            "Once Redis answers, undo it and decide again.",
        )
    return redirect(url_for("placeholders.review", queued=len(ids)), 303)
