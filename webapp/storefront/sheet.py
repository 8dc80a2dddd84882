"""The parts of a product's page apart from its listing, as plain data: attributes, and "similar, but ..."."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from es_mappings.behaviour import Event
from es_mappings.product import LAYOUT
from search.colors import ASPECT, parse_color
from search.parameters import SearchParameters
from search.syntax import IN_COLOR
from webapp.storefront.links import Links
from webapp.storefront.views import BUTS

_COLORS = ("red", "navy", "green", "black", "white")  # offered on the page; a URL may name others
_RECENT = 8


@dataclass(frozen=True)
class Row:
    """An attribute, with the confidence in percent if it is predicted; None if it comes from the catalogue."""

    name: str
    value: Any
    confidence: int | None = None


@dataclass(frozen=True)
class But:
    """One "similar, but ..."; with the code of the colour if it is one."""

    label: str
    url: str
    active: bool = False
    color: str = ""


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


def buts(product: Mapping[str, Any], links: Links) -> list[But]:
    """Return the offered "similar, but ...": cheaper, in stock, another brand, another colour."""
    chosen, choices = links.parameters.but, []
    useless = {"cheaper" if product.get("price") is None else "", "other_brand" if not product.get("brand") else ""}
    for name, text in BUTS.items():
        if name in chosen or name not in useless:
            but = tuple(b for b in chosen if b != name) if name in chosen else (*chosen, name)
            choices.append(But(text, links.here(but=but), name in chosen))
    return choices + (_in_colors(product, links) if ASPECT in LAYOUT.names else [])


def recent(events: Iterable[Event], product_id: str) -> list[str]:
    """Return the recently viewed products except this one, latest first."""
    seen = [event.product_id for event in events if event.kind == "view" and event.product_id != product_id]
    return list(dict.fromkeys(reversed(seen)))[:_RECENT]


def _in_colors(product: Mapping[str, Any], links: Links) -> list[But]:
    parameters = links.parameters
    attributes = product.get("attributes") or {}
    own_colors = " ".join(str(attributes.get(name, "")) for name in ("color", "colour")).lower().split()
    active = next((but.removeprefix(IN_COLOR) for but in reversed(parameters.but) if but.startswith(IN_COLOR)), None)
    others = tuple(but for but in parameters.but if not but.startswith(IN_COLOR))  # "in red" after "in blue" means red
    choices = []
    for color in dict.fromkeys([*([active] if active else []), *_COLORS]):
        if color == active:
            url = links.here(but=others)
        elif color in own_colors:
            continue
        else:  # without weights, so that the colour counts as much as all other aspects
            url = links.here(but=(*others, IN_COLOR + color), weight=())
        red, green, blue = parse_color(color)
        choices.append(But(f"In {color}", url, color == active, f"#{red:02x}{green:02x}{blue:02x}"))
    return choices


def _confidence(value: object, prediction: object) -> int | None:
    if not isinstance(prediction, dict) or prediction.get("value") != value:
        return None  # decided by a person
    return min(round(100 * float(prediction.get("confidence") or 0)), 99)  # nothing is certain
