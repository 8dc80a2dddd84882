"""Compare configurations on one request, or on many queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import ApiError
from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from es_mappings.configuration import Configuration
from indexer.checks.findings import read_error
from indexer.errors import RelevanceError
from indexer.relevance.golden import Grades, merge
from indexer.relevance.query_sets import MAX_QUERIES, QuerySet, SavedQuery
from search.comparison import (
    METRIC,
    PageSummary,
    QueryComparison,
    SetComparison,
    compare_rows,
    searches_of,
)
from search.errors import ParameterError, is_outage
from search.explaining import MAX_EXPLAINED, explain
from search.listing import Listing
from search.parameters import SearchParameters
from search.raw_requests import RawRequest
from webapp.errors import wants_json
from webapp.services import comparisons, services
from webapp.staff.login import staff_level, staff_only
from webapp.workbench import filter_suggestions
from webapp.workbench.configuration_help import text_of
from webapp.workbench.sides import (
    Side,
    address,
    are_alike,
    asked_queries,
    draft_text,
    names,
    read_request,
    read_sides,
    seen_version,
)
from workers.errors import RedisUnavailableError

blueprint = Blueprint("compare", __name__, url_prefix="/workbench/compare")

_NO_STORE = {"Cache-Control": "no-store"}
_AGAIN_SECONDS = "1"  # until a page whose searches aren't all done asks for the next piece


@dataclass(frozen=True)
class Column:
    """What one configuration shows for a request, and how it differs from the first one.

    Attributes
    ----------
    gone : list of (int, dict)
        Products of the first one's page that this one doesn't have, each with the place that it had.
    """

    side: Side
    listing: Listing
    raw: RawRequest
    compared: QueryComparison | None

    gone: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    @property
    def moves(self) -> dict[str, Any]:
        """What happened to each product; nothing in the first column."""
        return {move.product_id: move for move in self.compared.moves} if self.compared else {}


@dataclass(frozen=True)
class TableRow:
    """One of many queries: how each other configuration differs from the first, or why it can't be searched."""

    query: SavedQuery
    sides: list[QueryComparison]
    problem: str = ""

    @property
    def changed(self) -> float:
        """How much it changed under the configuration that changes it most; what can't be searched comes first."""
        return max((side.changed for side in self.sides), default=float("inf"))


@blueprint.route("", methods=["GET", "POST"])
@staff_only
def show() -> ResponseReturnValue:
    """Show configurations side by side; a form that is posted brings one that isn't saved yet, as a preview."""
    store = services().publications
    context: dict[str, Any] = {"names": names(), "values": request.values, "most": MAX_QUERIES, "problem": ""}
    context |= {"level": staff_level(), "draft": draft_text()}
    context |= {"metric": METRIC, "most_explained": MAX_EXPLAINED, "address": address()}
    context["filters"] = filter_suggestions.of_requests(services().navigation.current.whole_shop.read())
    context["sets"] = [version.name for version in store.all(QuerySet)]
    saved = {version.name: version.number for version in store.all(Configuration)}
    context |= {
        "known": list(dict.fromkeys(["live", "default", *saved])),
        "seen": seen_version(saved.get(names()["b"], 0)),
    }
    with _problems_in(context):
        sides, parameters, queries = read_sides(), read_request(), asked_queries()
        context |= {"sides": sides, "are_alike": are_alike(sides)}
        context |= {"text_b": context["draft"] or text_of(sides[1].publication.configuration)}
        if queries:
            context |= _many(sides, parameters.model_copy(update={"q": ""}), queries)
        elif parameters.q or parameters.has_anchors or parameters.category:
            context["columns"] = _columns(sides, parameters)
    headers = {**_NO_STORE, **({"Refresh": _AGAIN_SECONDS} if context.get("left") and not context["draft"] else {})}
    return render_template("workbench/compare.html", **context), 422 if context["problem"] else 200, headers


