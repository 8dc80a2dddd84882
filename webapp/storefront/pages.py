"""The pages of the storefront."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from es_mappings.anchors import MAX_ANCHORS
from search.listing import Listing
from search.notices import TEXTS, Notice
from search.parameters import SearchParameters
from search.syntax import plain, write_anchor
from webapp.languages import gettext
from webapp.reading import page_parameters, product_or_404
from webapp.services import services
from webapp.services.resilience import empty_listing, unless_outage
from webapp.services.visitors import Line
from webapp.storefront import (
    behaviour,
    gone,
    locales,
    photo_regions,
    query_events,
    rails,
    search_engines,
    sheet,
    tuning,
    variants,
    views,
    wording,
)
from webapp.storefront.bag import MISSING
from webapp.storefront.facets import Choice, groups
from webapp.storefront.links import Links, here, with_argument
from webapp.storefront.pictures import picture_sizes, picture_url

blueprint = Blueprint("shop", __name__)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Show the home page: departments, and new products; words are searched for."""
    parameters = page_parameters(request.args)
    if parameters.q:
        return redirect(Links(parameters).listing())
    newest = parameters.model_copy(update={"sort": None if parameters.has_anchors else "newest", "size": 24})
    listing, links = services().navigation.listing(newest, parameters.dislike), Links(parameters)
    inspired = services().navigation.inspired(behaviour.current_interests(), behaviour.visitor().owned)
    described = search_engines.describe_home()
    return _page("storefront/home.html", listing, links, rails=rails.views(inspired, links), described=described)


@blueprint.get("/search")
def listing() -> ResponseReturnValue:
    """Show a listing: keywords, a category, filters, likes."""
    parameters = page_parameters(request.args)
    listing = services().navigation.listing(
        parameters, parameters.dislike, with_facets=not _is_part(), trial=query_events.trial()
    )
    redirects = bool(listing.search.effects.redirect and not parameters.cursor)
    origin = query_events.shown(parameters, listing, redirect=redirects)
    if redirects:
        address = Links(parameters).redirected(listing.search.effects.redirect)
        return redirect(request.root_path + address if address.startswith("/") else address)
    described = search_engines.describe_listing(parameters, listing.result.total)
    return _page("storefront/listing.html", listing, Links(parameters, origin=origin), described=described)


@blueprint.get("/products/<path:product_id>")
def product(product_id: str) -> ResponseReturnValue:
    """Show a product, and similar ones; of a quick view (``part=quick``) the product alone."""
    parameters = page_parameters(request.args)
    fields, visitor = _product(product_id, parameters), behaviour.visitor()
    links = Links(parameters, product_id, query_events.arrived(product_id, parameters))
    styled = unless_outage(lambda: services().variants.of(fields), [fields])
    choices = {
        "options": variants.option_rows(fields, styled),
        "sizes": variants.size_choices(fields, styled),
        "asks_for_size": request.args.get(MISSING) == "size",
    }
    if request.args.get("part") == "quick":
        behaviour.record_view(product_id)
        back = with_argument(here(), "part", "quick")  # the answer to its form replaces the quick view
        rows = sheet.rows(fields)
        return render_template("storefront/quick.html", product=fields, links=links, rows=rows, back=back, **choices)
    similar = sheet.shelf_parameters(fields, parameters)
    shelf = unless_outage(
        lambda: services().navigation.listing(similar, visitor.owned, with_facets=not _is_part()), None
    )
    if _is_part():
        described = {"product": fields, "top": similar.category, "has_shelf": shelf is not None}
        return _page("storefront/product.html", shelf or empty_listing(similar), links, **described)
    more = Links(similar.model_copy(update={"size": 24, "like": (write_anchor(product_id),)})).listing()
    seen = sheet.recent(visitor.events, product_id)
    viewed: dict[str, Any] = unless_outage(lambda: services().navigation.products(seen), {})
    behaviour.record_view(product_id)
    return _page(
        "storefront/product.html",
        shelf or empty_listing(similar),
        links,
        product=fields,
        described=search_engines.describe_product(fields),
        has_shelf=shelf is not None,
        rows=sheet.rows(fields),
        uses_later_picture=sheet.uses_later_picture(fields),
        **choices,
        buts=sheet.buts(fields, links, shelf.result.facets if shelf else None),
        more_like_this=more,
        top=similar.category,
        rails=[*_goes_with(product_id, links), *rails.recently_viewed(list(viewed.values()))],
    )


