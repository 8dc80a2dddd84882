"""The page of a product that is gone: 410, and what is similar to it."""

from __future__ import annotations

from typing import Any

from flask import abort, make_response, render_template

from indexer.elastic.tombstones import Tombstone, read_tombstone
from search.parameters import SearchParameters
from webapp.errors import wants_json
from webapp.languages import current, gettext
from webapp.services import services
from webapp.services.resilience import unless_outage
from webapp.storefront import behaviour, views, wording
from webapp.storefront.links import Links
from webapp.storefront.rails import RailItem, RailView

_SHOWN = 12  # products of its category, where none can be compared with it


def end_if_gone(product_id: str, parameters: SearchParameters, *, is_whole: bool) -> None:
    """End the request with 410 if a product was deleted: search engines then drop its address.

    Parameters
    ----------
    is_whole : bool
        Whether a whole page was asked for, which shows what is similar; a script asks for parts.
    """
    index = services().index
    gone = unless_outage(lambda: read_tombstone(index.client, index.alias, product_id), None)
    if gone is None:
        return
    detail = gettext("This product is no longer sold.")
    if not is_whole or wants_json():
        abort(410, detail)
    links = Links(parameters)
    page = render_template(
        "storefront/gone.html",
        status=410,
        detail=detail,
        detail_language=current(),
        links=links,
        departments=views.departments(services().navigation.categories(), links),
        rails=[rail for rail in (_similar(gone) or _same_category(gone, links),) if rail],
    )
    abort(make_response(page, 410))


def _similar(gone: Tombstone) -> RailView | None:
    for rail in services().navigation.instead_of(gone, behaviour.visitor().owned):
        return _rail(gettext("Similar to what you were looking for"), [item.product for item in rail.items])
    return None


def _same_category(gone: Tombstone, links: Links) -> RailView | None:
    """Return products of the narrowest of its categories that still has any."""
    for path in reversed(gone.category_path):
        searched = SearchParameters(category=path, size=_SHOWN)
        listing = unless_outage(lambda: services().navigation.listing(searched, with_facets=False), None)  # noqa: B023
        if listing and listing.result.hits:
            title = gettext("More from %(place)s", place=wording.label(path.rpartition("/")[2]))
            return _rail(title, [hit.product for hit in listing.result.hits], links.listing(category=path))
    return None


def _rail(title: str, products: list[dict[str, Any]], url: str | None = None) -> RailView:
    return RailView("instead", title, [RailItem(product, "") for product in products], [], url)
