"""What the templates show, as plain data: navigation, facets, filters, sorts, each with its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from es_mappings.behaviour import Interest
from es_mappings.results import Facets, FacetValue
from search.parameters import BRAND, SearchParameters
from search.syntax import IN_COLOR
from webapp.storefront.links import Links
from webapp.storefront.rails import inspired_by

_FACETS, _VALUES = 8, 12  # how many facets, and values of each, a page shows

_ACRONYMS = {"cpu", "gpu", "hdmi", "led", "ram", "rgb", "ssd", "tv", "usb"}
_UNITS = {"in": "in", "cm": "cm", "mm": "mm", "gb": "GB", "tb": "TB", "hz": "Hz", "kg": "kg", "g": "g", "w": "W"}

_SORTS = {"relevance": "Relevance", "price": "Price, low to high", "-price": "Price, high to low", "newest": "Newest"}
BUTS = {"cheaper": "Cheaper", "in_stock": "In stock", "other_brand": "Another brand"}

# What narrows a listing, and is left behind where another one begins.
NARROWING: dict[str, Any] = {
    "filter": (),
    "price_min": None,
    "price_max": None,
    "in_stock": None,
    "but": (),
    "min_match": 0.0,
}


@dataclass(frozen=True)
class Choice:
    """Something to click: a facet's value, a sort, a category, a filter to drop."""

    label: str
    url: str
    active: bool = False
    count: int | None = None
    children: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class FacetGroup:
    """A facet and its values."""

    label: str
    values: list[Choice]


def label(name: str) -> str:
    """Write a name for people: ``screen_size`` becomes ``Screen size``, ``ram_gb`` ``RAM (GB)``; ``TVs`` stays."""
    words = name.replace("_", " ").split()
    if len(words) > 1 and "_" in name and words[-1] in _UNITS:
        words[-1] = f"({_UNITS[words[-1]]})"
    text = " ".join(word.upper() if word in _ACRONYMS else word for word in words)
    return text[:1].upper() + text[1:]


def value_label(value: str) -> str:
    """Write a facet's value for people: ``true`` becomes ``Yes``."""
    return {"true": "Yes", "false": "No"}.get(value, value)


def departments(navigation: list[FacetValue], links: Links) -> list[Choice]:
    """Return the top categories; likes go with the shopper from one to the other, filters don't."""
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
    """Return the categories of a result one level below the one chosen."""
    current = links.parameters.category
    below = [v for v in facets.category if _parent(v.value) == current]
    return [Choice(v.value.rpartition("/")[2], links.listing(category=v.value), False, v.count) for v in below]


def trail(links: Links) -> list[Choice]:
    """Return the categories above the one chosen, and itself: the breadcrumbs."""
    names = links.parameters.category.split("/") if links.parameters.category else []
    paths = ["/".join(names[: depth + 1]) for depth in range(len(names))]
    return [Choice(name, links.listing(category=path)) for name, path in zip(names, paths, strict=True)]


def facet_groups(facets: Facets, links: Links) -> list[FacetGroup]:
    """Return the facets that tell the products of this result apart, the most telling first."""

    def choice(name: str, value: FacetValue) -> Choice:
        is_set = f"{name}:{value.value}" in links.parameters.filter
        return Choice(value_label(value.value), links.toggle_filter(name, value.value), is_set, value.count)

    named = {BRAND: facets.brand, **_telling(facets.attributes, links)}
    return [
        FacetGroup(label(name), [choice(name, value) for value in values[:_VALUES]])
        for name, values in named.items()
        if values
    ]


def active_filters(links: Links) -> list[Choice]:
    """Return what narrows the listing, each with the address without it."""
    parameters = links.parameters
    quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{parameters.q}\N{RIGHT DOUBLE QUOTATION MARK}"
    active = [Choice(quoted, links.listing(q=""))] if parameters.q else []
    for pair in parameters.filter:
        name, _, value = pair.partition(":")
        text = f"{label(name)}: {value_label(value)}" if value in {"true", "false"} else value
        active.append(Choice(text, links.toggle_filter(name, value)))
    if span := _price_span(parameters):
        active.append(Choice(span, links.listing(price_min=None, price_max=None)))
    if parameters.in_stock is not None:
        active.append(Choice("In stock" if parameters.in_stock else "Out of stock", links.listing(in_stock=None)))
    for name in parameters.but:
        left = tuple(but for but in parameters.but if but != name)
        active.append(Choice(_but_label(name), links.listing(but=left)))
    if parameters.min_match:
        active.append(Choice(f"From {parameters.min_match:g}% match", links.listing(min_match=0.0)))
    return active


def sorts(links: Links, interests: Mapping[str, Interest]) -> list[Choice]:
    """Return the orders a listing can have: by similarity once there is an anchor, by browsing where there was some."""
    parameters = links.parameters
    offered = ({"similar": "Similarity"} if parameters.has_anchors else {}) | _SORTS
    choices = [Choice(text, links.here(sort=name), name == parameters.order) for name, text in offered.items()]
    if interests and not parameters.inspired:
        choices.append(Choice("Inspired by your browsing", links.here(inspired=inspired_by(interests), sort=None)))
    return choices


def _telling(attributes: dict[str, list[FacetValue]], links: Links) -> dict[str, list[FacetValue]]:
    """Choose the attributes that most products have and that take several values, and those filtered by."""
    chosen = {name for name, _ in links.parameters.filters.attributes}
    # Values that one product each has (article numbers) tell nothing as a filter.
    useful = {n: [v for v in vs if v.count > 1 or len(vs) <= _VALUES] for n, vs in attributes.items()}
    ranked = sorted(useful, key=lambda n: (n not in chosen, -sum(v.count for v in useful[n])))
    return {n: useful[n] for n in ranked[:_FACETS] if n in chosen or len(useful[n]) > 1}


def _price_span(parameters: SearchParameters) -> str:
    low, high = parameters.price_min, parameters.price_max
    if low is None and high is None:
        return ""
    if high is None:
        return f"From {low:g}"
    return f"Up to {high:g}" if low is None else f"{low:g} to {high:g}"


def _but_label(name: str) -> str:
    if name.startswith(IN_COLOR):
        return f"In {name.removeprefix(IN_COLOR)}"
    return "Cheaper than what you like" if name == "cheaper" else BUTS[name]


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
