"""What a search returns: one page of products, and what it was found by."""

from __future__ import annotations

from dataclasses import dataclass

from es_mappings.planner import Plan
from es_mappings.results import Result
from search.anchors import Anchors
from search.notices import Notice
from search.parameters import SearchParameters
from search.resolved import ResolvedSearch
from search.similarities import Match


@dataclass(frozen=True)
class Listing:
    """One page of products.

    Attributes
    ----------
    search : ResolvedSearch
        What was searched for: weights, anchors, filters, order.
    matches : list of Match
        For each hit: its similarity and what it comes from, if the result is sorted by similarity.
    plan : Plan
        The strategy that served it, and why.
    offset : int
        Products of the pages before.
    teams : str
        Of an interleaved page: whose pick each product is, ``a`` for the control's and ``b`` for the treatment's.
    """

    search: ResolvedSearch
    result: Result
    matches: list[Match]
    warnings: list[Notice]
    plan: Plan
    next_cursor: str | None
    offset: int = 0
    teams: str = ""

    @property
    def trial(self) -> str:
        """Number and side of the experiment that served it (`search.trials.Trial`); empty where none did."""
        trial = self.search.publication.trial
        return "" if trial.endswith("interleaved") and not self.teams else trial

    @property
    def parameters(self) -> SearchParameters:
        """What was searched by: what the live configuration says where the request left it open is in them."""
        return self.search.parameters

    @property
    def anchors(self) -> Anchors:
        """What the listing is sorted by."""
        return self.search.anchors

    @property
    def by_product(self) -> dict[str, Match]:
        """Product ids to their matches."""
        return {h.product["id"]: m for h, m in zip(self.result.hits, self.matches, strict=True)}

    @property
    def by_similarity(self) -> bool:
        """Whether the products are sorted by similarity."""
        return self.plan.strategy != "keywords"
