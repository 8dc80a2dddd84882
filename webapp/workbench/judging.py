"""The judging pages: staff grade from 0 to 3 how similar a candidate is to an anchor."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from indexer.errors import GoldenSetError
from indexer.relevance.agreement import agreement
from indexer.relevance.golden import Judgement
from indexer.relevance.judgements import JudgementStore
from webapp.services import services
from webapp.staff.login import staff_only
from webapp.workbench.judges import NO_STORE, Progress, golden_set, judge_name, progress_of, read_judgement
from webapp.workbench.pools import make_pools

blueprint = Blueprint("lab", __name__, url_prefix="/lab")

GRADES = {0: "Not alike", 1: "A little", 2: "Alike", 3: "All but the same"}
MOST_ANCHORS = 200


@blueprint.get("")
@staff_only
def overview() -> ResponseReturnValue:
    """Show the progress of judging, and how far judges agree."""
    judgements = list(_store().all())
    page = render_template(
        "workbench/lab.html",
        progress=_progress(),
        count=len(judgements),
        agreement=agreement(judgements),
        most=MOST_ANCHORS,
    )
    return page, 200, NO_STORE


@blueprint.post("/pools")
@staff_only
def pools() -> ResponseReturnValue:
    """Draw anchors and candidates to judge."""
    anchors = request.form.get("anchors", 0, int)
    if not 1 <= anchors <= MOST_ANCHORS:
        abort(400, f"anchors: must be from 1 to {MOST_ANCHORS}.")
    drawn = make_pools(services().index, services().navigation, anchors)
    try:
        _store().put_pools(drawn)
    except GoldenSetError as error:
        abort(400, str(error))
    return redirect(url_for("lab.judge"), 303)


@blueprint.get("/judge")
@staff_only
def judge() -> ResponseReturnValue:
    """Show the next pair to judge, or return to the overview if there is none."""
    progress, navigation = _progress(), services().navigation
    for position, pair in enumerate(progress.left):
        anchor, candidate = (navigation.product(product_id) for product_id in pair)
        if anchor and candidate:  # skip products deleted meanwhile
            context = {"anchor": anchor, "candidate": candidate, "done": progress.done + position}
            return render_template("workbench/judge.html", grades=GRADES, progress=progress, **context), 200, NO_STORE
    return redirect(url_for("lab.overview"), 303)


@blueprint.post("/judge")
@staff_only
def grade() -> ResponseReturnValue:
    """Save a judgement, and go on to the next pair."""
    fields: dict[str, Any] = {name: request.form.get(name) for name in ("anchor", "candidate", "grade")}
    _store().put(read_judgement(Judgement, fields))
    return redirect(url_for("lab.judge"), 303)


@blueprint.post("/undo")
@staff_only
def undo() -> ResponseReturnValue:
    """Delete the judge's latest judgement, so that its pair is shown again."""
    _store().undo(judge_name())
    return redirect(url_for("lab.judge"), 303)


@blueprint.get("/judgements.jsonl")
@staff_only
def export() -> ResponseReturnValue:
    """Return all judgements as a golden set."""
    return golden_set(_store().all(), "judgements.jsonl")


def _progress() -> Progress:
    judge = judge_name()
    return progress_of(judge, _store().pools(), _store().judged(judge))


def _store() -> JudgementStore:
    return JudgementStore(services().index)
