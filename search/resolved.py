"""A search with all its parameters resolved, once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from es_mappings import queries
from es_mappings.anchors import QueryPoints
from es_mappings.effects import Effects
from es_mappings.facets import Filters
from es_mappings.keywords import Keywords
from es_mappings.queries import Query
from es_mappings.rules import Boost
from indexer.catalog.documents import today
from indexer.relevance.versions import Publication
from search.anchors import Anchors
from search.notices import Notice
from search.parameters import SearchParameters
from search.pinning import Pinned, ids_of, of_their_styles
from search.snapshots import Snapshot, VectorMeaning
from search.text_queries import Fallback

KEPT = 1.2  # what the score is multiplied by for each value that an exchange keeps (docs/measurements.md)


@dataclass(frozen=True)
class ResolvedSearch:
    """A search with all its parameters resolved.

    Attributes
    ----------
    snapshot : Snapshot
        The index to search, at one point in time.
    meaning : VectorMeaning
        How to read the vectors of that index.
    keywords : Keywords
        What the words of the request are searched as.
    weights : mapping of str to float
        How much each aspect counts; a mean where the likes' categories have weights of their own.
    weights_of : str
        Where the weights come from: ``request``, ``text`` (words alone), ``default``, or the paths of the categories
        that have them.
    anchors : Anchors
        Likes and dislikes with their vectors, with attributes exchanged as requested.
    filters : Filters
        Filters of the listing, including those of "similar, but ...".
    hidden : tuple of str
        Ids to leave out, even if they match.
    points : QueryPoints or None
        Query points that products are compared with; None if sorted otherwise or nothing is liked.
    warnings : tuple of Notice
        What could not be applied, for the shopper.
    fallback : str
        What was searched for instead, if anything (`Fallback`); `parameters` are of that.
    publication : Publication
        The configuration and the rules by which it is searched.
    day : date
        By which rules begin and end, in UTC: that of the listing's first page.
    effects : Effects
        What the rules that apply do; their filters are among `filters`, too.
    pinned : tuple of Pinned
        Products that rules put in their places.
    shown : tuple of str
        Ids of an interleaved first page, which the pages after it leave out.
    """

    parameters: SearchParameters
    snapshot: Snapshot
    meaning: VectorMeaning
    keywords: Keywords
    weights: Mapping[str, float]
    weights_of: str
    anchors: Anchors
    filters: Filters
    hidden: tuple[str, ...]
    points: QueryPoints | None
    warnings: tuple[Notice, ...]
    fallback: Fallback = ""
    publication: Publication = field(default_factory=Publication)
    effects: Effects = field(default_factory=Effects)
    pinned: tuple[Pinned, ...] = ()
    day: dt.date = field(default_factory=today)
    shown: tuple[str, ...] = ()

    @property
    def other_index(self) -> str:
        """The index that is searched, where the configuration names one; empty for the live one."""
        return self.snapshot.index if self.publication.configuration.index else ""

    @cached_property
    def query(self) -> Query:
        """The query of keywords and filters alone, whose matches are counted."""
        return queries.browse(self.keywords, self.filters)

    @property
    def excluded(self) -> list[str]:
        """Ids that are neither shown nor counted: hidden ones, and anchors that the listing is sorted by."""
        anchors = [anchor.id for anchor in self.anchors.usable] if self.points else []
        return list(dict.fromkeys([*anchors, *self.hidden]))

    @property
    def unlisted(self) -> list[str]:
        """Ids that a page's search leaves out: the excluded, those shown, and pinned ones, which are put in later."""
        return [*self.excluded, *ids_of(self.pinned), *self.shown]

    @property
    def pinned_styles(self) -> list[Query]:
        """Queries of grouped variants of pinned products, which a page's search leaves out, too."""
        return of_their_styles(self.pinned) if self.parameters.group else []

    @property
    def is_respelled(self) -> bool:
        """Whether other words are searched for than were asked for."""
        return self.keywords.text != self.parameters.q

    @property
    def is_partial(self) -> bool:
        """Whether only some of the words must match."""
        return bool(self.keywords.minimum_should_match)

    @property
    def is_relaxed(self) -> bool:
        """Whether something else is searched for than the words as they are."""
        return self.is_respelled or self.is_partial

    @property
    def needs_vectors(self) -> bool:
        """Whether similarities have to be computed from the products' vectors, because the score isn't one."""
        if self.points is None:
            return False
        return self.parameters.needs_vectors or bool(self.points.offsets) or self.is_scored_otherwise

    @property
    def script(self) -> str:
        """Painless that scores similarity instead of the shop's own; empty for that."""
        return self.publication.configuration.similarity_script

    @property
    def is_scored_otherwise(self) -> bool:
        """Whether products are scored by more than the vectors, so that kNN doesn't know their order."""
        return bool(self.script or self.boosts)

    @property
    def boosts(self) -> list[tuple[Boost, str]]:
        """What multiplies scores, each with its name: the rules' boosts, and the values that an exchange keeps."""
        kept = [(name, f"attribute.{name}:{value}") for name, value in self.anchors.kept]
        return [*self.effects.boosts, *((Boost(filter=text, factor=KEPT), f"kept {name}") for name, text in kept)]

    @property
    def by_similarity(self) -> bool:
        """Whether products are sorted by similarity."""
        return self.points is not None
