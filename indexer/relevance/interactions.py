"""What shoppers did with the products of their queries: counts by query, product and position, a day each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

Action = Literal["impression", "click", "like", "add_to_cart", "purchase"]
"""What is counted, under the names that User Behavior Insights gives it."""

ACTIONS: tuple[Action, ...] = ("impression", "click", "like", "add_to_cart", "purchase")


@dataclass(frozen=True)
class Interaction:
    """What was done with one product in one position of one query's pages, on one day (UTC).

    An action counts once for each shopper's query, however often it was repeated: a click on a product that was clicked
    before under the same query is no further click.

    Attributes
    ----------
    query : str
        The words as `query_text` writes them; empty for pages without words, such as a category's.
    position : int
        From 1; pages after the first go on counting. 0 where it isn't known, such as of a link that was shared.
    impressions : int
        How often the product was on a page in this position.
    carts, orders : int
        How often it was put into the bag, and ordered, by those who came to it from this position.
    like : str
        Id of the product that the pages were sorted by, if that was their only anchor; empty otherwise.
    """

    day: dt.date
    query: str
    product_id: str
    position: int
    impressions: int = 0
    clicks: int = 0
    likes: int = 0
    carts: int = 0
    orders: int = 0
    like: str = ""


def query_text(words: str) -> str:
    """Return words as queries are told apart by: in lower case, with single spaces."""
    return " ".join(words.lower().split())
