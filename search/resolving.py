"""Resolve the parameters of a search once into a frozen value: filters, anchors, aspect weights, query points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from cachetools import TTLCache, cachedmethod

from es_mappings import queries
from es_mappings.anchors import Anchor, QueryPoints, query_points, with_part
from es_mappings.aspect_weights import CategoryWeights
from es_mappings.facets import Filters
from es_mappings.keywords import Keywords
from es_mappings.product import DEFAULT_WEIGHTS
from es_mappings.queries import Query
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError
from indexer.spaces.vector_space import VectorSpace, load_space
from search.anchors import AnchorReader, Anchors, with_photo
from search.colors import ASPECT, Rgb, color_part
from search.errors import ParameterError, gone
from search.parameters import SearchParameters
from search.photos import PhotoVectors
from search.snapshots import Snapshot, Snapshots, VectorMeaning
from search.synonyms import Synonyms
from search.syntax import color_of, read_weights

_SPACES, _SPACE_SECONDS = 4, 600.0  # cached to build colour vectors; a space never changes


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
        How much each aspect counts.
    weights_of : str
        Where the weights come from: ``request``, ``default``, or the path of a category that has its own.
    anchors : Anchors
        Likes and dislikes with their vectors, in another colour if requested.
    filters : Filters
        Filters of the listing, including those of "similar, but ...".
    hidden : tuple of str
        Ids to leave out, even if they match.
    points : QueryPoints or None
        Query points that products are compared with; None if sorted otherwise or nothing is liked.
    warnings : tuple of str
        What could not be applied, for the shopper.
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
    warnings: tuple[str, ...]

    @property
    def query(self) -> Query:
        """The query of keywords and filters, without hidden ids, whose matches the planner counts."""
        return queries.browse(self.keywords, self.filters)

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
    def by_similarity(self) -> bool:
        """Whether products are sorted by similarity."""
        return self.points is not None


class Resolver:
    """Resolves searches of one product index. Safe for threads."""

    def __init__(
        self,
        index: ProductIndex,
        anchors: AnchorReader,
        snapshots: Snapshots,
        synonyms: Synonyms,
        photos: PhotoVectors | None,
    ) -> None:
        self._index, self._anchors, self._snapshots, self._photos = index, anchors, snapshots, photos
        self._synonyms = synonyms
        self._spaces: TTLCache[object, VectorSpace] = TTLCache(_SPACES, _SPACE_SECONDS)
        self._lock = Lock()

    def resolve(
        self,
        parameters: SearchParameters,
        snapshot: Snapshot,
        hidden: Sequence[str] = (),
        keywords: Keywords | None = None,
    ) -> ResolvedSearch:
        """Read the anchors' vectors and the index's own metadata, and resolve the parameters with them.

        Parameters
        ----------
        hidden : sequence of str
            Ids to leave out, even if they match.
        keywords : Keywords, optional
            What to search for instead of the words of the request.

        Raises
        ------
        ParameterError
            Every aspect of the index has weight 0, or the index that a cursor led to is gone.
        IndexGoneError
            The index is gone.
        """
        meaning = self._meaning(parameters, snapshot)
        weights, weights_of = weights_for(parameters, meaning.weights)
        if not any(weights.get(name) for name in meaning.layout.names):
            names = ", ".join(meaning.layout.names)
            raise ParameterError("weight", f"one of these aspects must have a weight above 0: {names}")
        anchors = self._read_anchors(parameters, snapshot, meaning)
        points = None
        if parameters.order == "similar" and any(anchor.weight > 0 for anchor in anchors.usable):
            points = query_points(anchors.usable, parameters.mode, weights, meaning.layout)
        warnings = list(anchors.warnings)
        if parameters.order == "similar" and points is None:
            warnings.append("There is no like to compare products with, so they are sorted by relevance.")
        return ResolvedSearch(
            parameters,
            snapshot,
            meaning,
            self._synonyms.apply(keywords or Keywords(parameters.q)),
            weights,
            weights_of,
            anchors,
            narrowed(parameters, anchors),
            tuple(hidden),
            points,
            tuple(warnings),
        )

    def _meaning(self, parameters: SearchParameters, snapshot: Snapshot) -> VectorMeaning:
        try:
            return self._snapshots.meaning(snapshot.index)
        except IndexStateError as error:
            raise gone(parameters.cursor) from error

    def _read_anchors(self, parameters: SearchParameters, snapshot: Snapshot, meaning: VectorMeaning) -> Anchors:
        anchors = self._anchors.read(snapshot, parameters.anchors, parameters.cursor)
        if parameters.photo:
            token, weight = parameters.photo_anchor
            photo = self._photos.get(token) if self._photos else None
            # A vector of another space cannot be compared.
            vector = photo.vector if photo and photo.space == meaning.space else None
            anchors = with_photo(anchors, token, weight, vector)
        color = color_of(parameters.but)
        return self._in_color(color, anchors, meaning) if color and anchors.usable else anchors

    def _in_color(self, color: Rgb, anchors: Anchors, meaning: VectorMeaning) -> Anchors:
        part = color_part(self._space(meaning.space or ""), color)
        if not part.any():
            return replace(anchors, warnings=[*anchors.warnings, "Colours cannot be compared here yet."])
        usable: list[Anchor] = with_part(anchors.usable, ASPECT, part, meaning.layout)
        return replace(anchors, usable=usable)

    @cachedmethod(lambda self: self._spaces, lock=lambda self: self._lock)
    def _space(self, digest: str) -> VectorSpace:
        return load_space(self._index, digest)


def weights_for(parameters: SearchParameters, by_category: CategoryWeights) -> tuple[dict[str, float], str]:
    """Return the weight of each aspect, and where they come from: the request, else the category, else the default.

    A requested colour counts as much as all other aspects together unless its weight is given: otherwise they would
    bring the likes' own colour back.
    """
    requested = read_weights(parameters.weight)
    of_category = None if requested else by_category.of(parameters.category)
    weights = {**(of_category[1] if of_category else DEFAULT_WEIGHTS), **requested}
    if color_of(parameters.but) and ASPECT not in requested:
        weights[ASPECT] = sum(weight for name, weight in weights.items() if name != ASPECT) or 1.0
    return weights, "request" if requested else of_category[0] if of_category else "default"


def narrowed(parameters: SearchParameters, anchors: Anchors) -> Filters:
    """Return the filters of a listing, including what "similar, but ..." means for its likes."""
    filters = parameters.filters
    liked = [anchors.products[i] for i in parameters.likes if i in anchors.products]
    if "cheaper" in parameters.but:
        prices: dict[str | None, float] = {}  # the lowest of each currency: others aren't comparable
        for product in liked:
            if (price := product.get("price")) is not None:
                currency = product.get("currency")
                prices[currency] = min(price, prices.get(currency, price))
        filters = replace(filters, cheaper_than=tuple(prices.items()))
    if "in_stock" in parameters.but:
        filters = replace(filters, in_stock=True)
    if "other_brand" in parameters.but:
        filters = replace(filters, not_brands=tuple(sorted({p["brand"] for p in liked if p.get("brand")})))
    return filters
