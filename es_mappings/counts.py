"""The total and the facets of a result, counted by requests of their own: they depend on no like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from es_mappings import results
from es_mappings.facet_types import Query
from es_mappings.facets import COUNT_STYLES
from es_mappings.results import Facets


@dataclass(frozen=True)
class Counts:
    """What was counted over all matches of a result.

    Attributes
    ----------
    total : int
        Matches, or their styles if variants are grouped.
    facets : Facets or None
        None where they could not be counted.
    is_incomplete : bool
        Whether a shard did not answer.
    """

    total: int
    facets: Facets | None
    is_incomplete: bool = False

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Counts:
        """Read the answer to a `count_request`."""
        result = results.read(answer)
        return cls(result.total, result.facets, result.is_incomplete)

    def without(self, others: Counts) -> Counts:
        """Subtract the counts of some of the matches."""
        facets = self.facets.without(others.facets) if self.facets and others.facets else self.facets
        return Counts(self.total - others.total, facets, self.is_incomplete or others.is_incomplete)


def count_request(
    query: Query, aggregations: Query, *, group: bool = False, min_score: float | None = None
) -> dict[str, Any]:
    """Build the request that counts a result's matches. Elasticsearch caches its answer until a product changes.

    Parameters
    ----------
    query : dict
        The matches. Its score counts only if ``min_score`` is given.
    aggregations : dict
        As `facets.aggregations` builds them; may be empty.
    group : bool
        Whether variants of one style count as one product.
    min_score : float, optional
        Score below which products don't count.
    """
    request: dict[str, Any] = {"query": query, "size": 0, "track_total_hits": True}
    optional = {"aggs": {**aggregations, **(COUNT_STYLES if group else {})}, "min_score": min_score}
    return request | {name: value for name, value in optional.items() if value}
