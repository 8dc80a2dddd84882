"""Wish lists: likes under a name, kept for the visitor, and shared by an address that holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from search.parameters import SearchParameters
from search.syntax import write_anchor
from webapp.languages import gettext
from webapp.reading import page_parameters
from webapp.services import services
from webapp.services.visitors import MAX_LISTED, MAX_LISTS, MAX_NAME
from webapp.storefront import behaviour
from webapp.storefront.links import Links
from webapp.storefront.views import departments

blueprint = Blueprint("lists", __name__, url_prefix="/lists")


@dataclass(frozen=True)
class WishList:
    """A wish list as pages show it.

    Attributes
    ----------
    products : list of dict
        Those that the shop still has, in the order added.
    missing : int
        How many it no longer has.
    listing_url : str
        The shop, sorted by the whole list.
    share_url : str
        The page that shows it to others, and lets them keep it.
    """

    name: str
    ids: tuple[str, ...]
    products: list[dict[str, Any]]
    missing: int
    listing_url: str
    share_url: str


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show the likes of the address, or of the visit, and the visitor's wish lists."""
    parameters = page_parameters(request.args)
    anchors = parameters.like or tuple(behaviour.liked())
    likes = list(SearchParameters(like=anchors).likes)
    kept = behaviour.visitor().lists
    found = services().navigation.products(list(dict.fromkeys([*likes, *(i for ids in kept.values() for i in ids)])))
    lists = [_wish_list(name, ids, found) for name, ids in kept.items()]
    current = _wish_list("", likes, found) if likes else None
    return _page("storefront/lists.html", anchors, current=current, lists=lists, longest=MAX_NAME)


@blueprint.get("/shared")
def shared() -> ResponseReturnValue:
    """Show a list that an address holds, to be kept, or to sort the shop by."""
    likes = list(page_parameters(request.args).likes)
    if not likes:
        abort(404, gettext("This address holds no list."))
    wish_list = _wish_list(_name(request.args.get("name", "")), likes, services().navigation.products(likes))
    return _page("storefront/shared_list.html", behaviour.liked(), wish_list=wish_list)


@blueprint.post("")
def keep() -> ResponseReturnValue:
    """Keep products as a list, merged with the one of the same name."""
    name, ids = _name(request.form.get("name", "")), list(page_parameters(request.form).likes)
    if not ids:
        abort(400, gettext("like: a list needs at least one product."))
    kept = behaviour.visitor().lists
    if len({*kept.get(name, ()), *ids}) > MAX_LISTED:
        abort(
            409,
            gettext(
                "A list holds at most %(num)s products, and %(list)s would have more. Choose another name.",
                num=MAX_LISTED,
                list=name,
            ),
        )
    if name not in kept and len(kept) >= MAX_LISTS:
        abort(409, gettext("%(num)s lists can be kept. Remove one first.", num=MAX_LISTS))
    behaviour.update(lambda v: v.with_listed(name, ids))
    return redirect(url_for("lists.show"), 303)


@blueprint.post("/remove")
def remove() -> ResponseReturnValue:
    """Remove a list."""
    name = request.form.get("name", "")
    if "visitor" in session:
        behaviour.update(lambda v: v.without_list(name))
    return redirect(url_for("lists.show"), 303)


def _name(text: str) -> str:
    name = " ".join("".join(filter(str.isprintable, text)).split())[:MAX_NAME]
    return name or gettext("Wish list")


def _wish_list(name: str, ids: Sequence[str], found: dict[str, dict[str, Any]]) -> WishList:
    likes = [write_anchor(product_id) for product_id in ids]
    products = [found[product_id] for product_id in ids if product_id in found]
    listing, share = url_for("shop.listing", like=likes), url_for("lists.shared", name=name, like=likes)
    return WishList(name, tuple(likes), products, len(ids) - len(products), listing, share)


def _page(template: str, likes: Sequence[str], **more: Any) -> ResponseReturnValue:
    links = Links(SearchParameters(like=tuple(likes)))
    menu = departments(services().navigation.categories(), links)
    page = render_template(template, links=links, departments=menu, **more)
    return page, 200, {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
