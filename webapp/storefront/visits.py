"""The visit that a request belongs to, as the cookie has it: a random id, its last query, and what came into the bag.

The id is linked to nobody, ends half an hour after the last search, and names what is recorded of the visit.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Literal, NamedTuple, cast

from flask import current_app, g, request, session

from webapp.consent import may_be_remembered
from webapp.services import services

_IDLE_SECONDS = 30 * 60  # after which a visit ends
_REFINED_SECONDS = 120  # within which another query says what the one before was meant to find
_RENEWED_SECONDS = 60  # so that not every page sets the cookie
_BAGGED_BYTES = 500  # of what was put into the bag from where, in the cookie
_CRAWLER = re.compile(r"bot\b|crawl|spider|slurp", re.IGNORECASE)


Device = Literal["phone", "desktop"]


class Current(NamedTuple):
    """A visit: its id, when its last query was asked, in seconds since the epoch, and that query's id."""

    session_id: str
    at: int
    last: str


def is_recorded() -> bool:
    """Return whether this request is that of a shopper who may be remembered and whose browser keeps cookies."""
    if services().settings.ubi_days == 0 or not may_be_remembered() or "staff" in session:
        return False
    if request.method == "HEAD" or _CRAWLER.search(request.headers.get("User-Agent", "")):
        return False
    if current_app.config["SESSION_COOKIE_NAME"] in request.cookies or request.headers.get("Sec-Fetch-Mode"):
        return True
    session["query"] = ["", int(time.time()), ""]  # the browser is asked for it with its next page
    return False


def device() -> Device:
    """Return what the browser declares that it runs on: no more than that is read of the header, and kept.

    Browsers made of Chromium say it alone (`Sec-CH-UA-Mobile`, which they send unasked), others by "Mobi" in what they
    call themselves. Tablets mostly declare that they are no phones.
    """
    declared = request.headers.get("Sec-CH-UA-Mobile", "")
    is_phone = declared == "?1" if declared else "Mobi" in request.headers.get("User-Agent", "")
    return "phone" if is_phone else "desktop"


def current() -> Current | None:
    """Return the visit, if it has begun and not ended."""
    match session.get("query"):
        case [str(session_id), int(at), str(last)] if session_id and time.time() - at < _IDLE_SECONDS:
            return Current(session_id, at, last)
    return None


def current_or_new() -> Current:
    """Return the visit, or a new one."""
    if visit := current():
        return visit
    if "visit" not in g:  # the same one for all that this request records
        g.visit = Current(services().query_ids.session(time.time()), 0, "")
    return cast("Current", g.visit)


def refinable(visit: Current) -> str:
    """Return the id of the visit's last query, as long as another one refines it."""
    return visit.last if time.time() - visit.at < _REFINED_SECONDS else ""


def remember(visit: Current, last: str) -> None:
    """Keep the visit and its last query in the cookie."""
    now = int(time.time())
    if visit.last != last or now - visit.at > _RENEWED_SECONDS:
        session["query"] = [visit.session_id, now, last]


def bagged() -> dict[str, str]:
    """Return the products that came into the bag from a query, with their position and the query's id."""
    bag = session.get("bagged")
    return cast("dict[str, str]", dict(bag)) if isinstance(bag, dict) else {}


def remember_bagged(bag: Mapping[str, str]) -> None:
    """Keep the latest of them in the cookie."""
    kept = dict(bag)
    while sum(len(i.encode()) + len(origin) for i, origin in kept.items()) > _BAGGED_BYTES:
        kept.pop(next(iter(kept)))
    if kept != bagged():
        session["bagged"] = kept


def forget() -> None:
    """Drop the visit from the cookie."""
    for name in ("query", "bagged"):
        session.pop(name, None)
