"""Resolve the parameters of a search once into a frozen value: filters, anchors, aspect weights, query points."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from cachetools import TTLCache, cachedmethod

from es_mappings.anchors import query_points
from es_mappings.configuration import Configuration
from es_mappings.effects import Effects
from es_mappings.keywords import Keywords
from indexer.catalog.documents import today
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError
from indexer.relevance.versions import Publication
from indexer.spaces.vector_space import VectorSpace, load_space
from search.anchors import AnchorReader, Anchors, with_photo, with_text
from search.aspect_weights import weights_of
from search.configuring import configured, effects_of
from search.currencies import Currencies
from search.errors import ParameterError, gone
from search.exchanges import Exchanges
from search.narrowing import narrowed
from search.notices import Notice
from search.parameters import SearchParameters
from search.pinning import read_pinned
from search.published import Published
from search.query_vectors import PhotoVectors, QueryVector, TextVectors
from search.resolved import ResolvedSearch
from search.snapshots import Snapshot, Snapshots, VectorMeaning
from search.synonyms import Synonyms
from search.syntax import exchanges_of
from search.text_queries import LEAST_CLOSENESS, Fallback, replaced

_SPACES, _SPACE_SECONDS = 4, 600.0  # cached to build colour vectors; a space never changes


class Resolver:
    """Resolves searches of one product index. Safe for threads."""

    def __init__(
        self,
        index: ProductIndex,
        anchors: AnchorReader,
        snapshots: Snapshots,
        synonyms: Synonyms,
        published: Published,
        photos: PhotoVectors | None,
        texts: TextVectors | None = None,
    ) -> None:
        self._published = published
        self._index, self._anchors, self._snapshots, self._photos = index, anchors, snapshots, photos
        self._synonyms, self._currencies, self._texts = synonyms, Currencies(index), texts
        self._spaces: TTLCache[object, VectorSpace] = TTLCache(_SPACES, _SPACE_SECONDS)
        self._lock, self._exchanges = Lock(), Exchanges(index, self._space)

    def resolve(
        self,
        parameters: SearchParameters,
        snapshot: Snapshot,
        hidden: Sequence[str] = (),
        keywords: Keywords | None = None,
        fallback: Fallback = "",
        publication: Publication | None = None,
        day: dt.date | None = None,
        *,
        recent: bool = False,
    ) -> ResolvedSearch:
        """Read the anchors' vectors and the index's own metadata, and resolve the parameters with them.

        Parameters
        ----------
        hidden : sequence of str
            Ids to leave out, even if they match.
        keywords : Keywords, optional
            What to search for instead of the words of the request.
        fallback : str
            What to search for instead of the request (`Fallback`). Words that nobody can embed become keywords unless
            there is another anchor.
        publication : Publication, optional
            The configuration and the rules to search by; by default what is live.
        day : date, optional
            By which rules begin and end; by default today, in UTC.
        recent : bool
            Whether anchors may be of an earlier snapshot; the page's reader verifies them.

        Raises
        ------
        ParameterError
            Every aspect of the index has weight 0, or the index that a cursor led to is gone.
        IndexGoneError
            The index is gone.
        """
        publication, day = publication or self._published.live(), day or today()
        configuration = publication.configuration
        requested, parameters = parameters, configured(replaced(parameters, fallback), configuration)
        meaning = self._meaning(parameters, snapshot)
        anchors = self._read_anchors(parameters, snapshot, meaning, recent=recent)
        if fallback == "meaning":  # words decide alone: a like would bring products that they don't mean
            anchors = replace(anchors, usable=[anchor for anchor in anchors.usable if anchor.is_text])
        words, _ = parameters.text_anchor
        if words and parameters.order == "similar" and not anchors.usable:
            if parameters.cursor:  # it leads on from an order by a vector that is lost
                raise gone(parameters.cursor)
            return self._by_keywords(parameters, snapshot, hidden, publication, day)
        found = weights_of(parameters, meaning.weights, anchors, configuration.weights)
        anchors, weights = found.anchors, found.weights
        if not any(weights.get(name) for name in meaning.layout.names):
            names = ", ".join(meaning.layout.names)
            raise ParameterError("weight", f"one of these aspects must have a weight above 0: {names}")
        points = None
        if parameters.order == "similar" and any(anchor.weight > 0 for anchor in anchors.usable):
            points = query_points(anchors.usable, parameters.mode, weights, meaning.layout)
        warnings = list(anchors.warnings)
        if parameters.order == "similar" and points is None:
            warnings.append(Notice("no_like"))
        filters = self._currencies.in_one(narrowed(parameters, anchors))
        if filters.price_currency:
            warnings.append(Notice("one_currency", {"currency": filters.price_currency}))
        effects = effects_of(requested, anchors, publication, day)
        search = ResolvedSearch(
            parameters,
            snapshot,
            meaning,
            self._keywords(keywords or Keywords(parameters.q), configuration, effects),
            weights,
            found.weights_of,
            anchors,
            replace(filters, rules=tuple(effects.clauses)),
            tuple(hidden),
            points,
            tuple(warnings),
            fallback,
            publication,
            effects,
            day=day,
        )
        return self._with_pinned(search)

    def _with_pinned(self, search: ResolvedSearch) -> ResolvedSearch:
        at, cursor, group = search.snapshot, search.parameters.cursor, search.parameters.group
        client, excluded = self._index.client, search.excluded
        pinned = read_pinned(client, at, search.query, search.effects, excluded, cursor, group=group)
        return replace(search, pinned=pinned) if pinned else search

    def by_meaning(self, parameters: SearchParameters, search: ResolvedSearch) -> ResolvedSearch | None:
        """Return a search for what is nearest in meaning to keywords; None if they mean nothing here."""
        space = search.meaning.space
        words, _ = replaced(parameters, "meaning").text_anchor
        text = self._texts.embed(words, space) if self._texts and space else None
        if text is None or text.closeness < LEAST_CLOSENESS:
            return None
        at, hidden, live, day = search.snapshot, search.hidden, search.publication, search.day
        return self.resolve(parameters, at, hidden, fallback="meaning", publication=live, day=day)

    def _keywords(self, keywords: Keywords, configuration: Configuration, effects: Effects) -> Keywords:
        keywords = replace(keywords, fields=configuration.keyword_fields, pinned=tuple(effects.pins))
        return self._synonyms.apply(keywords, configuration)

    def _by_keywords(
        self,
        parameters: SearchParameters,
        snapshot: Snapshot,
        hidden: Sequence[str],
        publication: Publication,
        day: dt.date,
    ) -> ResolvedSearch:
        words, _ = parameters.text_anchor
        keywords = None if parameters.q else Keywords(words, minimum_should_match="1")
        search = self.resolve(parameters, snapshot, hidden, keywords, "keywords", publication, day)
        warning = Notice("no_words" if parameters.q else "words_as_keywords", {"words": words})
        return replace(search, warnings=(warning, *search.warnings))

    def _meaning(self, parameters: SearchParameters, snapshot: Snapshot) -> VectorMeaning:
        try:
            return self._snapshots.meaning(snapshot.index)
        except IndexStateError as error:
            raise gone(parameters.cursor) from error

    def _read_anchors(
        self, parameters: SearchParameters, snapshot: Snapshot, meaning: VectorMeaning, *, recent: bool
    ) -> Anchors:
        anchors = self._anchors.read(snapshot, parameters.anchors, parameters.cursor, recent=recent)
        if parameters.photo:
            token, weight = parameters.photo_anchor
            photo = _usable(self._photos.get(token) if self._photos else None, meaning)
            _refuse_cursor_without(photo, parameters)
            anchors = with_photo(anchors, token, weight, photo)
        if parameters.text and parameters.order == "similar":
            words, weight = parameters.text_anchor
            text = self._texts.embed(words, meaning.space) if self._texts and meaning.space else None
            text = _usable(text, meaning)
            _refuse_cursor_without(text, parameters)
            if text is None:
                anchors = replace(anchors, warnings=[*anchors.warnings, Notice("no_words", {"words": words})])
            else:
                anchors = with_text(anchors, words, weight, text)
        exchanges = exchanges_of(parameters.but)
        return self._exchanges.apply(exchanges, anchors, snapshot, meaning, parameters.cursor)

    @cachedmethod(lambda self: self._spaces, lock=lambda self: self._lock)
    def _space(self, digest: str) -> VectorSpace:
        return load_space(self._index, digest)


def _refuse_cursor_without(query: QueryVector | None, parameters: SearchParameters) -> None:
    """Raise `ParameterError` if a cursor leads on from an order by a vector that is lost since."""
    if query is None and parameters.cursor and parameters.order == "similar":
        raise gone(parameters.cursor)


def _usable(query: QueryVector | None, meaning: VectorMeaning) -> QueryVector | None:
    """Return a query's vector if it can be compared with the index's: anybody may have written what Redis holds."""
    return query if query and query.space == meaning.space and query.vector.shape == (meaning.layout.dims,) else None
