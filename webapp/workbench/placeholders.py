"""Review of pictures that unrelated products share: a confirmed placeholder counts as no image."""

from __future__ import annotations

import re

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from indexer.activations.placeholders import Placeholders
from webapp.services import services
from webapp.staff.login import staff_name, staff_only
from workers.app import EMBED_WAITING

blueprint = Blueprint("placeholders", __name__, url_prefix="/lab/placeholders")

_NO_STORE = {"Cache-Control": "no-store"}
_DIGEST = re.compile(r"[0-9a-f]{64}")


@blueprint.get("")
@staff_only
def review() -> ResponseReturnValue:
    """Show the pictures that may be placeholders."""
    pictures = Placeholders(services().index).proposed()
    queued = request.args.get("queued", type=int)
    return render_template("workbench/placeholders.html", pictures=pictures, queued=queued), 200, _NO_STORE


@blueprint.post("")
@staff_only
def decide() -> ResponseReturnValue:
    """Save a decision, and queue the products of the picture to be embedded again."""
    digest, choice = request.form.get("digest", ""), request.form.get("choice")
    if not _DIGEST.fullmatch(digest):
        abort(400, "digest: must be a picture's SHA-256.")
    if choice not in {"placeholder", "picture"}:
        abort(400, "choice: must be placeholder or picture.")
    by = staff_name()
    assert by is not None  # noqa: S101 - staff_only guarantees it
    ids = Placeholders(services().index).decide(digest, is_placeholder=choice == "placeholder", by=by)
    queues = services().queues
    queues.embedding.add(ids)
    queues.tasks.wake(EMBED_WAITING)
    return redirect(url_for("placeholders.review", queued=len(ids)), 303)
