"""What shoppers search for: reports on the recorded queries, each row of which leads to what can be done about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from indexer.errors import EditConflictError, RelevanceError
from indexer.relevance.query_report import TITLES, Counts, QueryReport, QueryReports
from indexer.relevance.query_sets import QuerySet, SavedQuery, of_words
from webapp.services import services
from webapp.services.resilience import unless_outage
from webapp.staff.login import staff_level, staff_name, staff_only

blueprint = Blueprint("queries", __name__, url_prefix="/workbench/queries")

PERIODS = (7, 30, 90)  # days
_ROWS = 25
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Bar:
    """A day of the chart: where it stands, and how high, in percent of the chart."""

    day: dt.date
    left: float
    width: float
    height: float
    without_results: float  # the part of the height whose queries found nothing
    counts: Counts


@blueprint.get("")
@staff_only
def show() -> ResponseReturnValue:
    """Show what was searched for in the last days, what found nothing, and what nobody clicked."""
    days = request.args.get("days", PERIODS[0], int)
    if days not in PERIODS:
        abort(400, f"days: must be one of {', '.join(map(str, PERIODS))}.")
    today = dt.datetime.now(dt.UTC).date()
    report = QueryReports(services().index).read(today - dt.timedelta(days=days - 1), today, _ROWS)
    liked: dict[str, Any] = unless_outage(
        lambda: services().navigation.products([product_id for product_id, _ in report.likes]), {}
    )
    page = render_template(
        "workbench/queries.html",
        report=report,
        days=days,
        periods=PERIODS,
        titles=TITLES,
        bars=_bars(report),
        liked_products=liked,
        sets=[version.name for version in services().publications.all(QuerySet)],
        keeps=services().settings.ubi_days,
        level=staff_level(),
    )
    return page, 200, _NO_STORE


@blueprint.post("/save")
@staff_only
def save() -> ResponseReturnValue:
    """Add chosen queries to a query set, which is made if there is none of this name."""
    name, words = request.form.get("set", "").strip(), request.form.getlist("q")
    if not words:
        abort(400, "q: choose at least one query.")
    try:
        _add(name, of_words(words))
    except EditConflictError as error:
        abort(409, f"{error}. Nothing was saved; try again.")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = "set" if first["loc"] == ("name",) else ".".join(map(str, first["loc"]))
        abort(400, f"{field}: {first['msg'].removeprefix('Value error, ')}.")
    except RelevanceError as error:
        abort(400, f"{error}.")
    return redirect(url_for("relevance.edit", kind="query-sets", name=name), 303)


def _add(name: str, queries: Sequence[SavedQuery]) -> None:
    """Save a query set with more queries, or a new one."""
    store = services().publications
    versions = store.versions(QuerySet, name)
    known = versions[0].value if versions else None
    if isinstance(known, QuerySet):
        changed = known.with_queries(queries)
    else:
        changed = QuerySet(name=name, queries=tuple(queries))
    number = versions[0].number if versions else 0
    store.save(changed, staff_name() or "", "from the query reports", expected=number)


def _bars(report: QueryReport) -> list[Bar]:
    """Return the chart of a report: the day with the most queries is as high as it."""
    most = max((counts.searches for _, counts in report.days), default=0) or 1
    width = 100 / max(len(report.days), 1)
    return [
        Bar(
            day=day,
            left=round(n * width, 3),
            width=round(0.8 * width, 3),
            height=round(100 * counts.searches / most, 3),
            without_results=round(100 * counts.without_results / most, 3),
            counts=counts,
        )
        for n, (day, counts) in enumerate(report.days)
    ]
