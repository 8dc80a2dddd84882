"""Facets keep the order that they have without a shopper's filters, but not without the search team's rules."""

from dataclasses import replace
from typing import Any
from unittest.mock import MagicMock

from es_mappings.effects import Effects
from es_mappings.facets import Filters, Refinement, aggregations
from es_mappings.keywords import Keywords
from es_mappings.queries import browse
from es_mappings.results import Facets
from es_mappings.rules import Rule
from search.listing import Listing
from search.parameters import SearchParameters
from search.whole_facets import WholeFacets
from tests.answers import answered
from webapp.services.resilience import empty_listing

_RULE = Rule.model_validate({"name": "no-acme", "then": {"hide": ["brand:Acme"]}})


def _listing(*rules: Rule, chosen: str = "", facets: Facets | None = None) -> Listing:
    listing = empty_listing(SearchParameters(q="dress"))
    refinements = [Refinement.parse(chosen)] if chosen else []
    filters = Filters.refined(refinements, rules=tuple(Effects(rules).clauses))
    result = replace(listing.result, facets=facets)
    return replace(listing, search=replace(listing.search, filters=filters), result=result)


def _whole(sent: list[dict[str, Any]]) -> WholeFacets:
    counted: dict[str, Any] = {name: {"buckets": [], "count": 0} for name in aggregations()}

    def msearch(searches: list[dict[str, Any]], **_: Any) -> Any:
        sent.extend(searches[1::2])
        answer = {"hits": {"total": {"value": 1}, "hits": []}, "took": 1, "aggregations": counted}
        return answered({"responses": [answer]})

    index = MagicMock()
    index.client.msearch = msearch
    return WholeFacets(index)


def test_what_rules_leave_out_is_not_among_the_whole_facets() -> None:
    sent: list[dict[str, Any]] = []
    whole = _whole(sent)
    whole.read(_listing(_RULE, chosen="brand:Kip"))
    [query] = sent[0]["query"]["bool"]["must"]  # among what isn't deleted
    assert query == browse(Keywords("dress"), Filters(rules=tuple(Effects((_RULE,)).clauses)))
    assert "Kip" not in str(sent[0])


def test_whole_facets_of_other_rules_are_others() -> None:
    sent: list[dict[str, Any]] = []
    whole = _whole(sent)
    for rules in ((), (_RULE,), (), (_RULE,)):
        whole.read(_listing(*rules, chosen="brand:Kip"))
    assert len(sent) == 2


def test_a_listing_with_nothing_but_rules_has_the_whole_facets_itself() -> None:
    sent: list[dict[str, Any]] = []
    facets = Facets({}, {}, {}, {}, {})
    assert _whole(sent).read(_listing(_RULE, facets=facets)) is facets
    assert sent == []
