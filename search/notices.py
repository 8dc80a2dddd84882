"""What a listing says of itself: that something is missing, or isn't what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Code = Literal[
    "product_gone",
    "product_unprocessed",
    "photo_expired",
    "photo_unlike",
    "no_such_category",
    "no_such_value",
    "no_like",
    "one_currency",
    "no_facets",
    "incomplete",
    "no_close_match",
    "no_words",
    "words_as_keywords",
]


def marked(text: str) -> str:
    """Return a text as it is: marks it for translation where it is written, apart from where it is shown (gettext)."""
    return text


TEXTS: Mapping[Code, str] = {
    "product_gone": marked("There is no product '%(product)s'."),
    "product_unprocessed": marked("'%(title)s' hasn't been processed yet, so nothing can be sorted by it."),
    "photo_expired": marked(
        "Your photograph has expired: only its look was stored, for a while. Upload it again to continue."
    ),
    "photo_unlike": marked("Nothing here is quite like your photograph. These products come closest."),
    "no_such_category": marked("There is no category “%(category)s”."),
    "no_such_value": marked("No product here has %(name)s: %(value)s."),
    "no_like": marked("There is no like to compare products with, so they are sorted by relevance."),
    "one_currency": marked("Only prices in %(currency)s are compared; choose a currency to see others."),
    "no_facets": marked("Filters can't be shown right now."),
    "incomplete": marked("Some products are missing from this list right now."),
    "no_close_match": marked("There are no close matches: nothing here is as similar as you asked for."),
    "no_words": marked("Searching pictures for “%(words)s” isn't possible right now."),
    "words_as_keywords": marked(
        "Searching pictures for “%(words)s” isn't possible right now. These products have some of the words."
    ),
}
"""In English; `webapp.storefront` translates them."""


@dataclass(frozen=True)
class Notice:
    """One notice; as text, it is in English.

    Attributes
    ----------
    values : dict
        What fills the blanks of its text, by name.
    """

    code: Code
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the notice in English."""
        return TEXTS[self.code] % self.values