def _goes_with(product_id: str, links: Links) -> list[rails.RailView]:
    """Return the rail of what is ordered with a product; the page shows what is similar in any case."""
    found = services().navigation.goes_with([product_id], behaviour.visitor().owned)
    return rails.views([rail for rail in found if rail.kind == "goes_with"], links)


def _product(product_id: str, parameters: SearchParameters) -> dict[str, Any]:
    """Read a product, or end the request: 410 tells search engines to drop an address, 404 to come again."""
    fields = services().navigation.product(product_id)
    if fields is None:
        gone.end_if_gone(product_id, parameters, is_whole="part" not in request.args)
    return fields or product_or_404(product_id)


def _is_part() -> bool:
    """Whether a script asks for the products of a page alone: "Show more", or a slider that moves."""
    return request.args.get("part") == "products"


def _page(template: str, listing: Listing, links: Links, **more: Any) -> str:
    interests = behaviour.current_interests()
    shown: dict[str, Any] = {
        "listing": listing,
        "links": links,
        "trail": views.trail(links),
        "active_filters": views.active_filters(links),
        "ways_out": _ways_out(listing, links),
        "sorts": views.sorts(links, interests),
        "widest": views.NARROWING,
        "reasons": tuning.reasons(listing),
        **more,
    }
    if _is_part():
        return render_template(template, is_part=True, **shown)
    behaviour.remember_likes(links.parameters.like)
    facets = None if links.product_id else listing.result.facets  # a product's page shows none
    whole = facets and unless_outage(lambda: services().whole_facets.read(listing), None)
    return render_template(
        template,
        departments=views.departments(services().navigation.categories(), links),
        categories=views.categories(facets, whole or facets, links) if facets else [],
        facets=groups(facets, links, whole or facets) if facets else [],
        modes=tuning.modes(listing, links),
        aspects=tuning.aspects(listing),
        anchors=tuning.anchors(listing, links, interests),
        photograph=photo_regions.photo_view(links),
        text_steps=tuning.text_steps(links),
        undo=tuning.undo(request.args.get("removed", ""), links, services().navigation),
        is_full=request.args.get("full") == "true",
        most_likes=MAX_ANCHORS,
        **shown,
    )


def _ways_out(listing: Listing, links: Links) -> list[Choice]:
    if listing.result.total:
        return []
    return unless_outage(lambda: views.ways_out(services().navigation, links), [])


@blueprint.app_template_filter()
def price(product: dict[str, Any] | Line) -> str:
    """Write a product's price as its shopper's browser does; empty if it has none."""
    fields = asdict(product) if isinstance(product, Line) else product
    return "" if fields.get("price") is None else locales.money(fields["price"], fields.get("currency"))


@blueprint.app_template_filter()
def notice(notice: Notice) -> str:
    """Write a listing's notice in the language of the page."""
    values = dict(notice.values)
    if notice.code == "no_such_value":
        values |= {"name": wording.label(values["name"]), "value": wording.value_label(values["value"])}
    return gettext(TEXTS[notice.code], **values)


@blueprint.app_template_filter()
def picture(product: dict[str, Any], width: int, image: str | None = None) -> str | None:
    """Return the address of a product's picture."""
    return picture_url(product, width, image)


blueprint.add_app_template_filter(picture_sizes, "picture_sizes")
blueprint.add_app_template_filter(wording.label, "label")
blueprint.add_app_template_filter(wording.value_label, "value_label")
blueprint.add_app_template_filter(plain, "number")
blueprint.add_app_template_filter(locales.number, "decimal")
blueprint.add_app_template_filter(locales.percent, "percent")
