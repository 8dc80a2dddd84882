"""What a rule does to one page before it is saved: what comes, goes and moves, with the products themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_mappings.results import Hit
from es_mappings.rules import Rule, When
from indexer.catalog.documents import today
from indexer.relevance.versions import Publication
from search.comparison import Move, PageSummary, QueryComparison
from search.configuring import occasion_of
from search.listing import Listing
from search.navigation import Navigation
from search.parameters import SearchParameters

_SIZE = 24  # products of the page
_CONDITIONS = {
    "words": "the words of the search are others",
    "category": "the page is of another category",
    "likes_category": "nothing of that category is liked",
    "configuration": "another configuration is live",
}


@dataclass(frozen=True)
class Card:
    """A product of the page as the rule makes it.

    Attributes
    ----------
    is_pinned : bool
        Whether the rule pins it.
    rules : tuple of str
        Names of the other rules that moved it.
    """

    hit: Hit
    place: int
    move: Move
    is_pinned: bool
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """A page without and with a rule.

    Attributes
    ----------
    before, after : Listing
        The page without and with it.
    why_not : list of str
        Why the rule doesn't apply to it; empty if it does, or there is no rule yet.
    gone : list of (int, dict)
        Products of the page that it no longer has, each with its place.
    day : date
        When.
    """

    before: Listing
    after: Listing
    cards: list[Card]
    gone: list[tuple[int, dict[str, Any]]]
    why_not: list[str]
    day: dt.date

    @property
    def totals(self) -> tuple[int, int]:
        """How many products the search finds without and with the rule."""
        return self.before.result.total, self.after.result.total

    @property
    def leads_to(self) -> str:
        """Where shoppers are led instead; empty for nowhere."""
        return self.after.search.effects.redirect

    @property
    def is_ahead(self) -> bool:
        """Whether it shows a day to come, because the rule begins then."""
        return self.day > today()

    @property
    def entered(self) -> int:
        """How many products the page has that it hadn't."""
        return sum(card.move.change == "new" for card in self.cards)


def preview(navigation: Navigation, live: Publication, rule: Rule | None, parameters: SearchParameters) -> Preview:
    """Search without and with a rule; without one, the page is as it is live.

    Raises
    ------
    ParameterError, ApiError
        As `Navigation.listing` does.
    """
    day = max(today(), rule.when.starts) if rule and rule.when.starts else today()
    others = [other for other in live.rules if rule is None or other.name != rule.name]
    with_rule = live.model_copy(update={"rules": (*others, rule) if rule else live.rules})

    wanted = parameters.model_copy(update={"size": _SIZE})
    before, after = (navigation.preview(wanted, publication, day) for publication in (live, with_rule))
    compared = QueryComparison("", PageSummary.of(before), PageSummary.of(after))
    moves = {move.product_id: move for move in compared.moves}
    cards = [_card(hit, place, moves, rule) for place, hit in enumerate(after.result.hits, 1)]
    known = {hit.product["id"]: hit.product for hit in before.result.hits}
    gone = [(move.before or 0, known[i]) for i, move in moves.items() if move.change == "gone"]
    return Preview(before, after, cards, gone, _why_not(after, with_rule, rule, day), day)


def _card(hit: Hit, place: int, moves: Mapping[str, Move], rule: Rule | None) -> Card:
    pinned = {pin.id for pin in rule.then.pin} if rule else set()
    product_id = hit.product["id"]
    others = tuple(name for name in hit.rules if rule is None or name != rule.name)
    is_pinned = product_id in pinned and rule is not None and rule.name in hit.rules
    return Card(hit, place, moves[product_id], is_pinned, others)


def _why_not(listing: Listing, live: Publication, rule: Rule | None, day: dt.date) -> list[str]:
    if rule is None or rule in listing.search.effects.rules:
        return []
    if not live.configuration.rules:
        return [f"the live configuration, {live.configuration.name}, switches rules off"]
    occasion = occasion_of(listing.parameters, listing.search.anchors, live, day)
    missing = [text for name, text in _CONDITIONS.items() if not _part(rule.when, [name]).holds(occasion)]
    return missing or ["it has ended"]


def _part(when: When, names: Sequence[str]) -> When:
    """Return a part of the conditions."""
    return When(**{name: getattr(when, name) for name in [*names, "match"]})
