"""What is wrong with a rule before it is saved or goes live: by itself, in this shop, and with the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from es_mappings.attributes import attribute_key
from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.effects import Effects
from es_mappings.facet_types import Query
from es_mappings.facets import Filters, Refinement
from es_mappings.keywords import Keywords
from es_mappings.queries import browse
from es_mappings.rules import Rule, clause_of
from indexer.catalog.documents import today
from indexer.elastic.product_index import ProductIndex
from indexer.relevance.conflicts import new_conflicts
from indexer.relevance.faults import Fault
from indexer.relevance.publications import Publications


def problems(index: ProductIndex, rule: Rule, live: Sequence[Rule], *, anyway: bool = False) -> list[Fault]:
    """Return what keeps a rule from being saved or published.

    Parameters
    ----------
    live : sequence of Rule
        What is live.
    anyway : bool
        Whether to leave out what it may be kept in spite of, such as conflicts with other rules.
    """
    found = [*faults(index, rule), *new_conflicts(rule, live)]
    return [fault for fault in found if not (anyway and fault.is_doubt)]


def faults(index: ProductIndex, rule: Rule) -> list[Fault]:
    """Return what a rule does that nobody can want, such as to pin what is gone, hide everything or leave nothing."""
    counts = _counts(index, rule)
    filters = [fault for field, text in _filters(rule).items() for fault in _filter(index, rule, field, text, counts)]
    is_named = any(fault.field.startswith("then.filter") for fault in filters)  # what leaves nothing
    everything = [] if is_named else _everything(index, rule)
    return [*_pins(index, rule), *filters, *everything, *_categories(rule, counts), *_others(index, rule)]


def _pins(index: ProductIndex, rule: Rule) -> Iterator[Fault]:
    places = {pin.id: f"then.pin.{place}" for place, pin in enumerate(rule.then.pin)}
    if not places:
        return
    known = index.products(list(places))
    left = _matching(index, rule, list(places))
    for product_id, field in places.items():
        if product_id not in known:
            yield Fault(field, f"{rule.name} pins {product_id}, which no longer exists")
        elif product_id not in left:
            yield Fault(field, f"{rule.name} pins {product_id}, which its own category, filters or hiding leave out")


def _matching(index: ProductIndex, rule: Rule, ids: Sequence[str]) -> set[str]:
    query = {"bool": {"filter": [_scope(rule, hiding=True), {"ids": {"values": list(ids)}}]}}
    hits = index.search(query=query, size=len(ids), source=False)["hits"]["hits"]
    return {hit["_id"] for hit in hits}


def _everything(index: ProductIndex, rule: Rule) -> Iterator[Fault]:
    if not (rule.then.hide or rule.then.filter or rule.then.hide_ids):
        return
    field = next(f"then.{name}" for name in ("filter", "hide", "hide_ids") if getattr(rule.then, name))
    before, after = (_count(index, _scope(rule, hiding=hiding)) for hiding in (False, True))
    if before and not after:
        yield Fault(field, f"{rule.name} hides all {before:,} products that it applies to")
    elif rule.when.words:
        before, after = (_count(index, _scope(rule, hiding=hiding, words=True)) for hiding in (False, True))
        if before and not after:
            text = f"{rule.name} hides all that {rule.when.words!r} finds ({before:,})"
            yield Fault(field, text, is_doubt=True)  # a banner or a redirect may be all that is wanted


def _count(index: ProductIndex, query: Query) -> int:
    return int(index.client.count(index=index.name, query=query)["count"])


def _scope(rule: Rule, *, hiding: bool, words: bool = False) -> Query:
    """Return the query of the products that a rule may touch, as far as its category says, and perhaps its words."""
    clauses = tuple(Effects((rule,)).clauses) if hiding else ()
    keywords = Keywords(rule.when.words) if words else None
    return browse(keywords, Filters(category=rule.when.category or None, rules=clauses))


def _filters(rule: Rule) -> dict[str, str]:
    """Return the filters of a rule by field."""
    hide, only = (
        {f"then.{name}.{n}": text for n, text in enumerate(getattr(rule.then, name))} for name in ("hide", "filter")
    )
    boosts = {f"then.boost.{n}.filter": boost.filter for n, boost in enumerate(rule.then.boost)}
    return hide | only | boosts


def _counts(index: ProductIndex, rule: Rule) -> Mapping[str, int]:
    """Count what each filter of a rule matches in its category, and each category, by field, in one request."""
    paths = {f"when.{name}": getattr(rule.when, name) for name in ("category", "likes_category")}
    categories = {field: clause_of(f"category:{path}") for field, path in paths.items() if path}
    filters = {field: clause_of(text) for field, text in _filters(rule).items()}
    aggregations: Query = {}
    if categories:
        aggregations["categories"] = {"filters": {"filters": categories}}
    if filters:
        within = {"filter": _scope(rule, hiding=False), "aggs": {"filters": {"filters": {"filters": filters}}}}
        aggregations["within"] = within
    if not aggregations:
        return {}
    counted = index.search(query=browse(None, Filters()), size=0, aggregations=aggregations)["aggregations"]
    buckets = {
        **counted.get("categories", {"buckets": {}})["buckets"],
        **counted.get("within", {"filters": {"buckets": {}}})["filters"]["buckets"],
    }
    return {field: bucket["doc_count"] for field, bucket in buckets.items()}


def _filter(index: ProductIndex, rule: Rule, field: str, text: str, counts: Mapping[str, int]) -> Iterator[Fault]:
    if counts[field]:
        return
    name = _attribute(text)
    if name and not _has_attribute(index, name):
        yield Fault(field, f"no product has an attribute {name!r}")
    elif field.startswith("then.filter"):
        yield Fault(field, f"{rule.name} leaves only {text}, which no product there has")
    else:
        yield Fault(field, f"no product there is {text}", is_doubt=True)


def _attribute(text: str) -> str:
    """Return the name of the attribute that a filter asks for; empty if it asks for something else."""
    try:
        refinement = Refinement.parse(text)
    except ValueError:  # one that `filter=` doesn't take, such as category:PATH
        return ""
    return refinement.name if refinement.is_attribute else ""


def _has_attribute(index: ProductIndex, name: str) -> bool:
    query = {"prefix": {"facets": attribute_key(name, "")}}
    return bool(index.client.count(index=index.name, query=query, terminate_after=1)["count"])


def _categories(rule: Rule, counts: Mapping[str, int]) -> Iterator[Fault]:
    for name in ("category", "likes_category"):
        if counts.get(f"when.{name}") == 0:
            text = f"no product is in {getattr(rule.when, name)!r}: write the path of a category, such as Dresses/Midi"
            yield Fault(f"when.{name}", text, is_doubt=True)


def _others(index: ProductIndex, rule: Rule) -> Iterator[Fault]:
    name = rule.when.configuration
    if name and name != DEFAULT.name and not Publications(index).versions(Configuration, name):
        yield Fault("when.configuration", f"there is no configuration {name!r}", is_doubt=True)
    if rule.when.ends and rule.when.ends < today():
        yield Fault("when.ends", f"{rule.name} ended on {rule.when.ends}")