@blueprint.route("/explain", methods=["GET", "POST"])
@staff_only
def explain_products() -> ResponseReturnValue:
    """Explain why products stand where they stand under one of the configurations; as JSON for programs."""
    letter, ids = request.values.get("side", "a"), request.values.getlist("id")
    context: dict[str, Any] = {"names": names(), "values": request.values, "problem": "", "explanations": []}
    with _problems_in(context):
        side = next((side for side in read_sides() if side.letter == letter), None)
        if side is None:
            raise ParameterError("side", f"must be one of {', '.join(names())}")
        parameters = read_request().model_copy(update={"explain": True})
        listing = services().navigation.current.preview(parameters, side.publication)
        context |= {"side": side, "listing": listing, "explanations": explain(services().index, listing, ids)}
    if wants_json():
        if context["problem"]:
            abort(422, context["problem"])
        answer: Response = jsonify([explanation.to_dict() for explanation in context["explanations"]])
        return answer, 200, _NO_STORE
    template = "_explanations.html" if request.values.get("part") else "explain.html"
    return render_template(f"workbench/{template}", **context), 422 if context["problem"] else 200, _NO_STORE


@contextmanager
def _problems_in(context: dict[str, Any]) -> Iterator[None]:
    """Show on the page what was asked for wrongly, or what Elasticsearch refuses to search by."""
    try:
        yield
    except (RelevanceError, ParameterError) as error:
        context["problem"] = str(error)
    except ApiError as error:  # by a configuration that was saved unchecked, such as one that was imported
        if is_outage(error):
            raise
        context["problem"] = "; ".join(map(str, read_error(error, "Elasticsearch refuses to search by one of them")))


def _columns(sides: list[Side], parameters: SearchParameters) -> list[Column]:
    navigation, columns = services().navigation.current, list[Column]()
    for side in sides:
        listing = navigation.preview(parameters, side.publication)
        raw, *_ = navigation.requests(parameters, parameters.dislike, side.publication)
        columns.append(_column(side, listing, raw, columns[0].listing if columns else None))
    return columns


def _column(side: Side, listing: Listing, raw: RawRequest, first: Listing | None) -> Column:
    if first is None:
        return Column(side, listing, raw, None)
    compared = QueryComparison(listing.parameters.q, PageSummary.of(first), PageSummary.of(listing))
    products = {hit.product["id"]: hit.product for hit in first.result.hits}
    gone = [(move.before or 0, products[move.product_id]) for move in compared.moves if move.change == "gone"]
    return Column(side, listing, raw, compared, gone)


def _many(sides: list[Side], base: SearchParameters, queries: list[SavedQuery]) -> dict[str, Any]:
    """Return what is known of many queries so far, the biggest change first once all are searched."""
    publications = [side.publication for side in sides]
    preview = services().navigation.current.preview
    searches = searches_of(queries, base)
    try:
        found = services().comparisons.continued(preview, searches, publications, comparisons.PIECE_SECONDS)
    except RedisUnavailableError:
        abort(
            503,
            f"{len(searches)} searches take longer than one page may, and Redis, which keeps their results, is down.",
        )
    pairs = list(zip(queries, found, strict=True))
    done = [(query, searched.pages) for query, searched in pairs if searched and not searched.problem]
    left = found.count(None)
    is_judged = not (left or base.has_anchors or base.filter or base.category)  # judges saw the words alone
    sets = compare_rows([(str(query), shown) for query, shown in done], _grades() if is_judged else {})
    rows = [TableRow(query, [s.queries[place] for s in sets]) for place, (query, _) in enumerate(done)]
    rows += [TableRow(query, [], searched.problem) for query, searched in pairs if searched and searched.problem]
    others: list[tuple[Side, SetComparison]] = list(zip(sides[1:], sets, strict=bool(done)))
    return {"rows": sorted(rows, key=lambda row: -row.changed), "left": left, "total": len(found), "others": others}


def _grades() -> Grades:
    """Return what judges said of queries."""
    return merge(services().query_judgements.all())
