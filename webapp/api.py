"""The JSON API: the same listings as the pages, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from es_mappings.results import Facets, Hit
from webapp.parameters import SearchParameters, read_parameters
from webapp.pictures import picture_url
from webapp.search import Listing, ProductSearch
from webapp.security import refuse_other_sites
from webapp.similarities import Match

blueprint = Blueprint("api", __name__, url_prefix="/api")
refuse_other_sites(blueprint)


@blueprint.get("/search")
def search() -> ResponseReturnValue:
    """Find products by keywords, filters and similarity."""
    return jsonify(listing_json(_search().listing(read_parameters(request.args, strict=True))))


@blueprint.get("/products/<path:product_id>/similar")
def similar(product_id: str) -> ResponseReturnValue:
    """Find products similar to one, with the same filters, weights and answer as a search."""
    product_or_404(product_id)
    parameters = read_parameters(request.args, strict=True)
    return jsonify(listing_json(_search().listing(like_this(product_id, parameters))))


@blueprint.get("/products/<path:product_id>")
def product(product_id: str) -> ResponseReturnValue:
    """Give one product."""
    found = product_or_404(product_id)
    return jsonify({**found, "image": picture_url(found, 960)})


def like_this(product_id: str, parameters: SearchParameters) -> SearchParameters:
    """Sort a listing by similarity to one product, besides what is liked already."""
    likes = (product_id, *(like for like in parameters.like if like != product_id))
    return parameters.model_copy(update={"like": likes, "sort": parameters.sort or "similar"})


def product_or_404(product_id: str) -> dict[str, Any]:
    """Read a product, or end the request with 404."""
    found = _search().product(product_id)
    if found is None:
        abort(404, f"There is no product {product_id!r}.")
    return found


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
        },
        "warnings": listing.warnings,
    }


def _card(hit: Hit, match: Match) -> dict[str, Any]:
    names = ("id", "title", "brand", "category", "price", "currency", "in_stock")
    card = {name: hit.product.get(name) for name in names}
    similarity = None if match.similarity is None else round(match.similarity, 4)
    image = picture_url(hit.product, 480, hit.image)
    why = {"why": match.why} if match.why else {}
    return {**card, "image": image, "similarity": similarity, "match": match.percent, **why}


def _facets(facets: Facets) -> dict[str, Any]:
    return asdict(facets)


def _search() -> ProductSearch:
    search: ProductSearch = current_app.extensions["search"]
    return search
