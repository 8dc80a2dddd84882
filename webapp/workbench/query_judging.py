"""Judging keyword queries: staff grade from 0 to 3 how well a product answers the words, following guidelines."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from es_mappings.configuration import Configuration
from indexer.errors import EditConflictError, GoldenSetError, RelevanceError
from indexer.relevance.agreement import agreement, differences
from indexer.relevance.golden import QueryJudgement
from indexer.relevance.query_judgements import MAX_GUIDELINES, QueryJudgementStore
from indexer.relevance.query_sets import MAX_QUERIES, QuerySet
from search.comparison import searches_of
from search.errors import ParameterError
from search.parameters import SearchParameters
from webapp.services import comparisons, services
from webapp.staff.login import staff_level, staff_only
from webapp.workbench.judges import NO_STORE, Progress, golden_set, judge_name, progress_of, read_judgement
from webapp.workbench.sides import SIZE, asked_queries, names, read_sides

blueprint = Blueprint("query_lab", __name__, url_prefix="/lab/queries")

GRADES = {0: "Not that", 1: "A little", 2: "Mostly", 3: "Exactly"}
_DIFFERENCES = 20  # that are shown


@blueprint.get("")
@staff_only
def overview() -> ResponseReturnValue:
    """Show the progress of judging, how far judges agree, the guidelines, and the form that draws products."""
    return _overview()


@blueprint.post("/pools")
@staff_only
def pools() -> ResponseReturnValue:
    """Pool what each of several configurations shows first for each query; in pieces where there are many."""
    try:
        queries = [query for query in asked_queries() if str(query) == query.q]  # judgements are of words alone
        if not queries:
            raise ParameterError("queries", "name at least one search of words alone, or a query set that has some")
        sides, searches = read_sides(), searches_of(queries, SearchParameters(size=SIZE))
        publications = [side.publication for side in sides]
        preview = services().navigation.current.preview
        found = services().comparisons.continued(preview, searches, publications, comparisons.PIECE_SECONDS)
        if left := found.count(None):
            context = {"left": left, "total": len(found), "values": request.values, "names": names()}
            return render_template("workbench/query_drawing.html", **context), 200, NO_STORE
        drawn = {
            query.q: list(dict.fromkeys(i for page in searched.pages for i in page.ids))
            for query, searched in zip(queries, found, strict=True)
            if searched
        }
        _store().put_pools({query: ids for query, ids in drawn.items() if ids}, judge_name())
    except (RelevanceError, ParameterError, GoldenSetError) as error:
        return _overview(problem=str(error))
    return redirect(url_for("query_lab.overview"), 303)


@blueprint.post("/guidelines")
@staff_only
def guidelines() -> ResponseReturnValue:
    """Change the guidelines."""
    text = request.form.get("text", "")
    try:
        _store().put_guidelines(text, judge_name(), expected=request.form.get("seen", 0, int))
    except (EditConflictError, GoldenSetError) as error:
        return _overview(problem=str(error), unsaved=text)
    return redirect(url_for("query_lab.overview"), 303)


@blueprint.get("/judge")
@staff_only
def judge() -> ResponseReturnValue:
    """Show the next product to judge, or return to the overview if there is none."""
    progress, navigation = _progress(), services().navigation
    for position, (query, candidate) in enumerate(progress.left):
        if product := navigation.product(candidate):  # skip products deleted meanwhile
            context: dict[str, Any] = {"query": query, "product": product, "done": progress.done + position}
            context |= {"grades": GRADES, "progress": progress, "guidelines": _store().guidelines()}
            return render_template("workbench/query_judge.html", **context), 200, NO_STORE
    return redirect(url_for("query_lab.overview"), 303)


@blueprint.post("/judge")
@staff_only
def grade() -> ResponseReturnValue:
    """Save a judgement, and go on to the next product."""
    fields: dict[str, Any] = {name: request.form.get(name) for name in ("query", "candidate", "grade")}
    fields["note"] = request.form.get("note") or None
    _store().put(read_judgement(QueryJudgement, fields))
    return redirect(url_for("query_lab.judge"), 303)


@blueprint.post("/undo")
@staff_only
def undo() -> ResponseReturnValue:
    """Delete the judge's latest judgement, so that its product is shown again."""
    _store().undo(judge_name())
    return redirect(url_for("query_lab.judge"), 303)


@blueprint.get("/judgements.jsonl")
@staff_only
def export() -> ResponseReturnValue:
    """Return all judgements of queries as a golden set."""
    return golden_set(_store().all(), "query-judgements.jsonl")


def _overview(*, problem: str = "", unsaved: str | None = None) -> ResponseReturnValue:
    store, judgements = services().publications, list(_store().all())
    context: dict[str, Any] = {"progress": _progress(), "pools": _store().pools(), "count": len(judgements)}
    context |= {"agreement": agreement(judgements), "differences": differences(judgements)[:_DIFFERENCES]}
    context |= {"guidelines": _store().guidelines(), "longest": MAX_GUIDELINES, "unsaved": unsaved, "problem": problem}
    context |= {"sets": [version.name for version in store.all(QuerySet)], "most": MAX_QUERIES}
    context["known"] = list(dict.fromkeys(["live", "default", *(v.name for v in store.all(Configuration))]))
    context |= {"names": names(), "values": request.values, "level": staff_level(), "depth": SIZE}
    return render_template("workbench/query_lab.html", **context), 422 if problem else 200, NO_STORE


def _progress() -> Progress:
    judge = judge_name()
    return progress_of(judge, _store().pools(), _store().judged(judge))


def _store() -> QueryJudgementStore:
    return services().query_judgements
