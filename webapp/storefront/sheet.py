"""The parts of a product's page apart from its listing, as plain data: attributes, and "similar, but ..."."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_mappings.attributes import attribute_key
from es_mappings.behaviour import Event
from es_mappings.facet_types import FacetValue
from es_mappings.facets import is_range
from es_mappings.product import LAYOUT
from es_mappings.results import Facets
from search.colors import ASPECT
from search.parameters import SearchParameters
from search.syntax import COLOR_NAMES, exchanges_of
from webapp.languages import gettext
from webapp.storefront import labels
from webapp.storefront.facets import swatch
from webapp.storefront.links import Links
from webapp.storefront.views import BUTS
from webapp.storefront.wording import exchange_label

_COLORS = ("red", "navy", "green", "black", "white")  # offered where products aren't labelled; a URL may name others
_SHADES = 5  # colors offered
_EXCHANGED, _VALUES = 3, 2  # other attributes offered, and values of each
_VARIED = 12  # values that such an attribute has at most
_RECENT = 8


@dataclass(frozen=True)
class Row:
    """An attribute, with the confidence in percent if it is predicted; None if it comes from the catalogue."""

    name: str
    value: Any
    confidence: int | None = None


@dataclass(frozen=True)
class But:
    """One "similar, but ..."; with the code of the color if it is one, and its products where they are counted."""

    label: str
    url: str
    active: bool = False
    color: str = ""
    count: int = 0


def shelf_parameters(product: Mapping[str, Any], parameters: SearchParameters) -> SearchParameters:
    """Return the search for similar products in the same department, with the page's weights and filters."""
    narrowed = parameters.model_copy(
        update={
            "category": (product.get("category_path") or [""])[0],
            "like": (),
            "dislike": (),
            "inspired": (),
            "photo": "",
            "q": "",
            "sort": None,
            "cursor": "",
            "size": 12,
        }
    )
    return narrowed.like_this(product["id"])


def rows(product: Mapping[str, Any]) -> list[Row]:
    """Return a product's attributes, first the catalogue's, then predicted ones."""
    catalogued, predicted = product.get("attributes") or {}, product.get("predicted") or {}
    filled = {name: value for name, value in (product.get("effective") or {}).items() if name not in catalogued}
    rows = [Row(name, value) for name, value in catalogued.items() if value is not None]
    return rows + [Row(name, value, _confidence(value, predicted.get(name))) for name, value in filled.items()]


def uses_later_picture(product: Mapping[str, Any]) -> bool:
    """Return whether another picture than the first one is compared, because that one can't be used."""
    images, used = product.get("images") or [], (product.get("embedding") or {}).get("image")
    return used in images[1:] and used != images[0]


def buts(product: Mapping[str, Any], links: Links, facets: Facets | None = None) -> list[But]:
    """Return the offered "similar, but ...": cheaper, in stock, another brand, another value of an attribute.

    Parameters
    ----------
    facets : Facets or None
        Of the product's shelf, where the other values come from.
    """
    chosen, choices = links.parameters.but, []
    useless = {"cheaper" if product.get("price") is None else "", "other_brand" if not product.get("brand") else ""}
    for name, text in BUTS.items():
        if name in chosen or name not in useless:
            but = tuple(b for b in chosen if b != name) if name in chosen else (*chosen, name)
            choices.append(But(gettext(text), links.here(but=but), name in chosen))
    return [*choices, *_exchanges(product, facets, links)]


def recent(events: Iterable[Event], product_id: str) -> list[str]:
    """Return the recently viewed products except this one, latest first."""
    seen = [event.product_id for event in events if event.kind == "view" and event.product_id != product_id]
    return list(dict.fromkeys(reversed(seen)))[:_RECENT]


def _exchanges(product: Mapping[str, Any], facets: Facets | None, links: Links) -> Iterator[But]:
    """Yield other values of the product's attributes; colors also where no product is labelled with any.

    Of values in an order, the nearest above and below the product's own; of others, the most frequent.
    """
    own, chosen = product.get("effective") or product.get("attributes") or {}, exchanges_of(links.parameters.but)
    counted = facets.attributes if facets else {}
    colors = next((name for name in COLOR_NAMES if counted.get(name)), COLOR_NAMES[0])
    others = [name for name in _varied(product, counted) if name in own and name != colors]
    unlabelled = [FacetValue(color, 0) for color in _COLORS if ASPECT in LAYOUT.names]
    for name in dict.fromkeys([colors, *others[:_EXCHANGED], *chosen]):
        values = counted.get(name) or (unlabelled if name == colors else [])
        counts = {v.value: v.count for v in values if v.value not in _values(own.get(name))}
        key = attribute_key("", own[name]).removeprefix(":") if isinstance(own.get(name), str | bool | int) else ""
        nearest = [next((v for v in side if v in counts), "") for side in labels.current().neighbours(name, key)]
        offered = [v for v in nearest if v] or list(counts)[: _SHADES if name == colors else _VALUES]
        for value in dict.fromkeys([*([chosen[name]] if name in chosen else []), *offered]):
            text = exchange_label(name, value, key)
            yield _exchange(name, FacetValue(value, counts.get(value, 0)), text, chosen, links)


def _exchange(name: str, value: FacetValue, text: str, chosen: Mapping[str, str], links: Links) -> But:
    others = tuple(but for but in links.parameters.but if not but.startswith(f"{name}:"))  # "red" after "blue" is red
    color = swatch(value.value) if name in COLOR_NAMES else ""
    if chosen.get(name) == value.value:
        return But(text, links.here(but=others), active=True, color=color)
    # Without weights, so that what is exchanged counts as much as all other aspects.
    return But(text, links.here(but=(*others, f"{name}:{value.value}"), weight=()), color=color, count=value.count)


def _varied(product: Mapping[str, Any], counted: Mapping[str, Sequence[FacetValue]]) -> list[str]:
    """Return the attributes of few values: first those that pictures show, then those that the shop has words for.

    Of those alike in this, the ones that most products have.
    """
    seen = product.get("predicted") or {}
    worded = {re.split("[:<>]", key)[0] for key in labels.current().changes}
    varied = [name for name, values in counted.items() if 2 <= len(values) <= _VARIED and not is_range(name)]
    return sorted(varied, key=lambda name: (name not in seen, name not in worded, -sum(v.count for v in counted[name])))


def _values(value: object) -> set[str]:
    """Return a product's values of an attribute, and each word of them: dark red is no other red."""
    values = [attribute_key("", v).removeprefix(":") for v in (value if isinstance(value, list) else [value])]
    return {*values, *(word for v in values for word in v.lower().split())}


def _confidence(value: object, prediction: object) -> int | None:
    if not isinstance(prediction, dict) or prediction.get("value") != value:
        return None  # decided by a person
    return min(round(100 * float(prediction.get("confidence") or 0)), 99)  # nothing is certain
