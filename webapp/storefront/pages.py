"""The pages of the storefront."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from search.listing import Listing
from search.syntax import plain, write_anchor
from webapp.reading import page_parameters, product_or_404
from webapp.services import services
from webapp.services.resilience import empty_listing, unless_outage
from webapp.services.visitors import Line
from webapp.storefront import behaviour, rails, sheet, tuning, views, wording
from webapp.storefront.facets import Choice, groups
from webapp.storefront.links import Links
from webapp.storefront.pictures import picture_url

blueprint = Blueprint("shop", __name__)

_SYMBOLS = {"EUR": "\N{EURO SIGN}", "USD": "$", "GBP": "\N{POUND SIGN}"}


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Show the home page: departments, and new products."""
    parameters = page_parameters(request.args)
    newest = parameters.model_copy(update={"sort": None if parameters.has_anchors else "newest", "size": 24})
    listing, links = services().navigation.listing(newest, parameters.dislike), Links(parameters)
    inspired = services().navigation.inspired(behaviour.current_interests(), behaviour.visitor().owned)
    return _page("storefront/home.html", listing, links, rails=rails.views(inspired, links))


@blueprint.get("/search")
def listing() -> ResponseReturnValue:
    """Show a listing: keywords, a category, filters, likes."""
    parameters = page_parameters(request.args)
    listing = services().navigation.listing(parameters, parameters.dislike)
    return _page("storefront/listing.html", listing, Links(parameters))


@blueprint.get("/products/<path:product_id>")
def product(product_id: str) -> ResponseReturnValue:
    """Show a product, and similar ones."""
    fields, visitor = product_or_404(product_id), behaviour.visitor()
    parameters = page_parameters(request.args)
    links = Links(parameters, product_id)
    similar = sheet.shelf_parameters(fields, parameters)
    shelf = unless_outage(lambda: services().navigation.listing(similar, visitor.owned), None)
    more = Links(similar.model_copy(update={"size": 24, "like": (write_anchor(product_id),)})).listing()
    seen = sheet.recent(visitor.events, product_id)
    viewed: dict[str, Any] = unless_outage(lambda: services().navigation.products(seen), {})
    behaviour.record_view(product_id)
    return _page(
        "storefront/product.html",
        shelf or empty_listing(similar),
        links,
        product=fields,
        has_shelf=shelf is not None,
        rows=sheet.rows(fields),
        buts=sheet.buts(fields, links),
        more_like_this=more,
        top=similar.category,
        rails=rails.recently_viewed(list(viewed.values())),
    )


def _page(template: str, listing: Listing, links: Links, **more: Any) -> str:
    facets, interests = listing.result.facets, behaviour.current_interests()
    return render_template(
        template,
        listing=listing,
        links=links,
        departments=views.departments(services().navigation.categories(), links),
        categories=views.categories(facets, links) if facets else [],
        facets=groups(facets, links) if facets else [],
        trail=views.trail(links),
        active_filters=views.active_filters(links),
        ways_out=_ways_out(listing, links),
        sorts=views.sorts(links, interests),
        widest=views.NARROWING,
        modes=tuning.modes(links),
        aspects=tuning.aspects(listing),
        anchors=tuning.anchors(listing, links, interests),
        reasons=tuning.reasons(listing),
        undo=tuning.undo(request.args.get("removed", ""), links, services().navigation),
        **more,
    )


def _ways_out(listing: Listing, links: Links) -> list[Choice]:
    if listing.result.total:
        return []
    return unless_outage(lambda: views.ways_out(services().navigation, links), [])


@blueprint.app_template_filter()
def price(product: dict[str, Any] | Line) -> str:
    """Write a product's price, e.g. ``€ 49.90``; empty if it has none."""
    fields = asdict(product) if isinstance(product, Line) else product
    if fields.get("price") is None:
        return ""
    currency = fields.get("currency") or ""
    return f"{_SYMBOLS.get(currency, currency)}\N{NO-BREAK SPACE}{fields['price']:,.2f}".strip()


@blueprint.app_template_filter()
def picture(product: dict[str, Any], width: int, image: str | None = None) -> str | None:
    """Return the address of a product's picture."""
    return picture_url(product, width, image)


blueprint.add_app_template_filter(wording.label, "label")
blueprint.add_app_template_filter(plain, "number")
