"""Searches of the web app, which show what was read last while Elasticsearch doesn't answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from flask import g, has_app_context

from es_mappings.aspect_weights import CategoryWeights
from es_mappings.behaviour import Interest
from es_mappings.facet_types import FacetValue
from es_mappings.keywords import Keywords
from es_mappings.planner import KEYWORDS
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from es_mappings.results import Result
from es_mappings.vector_index import SearchWidth
from indexer.elastic.tombstones import Tombstone
from search.anchors import Anchors
from search.errors import OUTAGES, is_outage
from search.listing import Listing
from search.navigation import Navigation
from search.parameters import SearchParameters
from search.recommended import Rail
from search.resolved import ResolvedSearch
from search.snapshots import Snapshot, VectorMeaning
from search.suggestions import Suggestion
from search.trials import Trial
from webapp.services.last_known import LastKnown

log = logging.getLogger(__name__)

T = TypeVar("T")

_Key = tuple[SearchParameters, tuple[str, ...], tuple[str, ...], str, bool]
"""What a listing was asked for: parameters, which of them were chosen (parameters are equal without that), what is
hidden, the side of an experiment, and whether with facets."""

# Of each process: a listing of 24 takes about 100 kB, a product 4 kB.
_LISTINGS, _LISTING_BYTES = 2_000, 64 * 2**20
_PRODUCTS, _PRODUCT_BYTES = 20_000, 32 * 2**20


class ResilientNavigation:
    """The Navigation Service, with what it answered last for the times when Elasticsearch can't be searched.

    What is kept is data, never a page: each shopper's page is rendered with that shopper's own bag, forms and
    interests. It is kept in memory, by each process for itself.

    Parameters
    ----------
    seconds : float
        How old it may be; 0 switches this off.
    served : callable, optional
        Called with ``listing`` or ``product`` for each that is served from memory.
    observe : callable, optional
        Called with the seconds that reading a listing took, and the strategy that served it.
    """

    def __init__(
        self,
        navigation: Navigation,
        seconds: float,
        served: Callable[[str], None] = lambda _: None,
        observe: Callable[[float, str], None] = lambda *_: None,
    ) -> None:
        self._navigation, self._served, self._observe = navigation, served, observe
        self._listings = LastKnown[_Key, Listing](seconds=seconds, entries=_LISTINGS, max_bytes=_LISTING_BYTES)
        self._products = LastKnown[str, dict[str, Any]](seconds=seconds, entries=_PRODUCTS, max_bytes=_PRODUCT_BYTES)
        self._categories: list[FacetValue] = []

    @property
    def current(self) -> Navigation:
        """The Navigation Service itself, for staff, to whom nothing outdated is shown."""
        return self._navigation

    def trial(self, visit: str) -> Trial | None:
        """Return the side of the running experiment that a visit gets."""
        return self._navigation.trials.of(visit)

    def listing(
        self,
        parameters: SearchParameters,
        hidden: Sequence[str] = (),
        *,
        with_facets: bool = True,
        trial: Trial | None = None,
    ) -> Listing:
        """Return the listing of a search, as `Navigation.listing` does, or the last known one.

        Raises
        ------
        ParameterError
            A parameter is wrong.
        TransportError, ApiError, DeadlineError, IndexStateError
            Elasticsearch can't be searched, and the listing isn't known.
        """
        # The disliked are in the address; what else is hidden is a shopper's own, and in no listing that is kept.
        shared = tuple(product_id for product_id in hidden if product_id in parameters.dislike)
        key = parameters, parameters.chosen, shared, str(trial or ""), with_facets
        began = time.perf_counter()
        try:
            listing = self._navigation.listing(parameters, hidden, with_facets=with_facets, trial=trial)
        except OUTAGES as error:
            known = (self._listings.get(key) or self._listings.get((*key[:-1], True))) if is_outage(error) else None
            if known is None:
                raise
            self._note("listing", known[1], error)
            return _without(known[0], hidden)
        self._observe(time.perf_counter() - began, listing.plan.strategy)
        has_all = listing.result.facets is not None or not with_facets
        is_complete = has_all and not listing.result.is_incomplete
        # A photograph's vector is promised to expire.
        if is_complete and len(shared) == len(hidden) and not parameters.photo:
            self._keep(key, listing)
        return listing

    def product(self, product_id: str) -> dict[str, Any] | None:
        """Return a product, or the last known state of it, or None if there is none with that id."""
        return self.products([product_id]).get(product_id)

    def products(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return products by id, or their last known state; unknown ids are left out.

        Raises
        ------
        TransportError, ApiError, DeadlineError, IndexStateError
            Elasticsearch can't be asked, and one of them isn't known.
        """
        try:
            products = self._navigation.products(ids)
        except OUTAGES as error:
            known = {product_id: self._products.get(product_id) for product_id in ids}
            if not is_outage(error) or None in known.values():
                raise
            ages = [entry[1] for entry in known.values() if entry]
            self._note("product", max(ages, default=0.0), error)
            return {product_id: entry[0] for product_id, entry in known.items() if entry}
        for product_id in ids:
            if product_id in products:
                self._products.put(product_id, products[product_id])
            else:
                self._products.forget(product_id)
        return products

    def categories(self) -> list[FacetValue]:
        """Return the paths of the shop's categories with their counts, or the last known ones, or none."""
        self._categories = unless_outage(self._navigation.categories, self._categories)
        return self._categories

    def totals(self, listings: Sequence[SearchParameters]) -> list[int]:
        """Return how many products each of several searches finds, as `Navigation.totals` does."""
        return self._navigation.totals(listings)

    def suggest(self, typed: str) -> list[Suggestion]:
        """Return suggestions for what was typed so far, or none: a search box is useful without them."""
        return unless_outage(lambda: self._navigation.suggestions.complete(typed), [])

    def inspired(self, interests: Mapping[str, Interest], owned: Sequence[str]) -> list[Rail]:
        """Return the rail of `Rails.inspired`, or none: a page is useful without it."""
        return unless_outage(lambda: self._navigation.rails.inspired(interests, owned), [])

    def for_bag(self, interests: Mapping[str, Interest], bag: Sequence[str], owned: Sequence[str]) -> list[Rail]:
        """Return the rails of `Rails.for_bag`, or none."""
        return unless_outage(lambda: self._navigation.rails.for_bag(interests, bag, owned), [])

    def goes_with(self, ids: Sequence[str], owned: Sequence[str]) -> list[Rail]:
        """Return the rail of `Rails.goes_with`, or none."""
        return unless_outage(lambda: self._navigation.rails.goes_with(ids, owned), [])

    def instead_of(self, gone: Tombstone, owned: Sequence[str]) -> list[Rail]:
        """Return the rail of `Rails.instead_of`, or none."""
        return unless_outage(lambda: self._navigation.rails.instead_of(gone, owned), [])

    def _keep(self, key: _Key, listing: Listing) -> None:
        # Vectors of hits take most of the memory, and no page shows them.
        hits = [replace(hit, vector=None) for hit in listing.result.hits]
        # Without teams: a page that was interleaved for another visit decides nothing.
        if not self._listings.put(key, replace(listing, result=replace(listing.result, hits=hits), teams="")):
            return
        for hit in hits:
            if self._products.get(hit.product["id"]) is None:  # a card has less than the product that a page read
                self._products.put(hit.product["id"], hit.product)

    def _note(self, kind: str, age: float, error: Exception) -> None:
        log.info("a %s of %.0f s ago is shown: %s", kind, age, error)
        self._served(kind)
        if has_app_context():
            g.stale_seconds = max(age, g.get("stale_seconds", 0.0))


