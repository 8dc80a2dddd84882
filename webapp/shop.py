"""The pages of the storefront."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from webapp import behaviour, rails, views
from webapp.api import like_this, product_or_404
from webapp.links import Links
from webapp.parameters import SearchParameters, read_parameters
from webapp.pictures import picture_url
from webapp.recommending import Recommender
from webapp.search import Listing, ProductSearch
from webapp.visitors import Line

blueprint = Blueprint("shop", __name__)

_SYMBOLS = {"EUR": "\N{EURO SIGN}", "USD": "$", "GBP": "\N{POUND SIGN}"}


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Show the entrance: departments, and what is new."""
    parameters = read_parameters(request.args, strict=False)
    newest = parameters.model_copy(update={"sort": None if parameters.has_anchors else "newest", "size": 24})
    listing, links = _search().listing(newest), Links(parameters)
    recommender: Recommender = current_app.extensions["recommender"]
    found = recommender.inspired(behaviour.visitor(), behaviour.current_interests())
    return _page("home.html", listing, links, rails=rails.views(found, links))


@blueprint.get("/search")
def listing() -> ResponseReturnValue:
    """Show a listing: keywords, a category, filters, likes."""
    parameters = read_parameters(request.args, strict=False)
    return _page("listing.html", _search().listing(parameters), Links(parameters))


@blueprint.get("/products/<path:product_id>")
def product(product_id: str) -> ResponseReturnValue:
    """Show a product, and more like it."""
    shown = product_or_404(product_id)
    parameters = read_parameters(request.args, strict=False)
    top = (shown.get("category_path") or [""])[0]
    alike = like_this(product_id, SearchParameters(category=top, size=12))
    links = Links(parameters, product_id)
    more = Links(alike.model_copy(update={"size": 24, "like": (product_id,)})).listing()
    listing = _search().listing(alike, behaviour.visitor().owned)
    behaviour.viewed(product_id)
    return _page("product.html", listing, links, product=shown, more_like_this=more, top=top)


def _page(template: str, listing: Listing, links: Links, **more: Any) -> str:
    facets, interests = listing.result.facets, behaviour.current_interests()
    return render_template(
        template,
        listing=listing,
        links=links,
        departments=views.departments(_search().navigation(), links),
        categories=views.categories(facets, links) if facets else [],
        facets=views.facet_groups(facets, links) if facets else [],
        trail=views.trail(links),
        active_filters=views.active_filters(links),
        sorts=views.sorts(links, interests),
        modes=views.modes(links),
        anchors=views.anchors(listing, links, interests),
        **more,
    )


@blueprint.app_template_filter()
def price(product: dict[str, Any] | Line) -> str:
    """Write a product's price, e.g. ``€ 49.90``; nothing where it has none."""
    known = asdict(product) if isinstance(product, Line) else product
    if known.get("price") is None:
        return ""
    currency = known.get("currency") or ""
    return f"{_SYMBOLS.get(currency, currency)}\N{NO-BREAK SPACE}{known['price']:,.2f}".strip()


@blueprint.app_template_filter()
def picture(product: dict[str, Any], width: int, image: str | None = None) -> str | None:
    """Give the address of a product's picture."""
    return picture_url(product, width, image)


blueprint.add_app_template_filter(views.label, "label")


def _search() -> ProductSearch:
    search: ProductSearch = current_app.extensions["search"]
    return search
