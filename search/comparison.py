"""Compare configurations: what each shows for the same requests, what moved, and what that is worth by judgements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from indexer.relevance.golden import Grades
from indexer.relevance.metrics import Comparison, PerAnchor, Score, compare, interval, per_anchor
from indexer.relevance.query_sets import MAX_QUERIES, SavedQuery
from indexer.relevance.versions import Publication
from search.errors import ParameterError
from search.listing import Listing
from search.parameters import SearchParameters
from search.reading import parameter_error

MAX_SIDES = 4  # configurations next to each other
METRIC = "ndcg@10"

Search = Callable[[SearchParameters, Publication], Listing]
"""Searches by what a publication says."""

Change = Literal["same", "up", "down", "new", "gone"]


@dataclass(frozen=True)
class Move:
    """Where one product of two pages stands on each, from 1; None where it isn't on the page."""

    product_id: str
    before: int | None
    after: int | None

    @property
    def change(self) -> Change:
        """What happened to it."""
        if self.before is None or self.after is None:
            return "new" if self.before is None else "gone"
        return "same" if self.before == self.after else "up" if self.after < self.before else "down"

    @property
    def places(self) -> int:
        """How many places it moved; 0 for one that is new or gone."""
        return abs(self.before - self.after) if self.before and self.after else 0


class PageSummary(BaseModel):
    """What is compared of a page.

    Attributes
    ----------
    ids : tuple of str
        Of its products, in order.
    took_ms : int
        Milliseconds that Elasticsearch says it took.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ids: tuple[str, ...]
    total: int
    strategy: str
    took_ms: int

    @classmethod
    def of(cls, listing: Listing) -> PageSummary:
        """Return the summary of a listing's first page."""
        result = listing.result
        ids = tuple(hit.product["id"] for hit in result.hits)
        return cls(ids=ids, total=result.total, strategy=listing.plan.strategy, took_ms=result.took_ms)

    @property
    def places(self) -> dict[str, int]:
        """Id of each product, with its place from 1."""
        return {product_id: place for place, product_id in enumerate(self.ids, 1)}


@dataclass(frozen=True)
class QueryComparison:
    """One request under two configurations.

    Attributes
    ----------
    query : str
        The words, or the parameters where there are none.
    before, after : PageSummary
        What each configuration shows.
    scores : tuple of float, optional
        By judgements of this query: `METRIC` under each.
    """

    query: str
    before: PageSummary
    after: PageSummary
    scores: tuple[float, float] | None = None

    @property
    def moves(self) -> list[Move]:
        """Every product of the two pages: first those of the second one in its order, then those that are gone."""
        before, after = self.before.places, self.after.places
        gone = [Move(i, place, None) for i, place in before.items() if i not in after]
        return [Move(i, before.get(i), place) for i, place in after.items()] + gone

    @property
    def overlap(self) -> float:
        """Share of the products that both pages have, of all on either one: 0 to 1, and 1 for two empty pages."""
        moves = self.moves
        return sum(move.change not in ("new", "gone") for move in moves) / len(moves) if moves else 1.0

    @property
    def changed(self) -> float:
        """How much it changed, for an order by the biggest change: by judgements, else by products and places."""
        worth = abs(self.scores[1] - self.scores[0]) if self.scores else 0.0
        moved = sum(min(move.places, 10) for move in self.moves) / (10 * max(len(self.moves), 1))
        return worth * 10 + (1 - self.overlap) + moved / 10


@dataclass(frozen=True)
class SetComparison:
    """Two configurations on a set of queries.

    Attributes
    ----------
    judged : Comparison or None
        The paired test over the judged queries; None where fewer than two are judged.
    """

    queries: list[QueryComparison]
    judged: Comparison | None = None

    @property
    def overlap(self) -> Score:
        """Mean over the queries, with its interval; 1 without any."""
        if not self.queries:
            return Score(1.0, 1.0, 1.0, 0)
        return interval({str(number): query.overlap for number, query in enumerate(self.queries)})

    @property
    def totals_changed(self) -> int:
        """Queries that find another number of products."""
        return sum(q.before.total != q.after.total for q in self.queries)

    @property
    def by_change(self) -> SetComparison:
        """The same, the biggest change first."""
        return replace(self, queries=sorted(self.queries, key=lambda query: -query.changed))