def stale_seconds() -> int | None:
    """Return how old what this request shows is, in seconds; None if it was read just now."""
    seconds: float | None = g.get("stale_seconds")
    return None if seconds is None else int(seconds)


def unless_outage(read: Callable[[], T], otherwise: T) -> T:
    """Read what a page can do without, and return something else while Elasticsearch can't be searched."""
    try:
        return read()
    except OUTAGES as error:
        if not is_outage(error):
            raise
        log.info("a page goes without a part of it: %s", error)
        return otherwise


def empty_listing(parameters: SearchParameters) -> Listing:
    """Return a listing of nothing, for a page that can do without its listing."""
    meaning = VectorMeaning(None, LAYOUT, None, CategoryWeights(), SearchWidth())
    anchors = Anchors([], {}, [])
    search = ResolvedSearch(
        parameters,
        Snapshot("", ""),
        meaning,
        Keywords(parameters.q),
        DEFAULT_WEIGHTS,
        "default",
        anchors,
        parameters.filters,
        (),
        None,
        (),
    )
    return Listing(search, Result(0, [], None, 0), [], [], KEYWORDS, None)


def _without(listing: Listing, hidden: Sequence[str]) -> Listing:
    """Leave products out of a listing."""
    kept = [n for n, hit in enumerate(listing.result.hits) if hit.product["id"] not in hidden]
    removed = len(listing.result.hits) - len(kept)
    hits = [listing.result.hits[n] for n in kept]
    result = replace(listing.result, hits=hits, total=listing.result.total - removed)
    return replace(listing, result=result, matches=[listing.matches[n] for n in kept])
