"""What is remembered of the shopper who makes a request, and the pages on which they see, download and erase it."""

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
_AWAY = "What you do can't be remembered just now. Please try again in a moment."


@blueprint.app_context_processor
def template_values() -> dict[str, Any]:
    """Return what every template may use."""
    return {"visitor": visitor, "behaviour_days": services().settings.behaviour_days}


def visitor() -> Visitor:
    """Return the shopper who makes this request; an empty visitor where nothing is remembered, or Redis is away."""
    if "visitor" not in g:
        g.visitor = Visitor()
        if "visitor" in session:
            try:
                g.visitor = _save_first_view() or services().visitors.read(session["visitor"])
            except RedisUnavailableError as error:
                log.warning("visitors can't be read: %s", error)
    return cast("Visitor", g.visitor)


def update(change: Callable[[Visitor], Visitor]) -> Visitor:
    """Change what is remembered, and return it; begin to remember if need be. 503 while Redis is away."""
    _identify()
    try:
        _save_first_view()
        g.visitor = services().visitors.change(session["visitor"], change)
    except RedisUnavailableError as error:
        log.warning("visitors can't be changed: %s", error)
        abort(503, _AWAY)
    return cast("Visitor", g.visitor)


def record(kind: Kind, product_id: str) -> None:
    """Remember an event."""
    now = time.time()
    update(lambda v: v.with_event(kind, product_id, now))


def record_view(product_id: str) -> None:
    """Remember that a product was looked at. The page is served whether it can be remembered or not.

    The first view is kept in the cookie and goes to Redis with the request that brings the cookie back: crawlers, which
    bring none back, fill no memory. What a browser prefetches isn't remembered, nor is anything of those who ask not to
    be tracked (Global Privacy Control).
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
        session.modified = True  # the cookie lasts as long as what it leads to
    except RedisUnavailableError as error:
        log.warning("a view isn't remembered: %s", error)


def current_interests() -> dict[str, Interest]:
    """Return what the shopper is interested in, weighted by how lately."""
    half_life = services().settings.behaviour_half_life_days * _DAY
    return interests(visitor().events, time.time(), half_life)


@blueprint.get("/your-data")
def your_data() -> ResponseReturnValue:
    """Show what is remembered."""
    known = current_interests()
    products = services().navigation.products(list(known))
    sources = [Source(products[i], reason(interest, products[i])) for i, interest in known.items() if i in products]
    page = render_template("storefront/your_data.html", known=visitor(), sources=sources)
    return page, 200, {"Cache-Control": "no-store"}


@blueprint.get("/your-data.json")
def download() -> ResponseReturnValue:
    """Return all that is remembered as a file."""
    response = Response(json.dumps(visitor().to_dict(), indent=2), mimetype="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=your-data.json"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/your-data/erase")
def erase() -> ResponseReturnValue:
    """Forget the shopper."""
    if "visitor" in session:
        try:
            services().visitors.erase(session["visitor"])
        except RedisUnavailableError as error:
            log.warning("a visitor can't be erased: %s", error)
            abort(503, "Your data can't be erased just now. Please try again in a moment.")
        for name in ("visitor", "first"):
            session.pop(name, None)
    return redirect(local_address(request.form.get("back", ""), "behaviour.your_data"), 303)


@blueprint.post("/your-data/forget")
def forget() -> ResponseReturnValue:
    """Forget what was done with one product."""
    product_id = request.form.get("product_id", "")[:512]
    if product_id and "visitor" in session:
        record("forget", product_id)
    return redirect(local_address(request.form.get("back", ""), "behaviour.your_data"), 303)


def _identify() -> None:
    """Give the shopper a random id, in the cookie, unless they have one."""
    if "visitor" not in session:
        session["visitor"] = secrets.token_urlsafe(18)
        session.permanent = True


def _save_first_view() -> Visitor | None:
    """Save the view that the cookie brought, and return the visitor; None where it brought none."""
    if "first" not in session:
        return None
    product_id, at = session["first"]
    saved = services().visitors.change(session["visitor"], lambda v: v.with_event("view", product_id, at))
    del session["first"]
    return saved