Row = tuple[str, tuple[PageSummary, ...]]
"""What was searched for, and what each configuration shows for it."""


def compare_query(
    search: Search, parameters: SearchParameters, before: Publication, after: Publication
) -> QueryComparison:
    """Search by two configurations."""
    first, second = pages(search, parameters, (before, after))
    query = parameters.q or " ".join(f"{name}={value}" for name, value in parameters.to_query()) or "everything"
    return QueryComparison(query, first, second)


def pages(search: Search, parameters: SearchParameters, publications: Sequence[Publication]) -> tuple[PageSummary, ...]:
    """Search by each of several configurations."""
    return tuple(PageSummary.of(search(parameters, publication)) for publication in publications)


def compare_queries(
    search: Search,
    queries: Sequence[SavedQuery],
    before: Publication,
    after: Publication,
    grades: Grades | None = None,
    base: SearchParameters | None = None,
) -> SetComparison:
    """Search for each of many queries by two configurations, the biggest change first.

    Parameters
    ----------
    grades : dict, optional
        Judgements of the queries: topic to product to grade (`golden.merge`).
    base : SearchParameters
        What all of them have in common: likes, filters, size.

    Raises
    ------
    ParameterError
        There are too many queries, or one has a parameter that no search takes.
    """
    searches = zip(queries, searches_of(queries, base or SearchParameters()), strict=True)
    rows = [(str(query), pages(search, parameters, (before, after))) for query, parameters in searches]
    return next((compared.by_change for compared in compare_rows(rows, grades or {})), SetComparison([]))


def searches_of(queries: Sequence[SavedQuery], base: SearchParameters) -> list[SearchParameters]:
    """Return the parameters of many queries; what one leaves open is as in all others.

    Raises
    ------
    ParameterError
        There are too many queries, or one has a parameter that no search takes.
    """
    if len(queries) > MAX_QUERIES:
        raise ParameterError("queries", f"{len(queries)} are more than {MAX_QUERIES}; compare the most frequent ones")
    return [_parameters(base, query) for query in queries]


def _parameters(base: SearchParameters, query: SavedQuery) -> SearchParameters:
    own = {name: value for name, value in query.model_dump().items() if value}
    try:
        return SearchParameters.model_validate({**base.model_dump(exclude_unset=True), **own})
    except ValidationError as error:
        raise ParameterError("queries", f"{str(query)!r}: {parameter_error(error)}") from error


def compare_rows(rows: Sequence[Row], grades: Grades) -> list[SetComparison]:
    """Compare the first configuration with each other one, query by query.

    Parameters
    ----------
    rows : sequence of tuple
        Each query with the pages of all configurations.
    grades : dict
        Judgements of the queries: topic to product to grade. Where there are none of a query, it has no scores.

    Returns
    -------
    list of SetComparison
        One for each configuration but the first, in their order; queries in that of the rows.
    """
    judged = {topic: grades[topic] for query, _ in rows if (topic := f"q={query}") in grades}
    sides = len(rows[0][1]) if rows else 0
    if any(grade > 0 for by_product in judged.values() for grade in by_product.values()):
        runs = [{f"q={query}": list(shown[side].ids) for query, shown in rows} for side in range(sides)]
        scores = [per_anchor(judged, run, METRIC) for run in runs]
    else:
        scores = [{} for _ in range(sides)]
    return [_compared(rows, side, scores[0], scores[side]) for side in range(1, sides)]


def _compared(rows: Sequence[Row], side: int, first: PerAnchor, second: PerAnchor) -> SetComparison:
    queries = []
    for query, shown in rows:
        topic = f"q={query}"
        scores = (first[topic], second[topic]) if topic in first else None
        queries.append(QueryComparison(query, shown[0], shown[side], scores))
    return SetComparison(queries, compare(first, second) if len(first) > 1 else None)
