"""What is recorded of a query itself: nothing that could say who asks."""

from __future__ import annotations

import re

from search.listing import Listing
from search.parameters import SearchParameters

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_CARD_NUMBER = re.compile(r"\d(?:[ -]?\d){14,}")


def attributes_of(parameters: SearchParameters) -> dict[str, str | tuple[str, ...]]:
    """Return what a query is made of besides its words; nothing that could say who asks."""
    named: dict[str, str | tuple[str, ...]] = {
        "category": parameters.category,
        "filter": parameters.filter,
        "like": tuple(parameters.likes)[:50],
        "sort": parameters.sort or "",
        "text": without_secrets(parameters.text),
        "photo": "yes" if parameters.photo else "",
        "anchor": _only_anchor(parameters),
    }
    return {name: value for name, value in named.items() if value}


def _only_anchor(parameters: SearchParameters) -> str:
    """Return the product that a page is sorted by if it has nothing else that asks for products."""
    p = parameters
    others = p.q or p.category or p.text or p.photo or p.dislike or p.inspired
    return next(iter(p.likes)) if len(p.likes) == 1 and not others else ""


def is_instead(listing: Listing) -> bool:
    """Return whether nothing has all the words, and the page shows what has some of them, or is nearest in meaning."""
    return listing.search.is_partial or listing.search.fallback == "meaning"


def without_secrets(words: str) -> str:
    """Return words without e-mail addresses and card numbers, which people type into any field."""
    return _CARD_NUMBER.sub("[number]", _ADDRESS.sub("[address]", words))
