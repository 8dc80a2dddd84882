"""What is recorded of a shopper's searches: which products were shown, and what was clicked, liked, bagged, ordered.

Nothing is recorded of those who ask not to be tracked, of crawlers, of staff, and of browsers that keep no cookie.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from flask import request, session

from indexer.relevance.ubi import CART, CLICK, FILTER, LIKE, ORDER, Acted, Action, Erased, Shown
from search.listing import Listing
from search.parameters import SearchParameters
from search.syntax import read_anchor
from search.trials import Trial
from webapp.consent import may_be_remembered
from webapp.services import services
from webapp.storefront import asked, visits
from webapp.storefront.places import NOWHERE, Place, Team

_ANY_NUMBER = 2**31  # of messages may wait before a deletion: it is never refused
PARAMETER = "from"  # of a product's address: its position and the query's id

_ORIGIN = re.compile(r"(\d{1,6})([ab]?)\.(\d{8}-[A-Za-z0-9_-]{24})")


@dataclass(frozen=True)
class Origin:
    """The query that products of a page come from, and the place of each."""

    query_id: str
    places: Mapping[str, Place]

    def of(self, product_id: str) -> str:
        """Return a product's place and the query's id as an address has them; empty if it comes from elsewhere."""
        place = self.places.get(product_id)
        return "" if place is None else f"{place}.{self.query_id}"


@dataclass(frozen=True)
class _Visit:
    """A session, by the pages of the shop or by a program."""

    application: Literal["shop", "api"]
    session_id: str

    def shown(
        self,
        query_id: str,
        parameters: SearchParameters,
        listing: Listing,
        *,
        refines: str = "",
        redirect: bool = False,
    ) -> None:
        """Record a page of a query, and the filters it has."""
        message = Shown(
            session_id=self.session_id,
            at=time.time(),
            query_id=query_id,
            application=self.application,
            words=asked.without_secrets(parameters.q),
            attributes=asked.attributes_of(parameters) | self._served(listing),
            results=0 if asked.is_instead(listing) else listing.result.total,
            ids=() if redirect else tuple(hit.product["id"] for hit in listing.result.hits),
            first=listing.offset + 1,
            refines=refines,
            redirect=redirect,
        )
        services().query_log.put(message.model_dump(mode="json"))
        for value in parameters.filter:
            self.acted(query_id, FILTER, value)

    def _served(self, listing: Listing) -> dict[str, str]:
        """Return which side of an experiment a page is, and on what it is seen; of a program, nobody knows that."""
        device = visits.device() if self.application == "shop" else ""
        return {name: value for name, value in (("experiment", listing.trial), ("device", device)) if value}

    def acted(self, query_id: str, action: Action, object_id: str, place: Place = NOWHERE) -> None:
        """Record what was done after a query."""
        message = Acted(
            session_id=self.session_id,
            at=time.time(),
            query_id=query_id,
            application=self.application,
            action=action,
            object_id=object_id,
            position=place.position,
            team=place.team,
        )
        services().query_log.put(message.model_dump(mode="json"))


def trial() -> Trial | None:
    """Return the side of the running experiment that this visit gets: none for those of whom nothing is recorded."""
    if not visits.is_recorded():
        return None
    return services().navigation.trial(visits.current_or_new().session_id)


def shown(parameters: SearchParameters, listing: Listing, *, redirect: bool = False) -> Origin | None:
    """Record a page of a listing, and return what the links to its products carry; None if nothing is recorded.

    Parameters
    ----------
    parameters : SearchParameters
        As they were asked for: where nothing has the words, those of the listing are of what is shown instead.
    """
    if not visits.is_recorded():
        return None
    current = visits.current_or_new()
    query_id, last = services().query_ids.query(current.session_id, parameters), visits.refinable(current)
    is_refined = bool(last and parameters.q and last != query_id and not listing.offset)
    visits.remember(current, query_id if parameters.q else last)
    visit = _Visit("shop", current.session_id)
    visit.shown(query_id, parameters, listing, refines=last if is_refined else "", redirect=redirect)
    origin = Origin(query_id, _places(listing))
    _liked(parameters, visit, origin)
    return origin


def answered(parameters: SearchParameters, listing: Listing, query_id: str) -> str | None:
    """Record an answer of the API, and return the query's id; None if nothing is recorded.

    Parameters
    ----------
    query_id : str
        Id that an earlier answer to this query had, of a program that keeps no cookie; empty for a new query.
    """
    if services().settings.ubi_days == 0 or not may_be_remembered():
        return None
    ids, current = services().query_ids, visits.current()
    if current:
        query_id = ids.query(current.session_id, parameters)
        visits.remember(current, current.last)
    elif not ids.is_issued(query_id, ""):
        query_id = ids.anonymous(time.time())
    visit = _Visit("api", current.session_id if current else ids.session_of(query_id))
    visit.shown(query_id, parameters, listing)
    return query_id


def acted(action: Action, product_id: str, query_id: str, position: int) -> None:
    """Record what a program says that its shopper did after a query whose id the API has answered."""
    if services().settings.ubi_days == 0 or not may_be_remembered():
        return
    ids, current = services().query_ids, visits.current()
    if current and ids.is_issued(query_id, current.session_id):
        _Visit("api", current.session_id).acted(query_id, action, product_id, Place(position))
    elif ids.is_issued(query_id, ""):
        _Visit("api", ids.session_of(query_id)).acted(query_id, action, product_id, Place(position))


def arrived(product_id: str, parameters: SearchParameters) -> Origin | None:
    """Record that a product's page was opened from a query's, if its address says so; return where from."""
    found = _origin(request.args.get(PARAMETER, ""))
    if found is None:
        return None
    visit, query_id, place = found
    visit.acted(query_id, CLICK, product_id, place)
    origin = Origin(query_id, {product_id: place})
    _liked(parameters, visit, origin)
    return origin


def bagged(product_id: str, origin: str) -> None:
    """Record that a product was put into the bag; the cookie keeps where it was come from, for its order."""
    found = _origin(origin)
    if found is None:
        return
    visit, query_id, place = found
    visit.acted(query_id, CART, product_id, place)
    others = {i: origin for i, origin in visits.bagged().items() if i != product_id}
    visits.remember_bagged({**others, product_id: f"{place}.{query_id}"})


def ordered(product_ids: Iterable[str]) -> None:
    """Record that products were ordered, those that came into the bag from a query in this session."""
    bag = visits.bagged()
    for product_id in product_ids:
        found = _origin(bag.pop(product_id, ""))
        if found:
            visit, query_id, place = found
            visit.acted(query_id, ORDER, product_id, place)
    visits.remember_bagged(bag)


def recorded() -> dict[str, Any]:
    """Return what is recorded of this visit."""
    current = visits.current()
    return services().interactions.of_session(current.session_id) if current else {"queries": [], "events": []}


def erase() -> None:
    """Have what is recorded of this visit deleted, within a minute.

    Raises
    ------
    RedisUnavailableError
        It can't be.
    """
    if current := visits.current():
        services().query_log.flush()
        erased = Erased(session_id=current.session_id, at=time.time())
        services().queues.interactions.add([erased.model_dump(mode="json")], limit=_ANY_NUMBER)
    visits.forget()


def _places(listing: Listing) -> dict[str, Place]:
    places = {}
    for number, hit in enumerate(listing.result.hits):
        team = cast("Team", listing.teams[number : number + 1])
        places[hit.product["id"]] = Place(listing.offset + number + 1, team)
    return places


def _origin(text: str) -> tuple[_Visit, str, Place] | None:
    """Return visit, query and place that an address claims; None unless this visit's query has this id."""
    matched, current = _ORIGIN.fullmatch(text), visits.current()
    if not (matched and current and visits.is_recorded()):
        return None
    if not services().query_ids.is_issued(matched[3], current.session_id):
        return None
    team = cast("Team", matched[2])
    return _Visit("shop", current.session_id), matched[3], Place(int(matched[1]), team)


def _liked(parameters: SearchParameters, visit: _Visit, origin: Origin) -> None:
    """Record the like that led to this page: one that the page before didn't have, by a link that says its position."""
    found = _origin(request.args.get(PARAMETER, ""))
    if not (found and found[1] == origin.query_id):
        return
    before = {read_anchor(like)[0] for like in session.get("likes", ())}
    for product_id in parameters.likes.keys() - before:
        visit.acted(origin.query_id, LIKE, product_id, found[2])
