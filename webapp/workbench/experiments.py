"""Experiments: what runs, what came of it, who started and stopped what; the forms that start and stop one."""

from __future__ import annotations

import math
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from es_mappings.configuration import Configuration
from es_mappings.experiment import METRICS
from indexer.checks.trying import try_configuration
from indexer.errors import RelevanceError
from indexer.experiments.judging import look_again, result_of
from indexer.experiments.log import Experiments, Look, Run
from indexer.experiments.results import Measure
from indexer.experiments.starting import deleted, described, new_experiment
from webapp.services import services
from webapp.staff.login import needs_level, staff_level, staff_name, staff_only

blueprint = Blueprint("experiments", __name__, url_prefix="/workbench/experiments")

_HISTORY = 50  # experiments that are listed
_FIELDS = ("name", "control", "treatment", "kind", "share", "metric", "minimum_days", "minimum_visits")
_DEFAULTS = {"control": "live", "kind": "ab", "share": "1", "metric": "clicks"}
_SEGMENTS = {
    "device:phone": "On a phone",
    "device:desktop": "On a computer or a tablet",
    "likes:yes": "Searches with likes",
    "likes:no": "Searches without likes",
}
_NO_STORE = {"Cache-Control": "no-store"}


@blueprint.get("")
@staff_only
def show() -> ResponseReturnValue:
    """Show the newest experiment, or one by number, and all that there were."""
    return _page()


@blueprint.post("/start")
@staff_only
def start() -> ResponseReturnValue:
    """Start an experiment as a form says; on a fault show the form again, and leave what is live alone."""
    needs_level("publish")
    values = {name: value for name in _FIELDS if (value := request.form.get(name, "").strip())}
    store, author = services().publications, _author()
    try:
        named = [values.pop(name, "") for name in ("name", "control", "treatment")]
        experiment = new_experiment(store, *named, **values)
        if findings := try_configuration(services().index, experiment.treatment):
            raise RelevanceError("; ".join(map(str, findings)))
        _experiments().start(experiment, author, request.form.get("note", "").strip()[:200])
    except RelevanceError as error:
        return _page(str(error))
    return redirect(url_for("experiments.show"), 303)


@blueprint.post("/count")
@staff_only
def count() -> ResponseReturnValue:
    """Count the visits of the experiment that runs, as a worker does every half hour; one that is worse stops."""
    needs_level("edit")
    run = _experiments().running()
    if run is None:
        return _page("no experiment runs, so there is nothing to count")
    look_again(services().index, run)
    return redirect(url_for("experiments.show"), 303)


@blueprint.post("/stop")
@staff_only
def stop() -> ResponseReturnValue:
    """Stop the experiment that runs."""
    needs_level("publish")
    try:
        _experiments().stop(request.form.get("name", ""), _author(), request.form.get("reason", "").strip()[:200])
    except RelevanceError as error:
        return _page(str(error))
    return redirect(url_for("experiments.show"), 303)


def _page(problem: str = "") -> ResponseReturnValue:
    store, runs = _experiments(), _experiments().history(2 * _HISTORY)
    wanted = request.args.get("number", type=int)
    run = next((run for run in runs if wanted in (None, run.number)), None)
    if wanted and run is None:
        abort(404, f"There is no experiment {wanted}.")
    look = store.look(run.number) if run else None
    publications = services().publications
    saved = [version.name for version in publications.all(Configuration)]
    tried = [name for name in (*saved, "default") if name != publications.live().configuration.name]
    page = render_template(
        "workbench/experiments.html",
        run=run,
        runs=runs,
        is_free=not (runs and runs[0].is_running),
        known=["live", "default", *(name for name in saved if name != "default")],
        metrics={name: text for name, text in METRICS.items() if name != "zero"},
        form={**_DEFAULTS, "treatment": next(iter(tried), ""), **request.form},
        has_saved=bool(saved),
        level=staff_level(),
        problem=problem,
        keeps=services().settings.ubi_days,
        **(_results(run, look) if run else {}),
    )
    return page, 422 if problem else 200, _NO_STORE


def _results(run: Run, look: Look | None) -> dict[str, Any]:
    result = result_of(run, look)
    groups = {"All visits": result.measures, **result.segments} if result else {}
    return {
        "look": look,
        "result": result,
        "described": described(run.experiment) if run.experiment else "",
        "deleted": list(deleted(services().publications, run)),
        "groups": {_group(name): [_row(measure) for measure in measures] for name, measures in groups.items()},
    }


def _group(segment: str) -> str:
    """Return what a segment is called."""
    kind, _, value = segment.partition(":")
    return f"Searches in {value}" if kind == "category" else _SEGMENTS.get(segment, segment)


def _row(measure: Measure) -> dict[str, str]:
    difference = measure.difference
    ends = [f"{100 * end:+.2f}" if math.isfinite(end) else "unknown" for end in (difference.low, difference.high)]
    return {
        "metric": METRICS[measure.metric],
        "control": f"{measure.control:.2%}",
        "treatment": f"{measure.treatment:.2%}",
        "change": f"{100 * difference.estimate:+.2f}",
        "interval": " to ".join(ends) if math.isfinite(difference.low) else "unknown",
        "found": "better" if measure.is_better else "worse" if measure.is_worse else "",
    }


def _experiments() -> Experiments:
    return Experiments(services().index)


def _author() -> str:
    name = staff_name()
    assert name is not None  # noqa: S101 - staff_only guarantees it
    return name
