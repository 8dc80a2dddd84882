"""The pages of the storefront."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from webapp import views
from webapp.api import like_this, product_or_404
from webapp.links import Links
from webapp.parameters import SearchParameters, read_parameters
from webapp.pictures import picture_url
from webapp.search import Listing, ProductSearch

blueprint = Blueprint("shop", __name__)

_SYMBOLS = {"EUR": "\N{EURO SIGN}", "USD": "$", "GBP": "\N{POUND SIGN}"}


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Show the entrance: departments, and what is new."""
    parameters = read_parameters(request.args, strict=False)
    newest = parameters.model_copy(update={"sort": None if parameters.like else "newest", "size": 24})
    listing = _search().listing(newest)
    return _page("home.html", listing, Links(parameters))


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
    return _page("product.html", _search().listing(alike), links, product=shown, more_like_this=more, top=top)


def _page(template: str, listing: Listing, links: Links, **more: Any) -> str:
    facets = listing.result.facets
    return render_template(
        template,
        listing=listing,
        links=links,
        departments=views.departments(_search().navigation(), links),
        categories=views.categories(facets, links) if facets else [],
        facets=views.facet_groups(facets, links) if facets else [],
        trail=views.trail(links),
        active_filters=views.active_filters(links),
        sorts=views.sorts(links),
        modes=views.modes(links),
        anchors=views.anchors(listing, links),
        **more,
    )


@blueprint.app_template_filter()
def price(product: dict[str, Any]) -> str:
    """Write a product's price, e.g. ``€ 49.90``; nothing where it has none."""
    if product.get("price") is None:
        return ""
    currency = product.get("currency") or ""
    return f"{_SYMBOLS.get(currency, currency)}\N{NO-BREAK SPACE}{product['price']:,.2f}".strip()


@blueprint.app_template_filter()
def picture(product: dict[str, Any], width: int, image: str | None = None) -> str | None:
    """Give the address of a product's picture."""
    return picture_url(product, width, image)


blueprint.add_app_template_filter(views.label, "label")


def _search() -> ProductSearch:
    search: ProductSearch = current_app.extensions["search"]
    return search
