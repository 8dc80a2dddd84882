"""The JSON API: the same listings as the pages show, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Response, current_app, jsonify, request, url_for
from flask_openapi3 import APIBlueprint

from es_mappings.results import Facets, Hit
from search.listing import Listing
from search.parameters import SearchParameters
from search.reading import refuse_repeated
from search.recommended import Recommended
from search.similarities import Match
from search.suggestions import Suggestion
from webapp.api.complements import GoesWithAnswer, GoesWithParameters
from webapp.api.description import EVENTS, SEARCH, problems
from webapp.api.interactions import RECORDED, BehaviourEvent, QueryParameters
from webapp.api.models import (
    ListingAnswer,
    PhotoForm,
    ProductAnswer,
    ProductPath,
    SuggestAnswer,
    SuggestParameters,
)
from webapp.consent import may_be_remembered
from webapp.reading import product_or_404, products_or_404, read_box, require_json
from webapp.services import services
from webapp.services.resilience import stale_seconds
from webapp.storefront import behaviour, photo_regions, query_events, rails
from webapp.storefront.pictures import picture_url

blueprint = APIBlueprint("api", __name__, url_prefix="/api", abp_tags=[SEARCH], abp_responses=problems())


_CARD = ("id", "title", "brand", "category", "price", "currency", "in_stock")


@blueprint.before_request
def refuse_repeated_parameters() -> None:
    """Refuse repeated parameters that are not lists, because the models see only the last value."""
    refuse_repeated(request.args.lists())


@blueprint.before_request
def require_json_body() -> None:
    """Refuse a body that isn't JSON, where one is needed."""
    if request.endpoint == "api.remember":
        require_json()


@blueprint.get("/search", responses={200: ListingAnswer})
def search(query: QueryParameters) -> Response:
    """Find products by keywords, filters and similarity."""
    listing = services().navigation.listing(query.search)
    return jsonify({**listing_json(listing), "query_id": query_events.answered(query.search, listing, query.query_id)})


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
    pictures = [picture_url(fields, 960, image) for image in fields.get("images") or []]
    added = {"image": next(iter(pictures), None), "pictures": pictures, "stale_seconds": stale_seconds()}
    public = {name: value for name, value in fields.items() if name in ProductAnswer.model_fields and value is not None}
    public["attributes"] = fields.get("effective") or fields.get("attributes") or {}
    return jsonify(ProductAnswer.model_validate(public | added).model_dump())


@blueprint.get("/goes-with", responses={200: GoesWithAnswer, **problems(404)})
def goes_with(query: GoesWithParameters) -> Response:
    """Find what is ordered with products; what is similar where nothing is known of their orders."""
    products_or_404(query.product_id)
    found = services().navigation.goes_with(query.product_id, behaviour.visitor().owned)
    products = [_complement(item, rail.sources[item.because]) for rail in found for item in rail.items]
    basis = None if not products else "orders" if found[0].kind == "goes_with" else "similar"
    return jsonify({"basis": basis, "products": products})


@blueprint.post("/similar-to-image", responses={200: ListingAnswer, **problems(403, 413)})
def similar_to_image(query: SearchParameters, form: PhotoForm) -> Response:
    """Find products similar to a photograph, or to the part of it that most resembles a product.

    Only vectors are stored, for further searches with `photo`.
    """
    taken = services().photos.take(form.image.read(), read_box(form.box))
    part = photo_regions.best(taken, query)
    listing = services().navigation.listing(query.model_copy(update={"photo": part.token}))
    parts = [{"photo": p.token, "box": p.box} for p in taken.parts]
    return jsonify({**listing_json(listing), "photo": part.token, "parts": parts})


@blueprint.post("/behaviour", tags=[EVENTS], responses={204: None, **problems(403, 404, 415)})
def remember(body: BehaviourEvent) -> tuple[str, int]:
    """Record what a shopper did, under the cookie that the answer sets."""
    products = products_or_404(list(dict.fromkeys([body.product_id, *body.ordered_with])))
    before = behaviour.visitor()
    for product in products if may_be_remembered() else ():
        behaviour.record(body.type, product["id"])
    if body.type == "order":
        behaviour.count_order(products, before)
    if body.query_id and (action := RECORDED.get(body.type)):
        query_events.acted(action, body.product_id, body.query_id, body.position)
    return "", 204


@blueprint.get("/openapi.json", doc_ui=False)
def description() -> Response:
    """Describe the API."""
    return jsonify(current_app.api_doc)  # type: ignore[attr-defined]


def listing_json(listing: Listing) -> dict[str, Any]:
    """Return a listing as the API's answer."""
    return {
        "total": {"value": listing.result.total, "relation": "eq"},
        "products": [
            _card(hit, match, explain=listing.parameters.explain)
            for hit, match in zip(listing.result.hits, listing.matches, strict=True)
        ],
        "facets": _facets(listing.result.facets) if listing.result.facets else {},
        "next_cursor": listing.next_cursor,
        "keywords": {"text": listing.search.keywords.text, "partial": listing.search.is_partial},
        "instead": listing.search.fallback or None,
        "plan": {
            "strategy": listing.plan.strategy,
            "reason": listing.plan.reason,
            "matched": listing.result.total,
            "took_ms": listing.result.took_ms,
            **_weights(listing),
        },
        "rules": _rules(listing),
        "warnings": [str(warning) for warning in listing.warnings],
        "stale_seconds": stale_seconds(),
    }


def _weights(listing: Listing) -> dict[str, Any]:
    """Return the aspect weights and where they come from; empty unless sorted by similarity."""
    if not listing.by_similarity:
        return {}
    return {"weights": listing.search.weights, "weights_of": listing.search.weights_of}


def _complement(item: Recommended, anchor: Mapping[str, Any]) -> dict[str, Any]:
    pair, image = item.evidence, picture_url(item.product, 480)
    of_categories = pair is not None and pair.name != item.because
    return {
        **{name: item.product.get(name) for name in _CARD},
        "image": image,
        "goes_with": item.because,
        "together": pair.together if pair else None,
        "categories": [pair.name, pair.partner] if pair and of_categories else None,
        "reason": rails.evidence(item, anchor),
    }


def _rules(listing: Listing) -> dict[str, Any]:
    effects = listing.search.effects
    names = [rule.name for rule in effects.rules]
    return {"applied": names, "banners": effects.banners, "redirect": effects.redirect or None}


def _card(hit: Hit, match: Match, *, explain: bool = False) -> dict[str, Any]:
    card = {name: hit.product.get(name) for name in _CARD}
    similarity = None if match.similarity is None else round(match.similarity, 4)
    image = picture_url(hit.product, 480, hit.image)
    why = {"why": match.why} if match.why else {}
    rules = {"rules": list(hit.rules)} if explain and hit.rules else {}
    return {**card, "image": image, "similarity": similarity, "match": match.percent, **why, **rules}


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
