"""Navigation, filters and sorts as plain data for the templates, each with its URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from es_mappings.behaviour import Interest
from es_mappings.facet_types import Bounds, FacetValue
from es_mappings.results import Facets
from search.syntax import IN_COLOR
from webapp.storefront.facets import Choice, bounds_label, refinement_label
from webapp.storefront.links import Links
from webapp.storefront.rails import inspired_by

_SORTS = {"relevance": "Relevance", "price": "Price, low to high", "-price": "Price, high to low", "newest": "Newest"}
BUTS = {"cheaper": "Cheaper", "in_stock": "In stock", "other_brand": "Another brand"}

# What narrows a listing; links to other listings reset it.
NARROWING: dict[str, Any] = {
    "filter": (),
    "price_min": None,
    "price_max": None,
    "in_stock": None,
    "but": (),
    "min_match": 0.0,
}


def departments(navigation: list[FacetValue], links: Links) -> list[Choice]:
    """Return the top categories; their links carry the likes but not the filters."""
    current = links.parameters.category.split("/")[0]

    def below(parent: str) -> tuple[Choice, ...]:
        return tuple(
            Choice(
                item.value.rpartition("/")[2],
                links.listing(category=item.value, q="", **NARROWING),
                item.value == current,
                item.count,
                () if parent else below(item.value),
            )
            for item in navigation
            if _parent(item.value) == parent
        )

    return list(below(""))


def categories(facets: Facets, links: Links) -> list[Choice]:
    """Return the categories of a result one level below the current one."""
    current = links.parameters.category
    below = [v for v in facets.terms["category"] if _parent(v.value) == current]
    return [Choice(v.value.rpartition("/")[2], links.listing(category=v.value), False, v.count) for v in below]


def trail(links: Links) -> list[Choice]:
    """Return the breadcrumbs: the categories above the current one, and itself."""
    names = links.parameters.category.split("/") if links.parameters.category else []
    paths = ["/".join(names[: depth + 1]) for depth in range(len(names))]
    return [Choice(name, links.listing(category=path)) for name, path in zip(names, paths, strict=True)]


def active_filters(links: Links) -> list[Choice]:
    """Return the active filters, each with the URL that removes it."""
    parameters = links.parameters
    quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{parameters.q}\N{RIGHT DOUBLE QUOTATION MARK}"
    active = [Choice(quoted, links.listing(q=""))] if parameters.q else []
    active += [Choice(refinement_label(r), links.toggle(r)) for r in parameters.refinements]
    if span := bounds_label(Bounds(parameters.price_min, parameters.price_max)):
        active.append(Choice(span, links.listing(price_min=None, price_max=None)))
    if parameters.in_stock is not None:
        active.append(Choice("In stock" if parameters.in_stock else "Out of stock", links.listing(in_stock=None)))
    for name in parameters.but:
        others = tuple(but for but in parameters.but if but != name)
        active.append(Choice(_but_label(name), links.listing(but=others)))
    if parameters.min_match:
        active.append(Choice(f"From {parameters.min_match:g}% match", links.listing(min_match=0.0)))
    return active


def sorts(links: Links, interests: Mapping[str, Interest]) -> list[Choice]:
    """Return the available sorts, with similarity if there is an anchor and browsing if there are interests."""
    parameters = links.parameters
    offered = ({"similar": "Similarity"} if parameters.has_anchors else {}) | _SORTS
    choices = [Choice(text, links.here(sort=name), name == parameters.order) for name, text in offered.items()]
    if interests and not parameters.inspired:
        choices.append(Choice("Inspired by your browsing", links.here(inspired=inspired_by(interests), sort=None)))
    return choices


def _but_label(name: str) -> str:
    if name.startswith(IN_COLOR):
        return f"In {name.removeprefix(IN_COLOR)}"
    return "Cheaper than what you like" if name == "cheaper" else BUTS[name]


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
