"""Review of disputed attributes: a member of staff sees a product, its neighbours and both values, and decides."""

from __future__ import annotations

import json
import math
from typing import Any

from elasticsearch import NotFoundError
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import FiniteFloat, TypeAdapter, ValidationError

from es_mappings import disputes, queries
from es_mappings.anchors import Anchor
from es_mappings.facets import Filters
from indexer.attribution.decisions import decide
from indexer.attribution.head import Value
from indexer.attribution.model import value_of
from indexer.attribution.review import settle
from indexer.elastic.client import vector
from indexer.vectorizers.base import ProductFields
from webapp.services import services
from webapp.staff.login import staff_name, staff_only

blueprint = Blueprint("disputes", __name__, url_prefix="/lab/attributes")

NEIGHBOURS = 6
_NO_STORE = {"Cache-Control": "no-store"}
_LONGEST = 200  # characters of a typed value
_PLACE: TypeAdapter[tuple[FiniteFloat, FiniteFloat, str] | None] = TypeAdapter(
    tuple[FiniteFloat, FiniteFloat, str] | None
)


@blueprint.get("")
@staff_only
def review() -> ResponseReturnValue:
    """Show the most valuable open dispute."""
    attribute = request.args.get("attribute") or None
    answer = services().index.search(body=disputes.disputed(attribute=attribute, after=_after()))
    hits = answer["hits"]["hits"]
    counts = [(b["key"], b["doc_count"]) for b in answer["aggregations"]["attributes"]["buckets"]]
    context: dict[str, Any] = {
        "counts": counts, "attribute": attribute, "total": answer["hits"]["total"]["value"],
        "after": request.args.get("after"),
    }  # fmt: skip
    if hits:
        product = hits[0]["_source"]
        name = attribute or product["disputes"][0]
        context |= {
            "product": product,
            "name": name,
            "catalogued": _catalogued(product, name),
            "predicted": product["predicted"][name],
            "sure": min(int(100 * product["predicted"][name]["confidence"]), 99),  # nothing is certain
            "neighbours": [(n, _catalogued(n, name)) for n in _neighbours(product)],
            "next": url_for("disputes.review", attribute=attribute, after=json.dumps(hits[0]["sort"])),
        }
    return render_template("workbench/disputes.html", **context), 200, _NO_STORE


@blueprint.post("")
@staff_only
def answer() -> ResponseReturnValue:
    """Save a decision, write it to the product, and go on to the next dispute."""
    product_id, name = request.form.get("id", ""), request.form.get("name", "")
    try:
        product = services().index.client.get(index=services().index.name, id=product_id)["_source"]
    except (NotFoundError, ValueError):
        abort(400, "id: there is no such product.")
    predicted = product.get("predicted", {}).get(name)
    if predicted is None:
        abort(400, "name: nothing was predicted for this attribute.")
    catalogued = _catalogued(product, name)
    choice = request.form.get("choice")
    other = request.form.get("other", "").strip()[:_LONGEST]
    if choice not in {"accept", "keep", "other"} or (choice == "other" and not other):
        abort(400, "choice: must be accept, keep, or other with a value.")
    value = {"accept": predicted["value"], "keep": catalogued, "other": other}[choice]
    if choice == "other":
        value = _parse(predicted["value"], other)
    by = staff_name()
    assert by is not None  # noqa: S101 - staff_only guarantees it
    decide(services().index, product_id, name, value, catalogued, by)
    settle(services().index, product_id)
    # Continue from the same place, so that skipped disputes don't return at once.
    attribute, after = request.form.get("attribute") or None, request.form.get("after") or None
    return redirect(url_for("disputes.review", attribute=attribute, after=after), 303)


def _parse(predicted: Value, text: str) -> Value:
    """Parse a typed value as the type of the predicted one: yes or no, a number, or text."""
    if isinstance(predicted, bool):
        if text.lower() not in {"yes", "no"}:
            abort(400, "other: must be yes or no.")
        return text.lower() == "yes"
    if isinstance(predicted, str):
        return text
    try:
        number = float(text)
    except ValueError:
        abort(400, "other: must be a number.")
    if not math.isfinite(number):
        abort(400, "other: must be a number.")
    return int(number) if number.is_integer() else number


def _catalogued(product: dict[str, Any], name: str) -> Any:
    """Return the catalogue's value of an attribute."""
    return value_of(ProductFields.from_source(product), name)


def _neighbours(product: dict[str, Any]) -> list[dict[str, Any]]:
    """Find the products of the same category that look most similar."""
    source = services().index.products([product["id"]]).get(product["id"], {})
    if "vector" not in source:
        return []
    anchor = Anchor(product["id"], vector(source["vector"]))
    within = queries.browse(None, Filters(category=next(iter(product.get("category_path", [])), None)))
    parts = queries.sort_by_similar(within, [anchor], weights={"look": 1.0})
    answer = services().index.search(body=queries.search_page(parts, page=queries.Page(NEIGHBOURS)))
    return [hit["_source"] for hit in answer["hits"]["hits"]]


def _after() -> list[Any] | None:
    """Read the position in the list to continue after."""
    try:
        place = _PLACE.validate_json(request.args.get("after", "null"))
    except ValidationError:
        abort(400, "after: not a place in the list.")
    return list(place) if place else None
