"""The JSON API: the same listings as the pages, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, abort, current_app, jsonify, request
from flask_openapi3 import APIBlueprint

from es_mappings.results import Facets, Hit
from search.navigation import Listing
from search.parameters import SearchParameters
from search.reading import refuse_repeated
from search.similarities import Match
from webapp.api.description import (
    EVENTS,
    SEARCH,
    BehaviourEvent,
    ListingAnswer,
    PhotoForm,
    ProductAnswer,
    ProductPath,
    problems,
)
from webapp.reading import product_or_404, read_box
from webapp.security import refuse_other_sites
from webapp.services import services
from webapp.storefront import behaviour
from webapp.storefront.pictures import picture_url

blueprint = APIBlueprint("api", __name__, url_prefix="/api", abp_tags=[SEARCH], abp_responses=problems())
refuse_other_sites(blueprint)


@blueprint.before_request
def refuse_twice() -> None:
    """Refuse parameters that are repeated and are no lists: the models see the last one only."""
    refuse_repeated(request.args.lists())


@blueprint.before_request
def refuse_what_is_no_json() -> None:
    """Refuse a body that says it is something else: forms of other sites can send nothing that says it is JSON."""
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


@blueprint.get("/products/<path:product_id>/similar", responses={200: ListingAnswer, **problems(404)})
def similar(path: ProductPath, query: SearchParameters) -> Response:
    """Find products similar to one, with the same filters, weights and answer as a search."""
    product_or_404(path.product_id)
    return jsonify(listing_json(services().navigation.listing(query.like_this(path.product_id))))


@blueprint.get("/products/<path:product_id>", responses={200: ProductAnswer, **problems(404)})
def product(path: ProductPath) -> Response:
    """Return one product."""
    shown = product_or_404(path.product_id)
    return jsonify({**shown, "image": picture_url(shown, 960)})


@blueprint.post("/similar-to-image", responses={200: ListingAnswer, **problems(403, 413)})
def similar_to_image(query: SearchParameters, form: PhotoForm) -> Response:
    """Find products similar to a photograph. Only its vector is kept, for a while: `photo=` of a search gives it."""
    token = services().photos.take(form.image.read(), read_box(form.box))
    listing = services().navigation.listing(query.model_copy(update={"photo": token}))
    return jsonify({**listing_json(listing), "photo": token})


@blueprint.post("/behaviour", tags=[EVENTS], responses={204: None, **problems(403, 404, 415)})
def remember(body: BehaviourEvent) -> tuple[str, int]:
    """Remember what a shopper did, under the cookie that the answer sets."""
    product_or_404(body.product_id)
    behaviour.record(body.type, body.product_id)
    return "", 204


@blueprint.get("/openapi.json", doc_ui=False)
def description() -> Response:
    """Describe the API."""
    return jsonify(current_app.api_doc)  # type: ignore[attr-defined]


def listing_json(listing: Listing) -> dict[str, Any]:
    """Write a listing as the API answers it."""
    return {
        "total": {"value": listing.result.total, "relation": "eq"},
        "products": [_card(hit, match) for hit, match in zip(listing.result.hits, listing.matches, strict=True)],
        "facets": _facets(listing.result.facets) if listing.result.facets else {},
        "next_cursor": listing.next_cursor,
        "plan": {
            "strategy": listing.plan.strategy,
            "reason": listing.plan.reason,
            "matched": listing.result.total,
            "took_ms": listing.result.took_ms,
            **_weights(listing),
        },
        "warnings": listing.warnings,
    }


def _weights(listing: Listing) -> dict[str, Any]:
    """Return how much each aspect counted, and whose weights those are; empty unless the order is by similarity."""
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


def _facets(facets: Facets) -> dict[str, Any]:
    """Write the facets: each under its name, and under ``ranges`` the attributes that are numbers."""
    values = {name: [asdict(v) for v in values] for name, values in facets.terms.items()}
    attributes = {name: [asdict(v) for v in values] for name, values in facets.attributes.items()}
    ranges = {name: {"min": low, "max": high} for name, (low, high) in facets.numbers.items()}
    return {**values, **facets.flags, **facets.ranges, "attributes": attributes, "ranges": ranges}
