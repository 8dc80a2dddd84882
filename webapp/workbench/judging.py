"""The judging pages: staff grade from 0 to 3 how similar a candidate is to an anchor."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from indexer.errors import GoldenSetError
from indexer.relevance.agreement import agreement
from indexer.relevance.golden import Judgement
from indexer.relevance.judgements import JudgementStore
from webapp.services import services
from webapp.staff.login import staff_name, staff_only
from webapp.workbench.pools import make_pools

blueprint = Blueprint("lab", __name__, url_prefix="/lab")

GRADES = {0: "Not alike", 1: "A little", 2: "Alike", 3: "All but the same"}
MOST_ANCHORS = 200
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Progress:
    """A judge's remaining pairs, in the order in which to judge them."""

    done: int
    left: list[tuple[str, str]]

    @property
    def total(self) -> int:
        """Number of all pairs."""
        return self.done + len(self.left)


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
    return page, 200, _NO_STORE


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
            return render_template("workbench/judge.html", grades=GRADES, progress=progress, **context), 200, _NO_STORE
    return redirect(url_for("lab.overview"), 303)


@blueprint.post("/judge")
@staff_only
def grade() -> ResponseReturnValue:
    """Save a judgement, and go on to the next pair."""
    fields: dict[str, Any] = {name: request.form.get(name) for name in ("anchor", "candidate", "grade")}
    try:
        judgement = Judgement(**fields, judge=_judge())
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        abort(400, f"{fault['loc'][0] if fault['loc'] else 'candidate'}: {fault['msg']}")
    _store().put(judgement)
    return redirect(url_for("lab.judge"), 303)


@blueprint.post("/undo")
@staff_only
def undo() -> ResponseReturnValue:
    """Delete the judge's latest judgement, so that its pair is shown again."""
    _store().undo(_judge())
    return redirect(url_for("lab.judge"), 303)


@blueprint.get("/judgements.jsonl")
@staff_only
def export() -> ResponseReturnValue:
    """Return all judgements as a golden set."""
    lines = "".join(j.model_dump_json(exclude_none=True) + "\n" for j in _store().all())
    name = {"Content-Disposition": "attachment; filename=judgements.jsonl"}
    return Response(lines, headers=_NO_STORE | name, content_type="application/jsonl; charset=utf-8")


def _progress() -> Progress:
    """Return a judge's progress: anchors in the common order, candidates shuffled for each judge to avoid hints."""
    judged = _store().judged(_judge())
    pairs = [
        (anchor, candidate)
        for anchor, candidates in _store().pools().items()
        for candidate in sorted(candidates, key=lambda c: sha256(f"{_judge()}\n{anchor}\n{c}".encode()).digest())
    ]
    left = [pair for pair in pairs if pair not in judged]
    return Progress(len(pairs) - len(left), left)


def _judge() -> str:
    name = staff_name()
    assert name is not None  # noqa: S101 - staff_only guarantees it
    return name


def _store() -> JudgementStore:
    return JudgementStore(services().index)
