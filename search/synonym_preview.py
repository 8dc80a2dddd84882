"""What a change of the synonyms would do to searches, before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from indexer import deadlines
from indexer.relevance.query_sets import SavedQuery
from indexer.synonyms import Rule
from search.comparison import PageSummary, QueryComparison, searches_of
from search.listing import Listing
from search.parameters import SearchParameters
from search.synonyms import gather, wordings

MOST_SEARCHED = 20  # queries of one preview; each is searched for twice
_SECONDS_LEFT = 4.0  # of the request's time, to show what is known
_SIZE = 24  # products of each page

Search = Callable[[SearchParameters], Listing]


@dataclass(frozen=True)
class QueryEffect:
    """What a change does to one query: its first page before and after."""

    query: str
    before: Listing
    after: Listing

    @property
    def compared(self) -> QueryComparison:
        """What moved."""
        return QueryComparison(self.query, PageSummary.of(self.before), PageSummary.of(self.after))


@dataclass(frozen=True)
class SynonymEffects:
    """What a change does to some queries.

    Attributes
    ----------
    queries : list of QueryEffect
        Those that are searched as something else than before; the biggest change first.
    unaffected : int
        How many are searched as before.
    left_out : list of SavedQuery
        Those that are searched as something else, and weren't tried: there are too many, or it took too long.
    """

    queries: list[QueryEffect]
    unaffected: int
    left_out: list[SavedQuery]


def affected(queries: Sequence[SavedQuery], before: Sequence[Rule], after: Sequence[Rule]) -> list[SavedQuery]:
    """Return the queries that are searched as something else after a change, in their order, each once."""
    old, new = gather(before), gather(after)
    return [q for q in dict.fromkeys(queries) if set(wordings(q.q, old)) != set(wordings(q.q, new))]


def effects(
    queries: Sequence[SavedQuery], before: Sequence[Rule], after: Sequence[Rule], old: Search, new: Search
) -> SynonymEffects:
    """Search for the queries that a change affects, as they are written, before and after it.

    Parameters
    ----------
    before, after : sequence of Rule
        All of the shop's synonyms.
    old, new : callable
        Search by these.

    Raises
    ------
    ParameterError
        A query has a parameter that no search takes.
    """
    changed = affected(queries, before, after)
    found: list[QueryEffect] = []
    # Verbatim: what is shown instead where nothing is found would hide what the synonyms find.
    base = SearchParameters(verbatim=True, size=_SIZE)
    for query, parameters in zip(changed, searches_of(changed[:MOST_SEARCHED], base), strict=False):
        left = deadlines.left()
        if found and left is not None and left < _SECONDS_LEFT:
            break
        found.append(QueryEffect(str(query), old(parameters), new(parameters)))
    left_out = changed[len(found) :]
    unaffected = len(dict.fromkeys(queries)) - len(changed)
    return SynonymEffects(sorted(found, key=lambda effect: -effect.compared.changed), unaffected, left_out)
