"""The JSON API: the same listings as the pages show, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, abort, current_app, jsonify, request, url_for
from flask_openapi3 import APIBlueprint

from es_mappings.results import Facets, Hit
from search.listing import Listing
from search.parameters import SearchParameters
from search.reading import refuse_repeated
from search.similarities import Match
from search.suggestions import Suggestion
from webapp.api.description import EVENTS, SEARCH, problems
from webapp.api.models import (
    BehaviourEvent,
    ListingAnswer,
    PhotoForm,
    ProductAnswer,
    ProductPath,
    SuggestAnswer,
    SuggestParameters,
)
from webapp.reading import product_or_404, read_box
from webapp.services import services
from webapp.services.resilience import stale_seconds
from webapp.storefront import behaviour
from webapp.storefront.pictures import picture_url

blueprint = APIBlueprint("api", __name__, url_prefix="/api", abp_tags=[SEARCH], abp_responses=problems())


@blueprint.before_request
def refuse_repeated_parameters() -> None:
    """Refuse repeated parameters that are not lists, because the models see only the last value."""
    refuse_repeated(request.args.lists())


@blueprint.before_request
def require_json() -> None:
    """Refuse a body without a JSON content type, which forms of other sites cannot send."""
    if request.endpoint != "api.remember":
        return
    if not request.is_json:
        abort(415, "The body must be application/json.")
    try:
        request.get_json(silent=True)
    except RecursionError:
        abort(400, "The body is nested too deeply.")


@blueprint.get("/search", responses={200: ListingAnswer})
def search(query: SearchParameters) -> Response:
    """Find products by keywords, filters and similarity."""
    return jsonify(listing_json(services().navigation.listing(query)))


@blueprint.get("/suggest", responses={200: SuggestAnswer})
def suggest(query: SuggestParameters) -> Response:
    """Suggest searches, categories, brands, attribute values and products while somebody types."""
    suggestions = services().navigation.suggest(query.q)
    return jsonify({"suggestions": [_suggestion(suggestion) for suggestion in suggestions]})


@blueprint.get("/products/<path:product_id>/similar", responses={200: ListingAnswer, **problems(404)})
def similar(path: ProductPath, query: SearchParameters) -> Response:
    """Find products similar to one product, with the parameters and the answer of a search."""
    product_or_404(path.product_id)
    return jsonify(listing_json(services().navigation.listing(query.like_this(path.product_id))))


@blueprint.get("/products/<path:product_id>", responses={200: ProductAnswer, **problems(404)})
def product(path: ProductPath) -> Response:
    """Return one product."""
    fields = product_or_404(path.product_id)
    return jsonify({**fields, "image": picture_url(fields, 960), "stale_seconds": stale_seconds()})


@blueprint.post("/similar-to-image", responses={200: ListingAnswer, **problems(403, 413)})
def similar_to_image(query: SearchParameters, form: PhotoForm) -> Response:
    """Find products similar to a photograph. Only its vector is stored, for further searches with `photo`."""
    token = services().photos.take(form.image.read(), read_box(form.box))
    listing = services().navigation.listing(query.model_copy(update={"photo": token}))
    return jsonify({**listing_json(listing), "photo": token})


@blueprint.post("/behaviour", tags=[EVENTS], responses={204: None, **problems(403, 404, 415)})
def remember(body: BehaviourEvent) -> tuple[str, int]:
    """Record what a shopper did, under the cookie that the answer sets."""
    product_or_404(body.product_id)
    behaviour.record(body.type, body.product_id)
    return "", 204


@blueprint.get("/openapi.json", doc_ui=False)
def description() -> Response:
    """Describe the API."""
    return jsonify(current_app.api_doc)  # type: ignore[attr-defined]


def listing_json(listing: Listing) -> dict[str, Any]:
    """Return a listing as the API's answer."""
    return {
        "total": {"value": listing.result.total, "relation": "eq"},
        "products": [_card(hit, match) for hit, match in zip(listing.result.hits, listing.matches, strict=True)],
        "facets": _facets(listing.result.facets) if listing.result.facets else {},
        "next_cursor": listing.next_cursor,
        "keywords": {"text": listing.search.keywords.text, "partial": listing.search.is_partial},
        "plan": {
            "strategy": listing.plan.strategy,
            "reason": listing.plan.reason,
            "matched": listing.result.total,
            "took_ms": listing.result.took_ms,
            **_weights(listing),
        },
        "warnings": listing.warnings,
        "stale_seconds": stale_seconds(),
    }


def _weights(listing: Listing) -> dict[str, Any]:
    """Return the aspect weights and where they come from; empty unless sorted by similarity."""
    if not listing.by_similarity:
        return {}
    return {"weights": listing.search.weights, "weights_of": listing.search.weights_of}


def _card(hit: Hit, match: Match) -> dict[str, Any]:
    names = ("id", "title", "brand", "category", "price", "currency", "in_stock")
    card = {name: hit.product.get(name) for name in names}
    similarity = None if match.similarity is None else round(match.similarity, 4)
    image = picture_url(hit.product, 480, hit.image)
    why = {"why": match.why} if match.why else {}
    return {**card, "image": image, "similarity": similarity, "match": match.percent, **why}


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    product = suggestion.product
    shown = {"kind": suggestion.kind, "text": suggestion.text, "count": suggestion.count or None}
    if product is None:
        return {**shown, "url": url_for("shop.listing", **suggestion.parameters)}
    fields = {name: product.get(name) for name in ("id", "price", "currency")}
    url, image = url_for("shop.product", product_id=product["id"]), picture_url(dict(product), 96)
    return {**shown, **fields, "url": url, "image": image}


def _facets(facets: Facets) -> dict[str, Any]:
    """Return the facets, each under its name, with numeric attributes under ``ranges``."""
    values = {name: [asdict(v) for v in values] for name, values in facets.terms.items()}
    attributes = {name: [asdict(v) for v in values] for name, values in facets.attributes.items()}
    ranges = {name: {"min": low, "max": high} for name, (low, high) in facets.numbers.items()}
    return {**values, **facets.flags, **facets.ranges, "attributes": attributes, "ranges": ranges}
