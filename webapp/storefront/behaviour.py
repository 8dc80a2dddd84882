"""What is remembered about the shopper of a request, and the pages to see, download and erase it."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from flask import Blueprint, Response, abort, g, json, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from es_mappings.behaviour import Interest, Kind, interests
from search.anchors import category_of
from search.notices import marked
from webapp import languages
from webapp.consent import may_be_remembered
from webapp.languages import gettext
from webapp.services import services
from webapp.services.visitors import Visitor
from webapp.storefront import query_events, visits
from webapp.storefront.links import local_address
from webapp.storefront.rails import source
from workers.errors import RedisUnavailableError

log = logging.getLogger(__name__)
blueprint = Blueprint("behaviour", __name__)

_DAY = 24 * 3600
MAX_COMPARED = 4  # products side by side
_LIKES_BYTES, _COMPARED_BYTES = 2_000, 400  # of each in the cookie, which browsers take up to 4,096 bytes of
_UNAVAILABLE = marked("Nothing can be saved right now. Please try again in a moment.")


@blueprint.app_context_processor
def template_values() -> dict[str, Any]:
    """Return variables for all templates."""
    return {
        "visitor": visitor,
        "liked": liked,
        "compared": compared,
        "behaviour_days": services().settings.behaviour_days,
    }


def visitor() -> Visitor:
    """Return the shopper of this request, or an empty visitor if nothing is remembered or Redis is down."""
    if "visitor" not in g:
        g.visitor = Visitor()
        if "visitor" in session:
            try:
                g.visitor = _save_first_view() or services().visitors.read(session["visitor"])
            except RedisUnavailableError as error:
                log.warning("visitors can't be read: %s", error)
    return cast("Visitor", g.visitor)


def update(change: Callable[[Visitor], Visitor]) -> Visitor:
    """Change what is remembered, and return it; abort with 503 if Redis is down."""
    _identify()
    try:
        _save_first_view()
        g.visitor = services().visitors.change(session["visitor"], change)
    except RedisUnavailableError as error:
        log.warning("visitors can't be changed: %s", error)
        abort(503, gettext(_UNAVAILABLE))
    return cast("Visitor", g.visitor)


def record(kind: Kind, product_id: str) -> None:
    """Remember an event."""
    now = time.time()
    update(lambda v: v.with_event(kind, product_id, now))


def record_view(product_id: str) -> None:
    """Remember that a product was viewed; if Redis is down, the page is served all the same.

    The first view is stored in the cookie and moves to Redis with the request that returns the cookie, so that
    crawlers, which return none, use no memory.
    """
    if not may_be_remembered() or request.method != "GET":
        return
    now = time.time()
    if "visitor" not in session:
        _identify()
        session["first"] = [product_id, now]
        return
    try:
        _save_first_view()
        g.visitor = services().visitors.change(session["visitor"], lambda v: v.with_event("view", product_id, now))
        session.modified = True  # renews the cookie, so that it lasts as long as the data
    except RedisUnavailableError as error:
        log.warning("a view was not saved: %s", error)


def count_order(products: Sequence[Mapping[str, Any]], before: Visitor) -> None:
    """Count products as ordered together, not by whom; the order stands even if Redis is down.

    Parameters
    ----------
    before : Visitor
        The shopper before the order. Who has ordered all of them before is not counted again, so that nobody alone
        makes products go with each other by ordering them repeatedly.
    """
    order = {product["id"]: category_of(product) for product in products}
    if order.keys() <= {event.product_id for event in before.events if event.kind == "order"}:
        return
    try:
        services().queues.co_purchases.add([order])
    except RedisUnavailableError as error:
        log.warning("an order was not counted: %s", error)


def liked() -> list[str]:
    """Return the likes that the last page's address had, for pages whose address has none, such as the bag."""
    likes = session.get("likes")
    return [like for like in likes if isinstance(like, str)] if isinstance(likes, list) else []


