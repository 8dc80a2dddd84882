"""The Navigation Service: one call turns the parameters of a search into its listing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from elasticsearch import ApiError

from es_mappings.facet_types import FacetValue
from indexer.elastic.multi_search import multi_search_each
from indexer.elastic.product_index import ProductIndex
from indexer.relevance.versions import Publication
from search.anchors import AnchorReader
from search.complements import CoPurchases
from search.cursors import Cursors, Position
from search.listing import Listing
from search.listing_reader import ListingReader
from search.match_counts import MatchCounts
from search.neighbourhoods import Neighbourhoods
from search.page_reader import PageReader
from search.parameters import SearchParameters
from search.planning import plan_of
from search.published import Published
from search.query_vectors import PhotoVectors, TextVectors
from search.rails import Rails
from search.raw_requests import RawRequest, addressed
from search.relaxation import Relaxation
from search.requests import count_request, excluded_request, page_request
from search.resolving import Resolver
from search.shop_facets import ShopFacets
from search.snapshots import Snapshot, Snapshots
from search.suggestions import Suggestions
from search.synonyms import Synonyms
from search.trials import Trial, Trials


class Navigation:
    """Searches one product index. Holds no state but short-lived caches; safe for threads.

    Parameters
    ----------
    cursors : Cursors
        Signs the cursors of listings.
    photos : PhotoVectors, optional
        Store of photographs' vectors; without it no photograph can be searched with.
    served : callable, optional
        Called with the strategy of each listing.
    searched : callable, optional
        Called with keywords that found something as they are, on a first page.
    frequent : callable, optional
        Returns frequent searches, to suggest them.
    texts : TextVectors, optional
        Embeds the words of text queries; without it they are searched for as keywords.
    bought : CoPurchases, optional
        Counts of what was ordered together; without them nothing is known to go with a product.
    synonyms : Synonyms, optional
        By default the shop's.

    Attributes
    ----------
    rails : Rails
        Recommendations, from the same caches.
    suggestions : Suggestions
    trials : Trials
        The experiment that runs.
    synonyms : Synonyms
    whole_shop : ShopFacets
        The facets of all products.
    """

    def __init__(
        self,
        index: ProductIndex,
        cursors: Cursors,
        photos: PhotoVectors | None = None,
        served: Callable[[str], None] = lambda _: None,
        searched: Callable[[str], None] = lambda _: None,
        frequent: Callable[[], Sequence[str]] = lambda: (),
        texts: TextVectors | None = None,
        bought: CoPurchases | None = None,
        synonyms: Synonyms | None = None,
    ) -> None:
        self._index, self._cursors, self._searched = index, cursors, searched
        self._anchors, self._snapshots = AnchorReader(index), Snapshots(index)
        self._counts, self._neighbourhoods = MatchCounts(index), Neighbourhoods(index)
        self._published = Published(index)
        self.trials, self.synonyms = Trials(index, cursors), synonyms or Synonyms(index)
        self._resolver = Resolver(index, self._anchors, self._snapshots, self.synonyms, self._published, photos, texts)
        pages, relaxation = PageReader(index, self._counts), Relaxation(index, self.synonyms)
        self._listings = ListingReader(
            self._resolver, self._neighbourhoods, self._counts, pages, relaxation, cursors, served
        )
        self.rails = Rails(index, self._anchors, self._snapshots, self._counts, self._neighbourhoods, bought)
        self.whole_shop = ShopFacets(index)
        self.suggestions = Suggestions(index, self.whole_shop.read, frequent)

    def listing(
        self,
        parameters: SearchParameters,
        hidden: Sequence[str] = (),
        *,
        with_facets: bool = True,
        publication: Publication | None = None,
        day: dt.date | None = None,
        trial: Trial | None = None,
    ) -> Listing:
        """Return the listing of a search; one ``_msearch``, once the anchors and the count of matches are known.

        Parameters
        ----------
        hidden : sequence of str
            Ids to leave out, even if they match.
        with_facets : bool
            Whether to count facets, too; a further page without them counts nothing.
        publication : Publication, optional
            The configuration and the rules to search by, on the first page; by default what is live. A search by
            another one is a preview, and not counted among shoppers' searches.
        day : date, optional
            By which rules begin and end, on all pages; by default the day of the first one, in UTC.
        trial : Trial, optional
            The side of an experiment to search by, on the first page; the others stay with it.

        Raises
        ------
        ParameterError
            The cursor has expired or isn't this listing's, or a filter names an attribute that no product has.
        """
        if parameters.cursor:
            before = self._cursors.read(parameters.cursor, parameters.fingerprint)
            at, own = Snapshot(before.index, before.point_in_time), self.trials.of_cursor(before, self._published)
            return self._listings.read(parameters, hidden, at, before, own, before.day, with_facets=with_facets)

        def read(at: Snapshot, searched: Publication, *, with_facets: bool = with_facets) -> Listing:
            return self._listings.read(parameters, hidden, at, None, searched, day, with_facets=with_facets)

        def first(published: Publication, trial: Trial | None = None) -> Listing:
            return self._snapshots.read(
                lambda at: self.trials.first_page(parameters, trial, published, partial(read, at)),
                published.configuration.index,
            )

        if publication:
            return first(publication)
        tried = self.trials.unless_broken(trial, lambda tried: first(self._published.live(), tried))
        listing = tried or self._published.serve(first)
        self._note(listing)
        return listing

    def preview(self, parameters: SearchParameters, publication: Publication, day: dt.date | None = None) -> Listing:
        """Return the first page of a search as another publication would have it on a day, without facets."""
        self._snapshots.of(publication.configuration.index)  # `RelevanceError` where the shop has no such index
        return self.listing(parameters, parameters.dislike, with_facets=False, publication=publication, day=day)

    def requests(
        self, parameters: SearchParameters, hidden: Sequence[str] = (), publication: Publication | None = None
    ) -> list[RawRequest]:
        """Build the requests of a listing's first page: hits, counts, and what is subtracted from these."""
        snapshot = self._snapshots.of(publication.configuration.index if publication else "")
        resolved = self._resolver.resolve(parameters, snapshot, hidden, publication=publication)
        search = self._neighbourhoods.shared(resolved, None)
        position = Position(parameters.fingerprint, plan_of(search, self._counts), snapshot.index, "", (), 0)
        bodies = [page_request(search, position), count_request(search), excluded_request(search)]
        return addressed([body for body in bodies if body], search, self._index.alias)

    def product(self, product_id: str) -> dict[str, Any] | None:
        """Read one product, or None if there is none with that id."""
        return self.products([product_id]).get(product_id)

    def products(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Read products by id as they are now; unknown ids are left out."""
        products = self._index.products(ids)
        return {product_id: {n: v for n, v in p.items() if n != "vector"} for product_id, p in products.items()}

    def totals(self, listings: Sequence[SearchParameters]) -> list[int]:
        """Return how many products each of several searches finds by its keywords and filters, as they are written."""
        snapshot = self._snapshots.current()
        searches = [self._resolver.resolve(parameters, snapshot) for parameters in listings]
        bodies = [{"query": search.query, "size": 0, "track_total_hits": True} for search in searches]
        answers = multi_search_each(self._index.client, bodies, index=self._index.alias)
        return [0 if isinstance(answer, ApiError) else answer["hits"]["total"]["value"] for answer in answers]

    def categories(self) -> list[FacetValue]:
        """Return the paths of the shop's categories with their counts, at most a minute old."""
        counted = self.whole_shop.read()
        return counted.terms["category"] if counted else []

    def _note(self, listing: Listing) -> None:
        """Count a first page's words among frequent searches if they found something as they are."""
        search, words = listing.search, listing.parameters.q
        if words and listing.result.total and not search.is_relaxed and not search.fallback:
            self._searched(words)
