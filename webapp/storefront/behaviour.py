"""What is remembered about the shopper of a request, and the pages to see, download and erase it."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Response, abort, g, json, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from es_mappings.behaviour import Interest, Kind, interests
from webapp.services import services
from webapp.services.visitors import Visitor
from webapp.storefront.links import local_address
from webapp.storefront.rails import Source, reason
from workers.errors import RedisUnavailableError

log = logging.getLogger(__name__)
blueprint = Blueprint("behaviour", __name__)

_DAY = 24 * 3600
_UNAVAILABLE = "Nothing can be saved right now. Please try again in a moment."


@blueprint.app_context_processor
def template_values() -> dict[str, Any]:
    """Return variables for all templates."""
    return {"visitor": visitor, "behaviour_days": services().settings.behaviour_days}


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
        abort(503, _UNAVAILABLE)
    return cast("Visitor", g.visitor)


def record(kind: Kind, product_id: str) -> None:
    """Remember an event."""
    now = time.time()
    update(lambda v: v.with_event(kind, product_id, now))


def record_view(product_id: str) -> None:
    """Remember that a product was viewed; if Redis is down, the page is served all the same.

    The first view is stored in the cookie and moves to Redis with the request that returns the cookie, so that
    crawlers, which return none, use no memory. Prefetched pages are not remembered, nor are views of shoppers who opt
    out of tracking (Global Privacy Control).
    """
    prefetched = "prefetch" in request.headers.get("Sec-Purpose", "")
    if prefetched or request.method != "GET" or request.headers.get("Sec-GPC") == "1":
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


def current_interests() -> dict[str, Interest]:
    """Return what the shopper is interested in, weighted by recency."""
    half_life = services().settings.behaviour_half_life_days * _DAY
    return interests(visitor().events, time.time(), half_life)


@blueprint.get("/your-data")
def your_data() -> ResponseReturnValue:
    """Show what is remembered."""
    current = current_interests()
    products = services().navigation.products(list(current))
    sources = [Source(products[i], reason(interest, products[i])) for i, interest in current.items() if i in products]
    page = render_template("storefront/your_data.html", remembered=visitor(), sources=sources)
    return page, 200, {"Cache-Control": "no-store"}


@blueprint.get("/your-data.json")
def download() -> ResponseReturnValue:
    """Return everything that is remembered as a file."""
    response = Response(json.dumps(visitor().to_dict(), indent=2), mimetype="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=your-data.json"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/your-data/erase")
def erase() -> ResponseReturnValue:
    """Delete everything that is remembered about the shopper, here and in the browser."""
    if "visitor" in session:
        try:
            services().visitors.erase(session["visitor"])
        except RedisUnavailableError as error:
            log.warning("a visitor can't be erased: %s", error)
            abort(503, "Your data can't be erased right now. Please try again in a moment.")
        for name in ("visitor", "first"):
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
