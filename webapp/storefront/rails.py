"""Rails as plain data for the templates: headings, reasons, URLs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from es_mappings.behaviour import Interest, Kind
from search.rails import Rail
from search.syntax import write_anchor
from webapp.storefront.links import Links

_NAMED = 6  # sources listed with a rail
_IN_ADDRESS = 12  # interests in a URL, those of the highest weight, so that it stays short

_TITLES = {"inspired": "Inspired by your browsing", "goes_with": "Goes with the look of your bag"}
_REASONS: dict[Kind, str] = {
    "view": "you viewed {}",
    "like": "you liked {}",
    "cart": "your bag has {}",
    "order": "you ordered {}",
}

# The same in a word or two, below a thumbnail.
BECAUSE: dict[Kind, str] = {"view": "viewed", "like": "liked", "cart": "in your bag", "order": "ordered"}


@dataclass(frozen=True)
class Source:
    """A product that a rail is based on, and why."""

    product: dict[str, Any]
    reason: str


@dataclass(frozen=True)
class RailItem:
    """A product of a rail, and why it is recommended."""

    product: dict[str, Any]
    reason: str


@dataclass(frozen=True)
class RailView:
    """A rail: its heading, products, sources, and the URL of a listing in the same order."""

    id: str
    title: str
    items: list[RailItem]
    sources: list[Source]  # those that the shopper can remove here
    url: str | None


def views(rails: list[Rail], links: Links) -> list[RailView]:
    """Return the rails of a page."""
    return [_view(rail, links) for rail in rails]


def recently_viewed(products: list[dict[str, Any]]) -> list[RailView]:
    """Return the rail of recently viewed products, or an empty list."""
    return [RailView("viewed", "Recently viewed", [RailItem(p, "") for p in products], [], None)] if products else []


def reason(interest: Interest, product: Mapping[str, Any]) -> str:
    """Return why the shopper is interested in a product: ``you viewed X``."""
    return _REASONS[interest.because].format(product["title"])


def inspired_by(interests: Mapping[str, Interest]) -> tuple[str, ...]:
    """Return interests as values of the parameter `inspired`, ``ID^weight`` each."""
    return tuple(write_anchor(i.product_id, float(f"{i.weight:.3g}")) for i in list(interests.values())[:_IN_ADDRESS])


def _view(rail: Rail, links: Links) -> RailView:
    if rail.kind == "goes_with":
        items = [RailItem(i.product, f"Goes with {rail.sources[i.because]['title']}") for i in rail.items]
        return RailView(rail.kind, _TITLES[rail.kind], items, [], None)
    reasons = {i: reason(rail.interests[i], product) for i, product in rail.sources.items()}
    items = [RailItem(i.product, f"Because {reasons[i.because]}") for i in rail.items]
    sources = [Source(product, reasons[i]) for i, product in rail.sources.items()][:_NAMED]
    url = links.listing(inspired=inspired_by(rail.interests), sort=None)
    return RailView(rail.kind, _TITLES[rail.kind], items, sources, url)