def compared() -> list[str]:
    """Return the products that the shopper has chosen to compare, kept in the cookie like the likes."""
    ids = session.get("compared")
    return [i for i in ids if isinstance(i, str)][:MAX_COMPARED] if isinstance(ids, list) else []


def remember_compared(ids: Sequence[str]) -> bool:
    """Remember what is chosen to compare; False, and as it was, if that is more than there is room for."""
    if len(ids) > MAX_COMPARED or list(_first_within(ids, _COMPARED_BYTES)) != list(ids):
        return False
    if ids:
        session["compared"], session.permanent = list(ids), True
    else:
        session.pop("compared", None)
    return True


def remember_likes(likes: Sequence[str]) -> None:
    """Remember the likes of an address, in the cookie itself.

    An address without likes drops them only if a page of the shop led there: then its shopper has removed the last one.
    """
    is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if not may_be_remembered() or list(likes) == liked() or not (likes or is_ours):
        return
    kept = list(_first_within(likes, _LIKES_BYTES))
    if kept:
        session["likes"], session.permanent = kept, True
    else:
        session.pop("likes", None)


def _first_within(texts: Sequence[str], size: int) -> Iterator[str]:
    """Iterate over the first texts that fit into a number of bytes."""
    for text in texts:
        size -= len(text.encode())
        if size < 0:
            return
        yield text


def current_interests() -> dict[str, Interest]:
    """Return what the shopper is interested in, weighted by recency."""
    half_life = services().settings.behaviour_half_life_days * _DAY
    return interests(visitor().events, time.time(), half_life)


@blueprint.get("/your-data")
def your_data() -> ResponseReturnValue:
    """Show what is remembered."""
    current = current_interests()
    products = services().navigation.products(list(current))
    sources = [source(interest, products[i]) for i, interest in current.items() if i in products]
    page = render_template(
        "storefront/your_data.html", remembered=visitor(), sources=sources, is_recorded=visits.current() is not None
    )
    return page, 200, {"Cache-Control": "no-store"}


@blueprint.get("/your-data.json")
def download() -> ResponseReturnValue:
    """Return everything that is remembered as a file."""
    kept = {**visitor().to_dict(), "likes": liked(), "compared": compared(), "language": languages.of_visit()}
    everything = {**kept, "searches": query_events.recorded()}
    response = Response(json.dumps(everything, indent=2), mimetype="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=your-data.json"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/your-data/erase")
def erase() -> ResponseReturnValue:
    """Delete everything that is remembered about the shopper, here and in the browser."""
    try:
        if "visitor" in session:
            services().visitors.erase(session["visitor"])
        query_events.erase()
    except RedisUnavailableError as error:
        log.warning("a visitor can't be erased: %s", error)
        abort(503, gettext("Your data can't be erased right now. Please try again in a moment."))
    for name in ("visitor", "first", "likes", "compared", "language"):
        session.pop(name, None)
    session.permanent = "staff" in session
    answer = redirect(local_address(request.form.get("back", ""), "behaviour.your_data"), 303)
    # Small copies of photographs, and pages and pictures of what was viewed.
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@blueprint.post("/your-data/forget")
def forget() -> ResponseReturnValue:
    """Forget what was done with one product."""
    product_id = request.form.get("product_id", "")[:512]
    if product_id and "visitor" in session:
        record("forget", product_id)
    return redirect(local_address(request.form.get("back", ""), "behaviour.your_data"), 303)


def _identify() -> None:
    """Create a random id for the shopper, in the cookie, unless there is one."""
    if "visitor" not in session:
        session["visitor"] = secrets.token_urlsafe(18)
        session.permanent = True


def _save_first_view() -> Visitor | None:
    """Save the view that the cookie carries and return the visitor, or None if it carries none."""
    if "first" not in session:
        return None
    product_id, at = session["first"]
    saved = services().visitors.change(session["visitor"], lambda v: v.with_event("view", product_id, at))
    del session["first"]
    return saved
