"""Navigation, filters and sorts as plain data for the templates, each with its URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from es_mappings.behaviour import Interest
from es_mappings.facet_types import Bounds, FacetValue
from es_mappings.results import Facets
from search.notices import marked
from search.parameters import SearchParameters
from webapp.languages import gettext
from webapp.services.resilience import ResilientNavigation
from webapp.storefront import wording
from webapp.storefront.facets import Choice, in_order
from webapp.storefront.links import Links
from webapp.storefront.locales import percent
from webapp.storefront.rails import inspired_by
from webapp.storefront.wording import bounds_label, exchange_label, refinement_label

_SORTS = {
    "relevance": marked("Relevance"),
    "price": marked("Price, low to high"),
    "-price": marked("Price, high to low"),
    "newest": marked("Newest"),
}
BUTS = {"cheaper": marked("Cheaper"), "in_stock": marked("In stock"), "other_brand": marked("Another brand")}

# What narrows a listing; links to other listings reset it.
NARROWING: dict[str, Any] = {
    "filter": (),
    "price_min": None,
    "price_max": None,
    "in_stock": None,
    "but": (),
    "min_match": 0.0,
}

_MAX_WAYS = 8  # out of a listing without products


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


def categories(facets: Facets, whole: Facets, links: Links) -> list[Choice]:
    """Return the categories of a result one level below the current one, in the order of the facets without filters."""
    current = links.parameters.category
    below = [v for v in in_order(facets.terms["category"], whole.terms["category"]) if _parent(v.value) == current]
    return [Choice(v.value.rpartition("/")[2], links.listing(category=v.value), False, v.count) for v in below]


def trail(links: Links) -> list[Choice]:
    """Return the breadcrumbs: the categories above the current one, and itself."""
    names = links.parameters.category.split("/") if links.parameters.category else []
    paths = ["/".join(names[: depth + 1]) for depth in range(len(names))]
    return [Choice(name, links.listing(category=path)) for name, path in zip(names, paths, strict=True)]


def active_filters(links: Links) -> list[Choice]:
    """Return the active filters, each with the URL that removes it."""
    words = [(quoted(links.parameters.q), {"q": ""})] if links.parameters.q else []
    return [Choice(label, links.listing(**without)) for label, without in [*words, *_filters(links.parameters)]]


def ways_out(navigation: ResilientNavigation, links: Links) -> list[Choice]:
    """Return what to drop from a listing without products, each with its URL and the products it leads to.

    Each filter and each word alone, the best first; all filters together if none of them is enough.
    """
    parameters = links.parameters
    words, filters = parameters.q.split(), list(_filters(parameters))
    everything = gettext("all filters")
    if parameters.category:
        filters.append((wording.label(parameters.category.rpartition("/")[2]), {"category": ""}))
    ways = [*filters, *(_without_word(words, place) for place in range(len(words)) if len(words) > 1)][:_MAX_WAYS]
    if len(filters) > 1:
        ways.append((everything, {**NARROWING, "category": ""}))
    totals = navigation.totals([parameters.model_copy(update=without) for _, without in ways])
    counted = sorted(zip(totals, ways, strict=True), key=lambda pair: -pair[0])
    choices = [Choice(label, links.listing(**without), count=total) for total, (label, without) in counted if total]
    return [choice for choice in choices if choice.label != everything] or choices


def _without_word(words: Sequence[str], place: int) -> tuple[str, dict[str, Any]]:
    return quoted(words[place]), {"q": " ".join([*words[:place], *words[place + 1 :]])}


def quoted(text: str) -> str:
    """Return a text in quotation marks."""
    return gettext("“%(text)s”", text=text)


def _filters(parameters: SearchParameters) -> Iterator[tuple[str, dict[str, Any]]]:
    """Iterate over the filters of a listing: label, and what changes without it."""
    for refinement in parameters.refinements:
        others = tuple(f for f in parameters.filter if f != str(refinement))
        yield refinement_label(refinement), {"filter": others}
    if span := bounds_label(Bounds(parameters.price_min, parameters.price_max)):
        yield span, {"price_min": None, "price_max": None}
    if parameters.in_stock is not None:
        yield gettext("In stock") if parameters.in_stock else gettext("Out of stock"), {"in_stock": None}
    for name in parameters.but:
        yield _but_label(name), {"but": tuple(but for but in parameters.but if but != name)}
    if parameters.min_match:
        yield gettext("From %(percent)s match", percent=percent(parameters.min_match)), {"min_match": 0.0}


def sorts(links: Links, interests: Mapping[str, Interest]) -> list[Choice]:
    """Return the available sorts, with similarity if there is an anchor and browsing if there are interests."""
    parameters = links.parameters
    offered = ({"similar": marked("Similarity")} if parameters.has_anchors else {}) | _SORTS
    choices = [Choice(gettext(text), links.here(sort=name), name == parameters.order) for name, text in offered.items()]
    if interests and not parameters.inspired:
        choices.append(
            Choice(gettext("Inspired by your browsing"), links.here(inspired=inspired_by(interests), sort=None))
        )
    return choices


def _but_label(name: str) -> str:
    attribute, _, value = name.partition(":")
    if value:
        return exchange_label(attribute, value)
    return gettext("Cheaper than what you like") if name == "cheaper" else gettext(BUTS[name])


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
