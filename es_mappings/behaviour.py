"""What a shopper does says what they like: implicit anchors, beside those that were liked outright. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from es_mappings.anchors import MAX_ANCHORS

Kind = Literal["view", "like", "cart", "order", "dislike", "forget"]

# How much each kind of event says, on the day it happens. An order says more than a product in the cart, which says
# more than a view (the order Hu, Koren and Volinsky give confidence in, Collaborative Filtering for Implicit Feedback
# Datasets, 2008); only the ratios matter.
STRENGTHS: dict[Kind, float] = {"view": 1.0, "like": 2.0, "cart": 3.0, "order": 5.0}

_LEAST = 0.01  # anchors below it move nothing


@dataclass(frozen=True)
class Event:
    """One thing a shopper did.

    Attributes
    ----------
    kind : {"view", "like", "cart", "order", "dislike", "forget"}
        ``dislike`` and ``forget`` undo what was done with the product before.
    at : float
        Seconds since the epoch.
    """

    kind: Kind
    product_id: str
    at: float


@dataclass(frozen=True)
class Interest:
    """A product somebody is interested in: how much, and the event that says so most."""

    product_id: str
    weight: float
    because: Kind


def interests(events: Iterable[Event], now: float, half_life: float, *, most: int = MAX_ANCHORS) -> dict[str, Interest]:
    """Weigh the products of a shopper's events.

    A product weighs what its strongest event does: ``strength * 0.5 ** (age / half_life)``. Looking at a product ten
    times doesn't make it an order.

    Parameters
    ----------
    events : iterable of Event
        In any order.
    now : float
        Seconds since the epoch.
    half_life : float
        Seconds after which an event counts half.
    most : int
        How many products are kept, the weightiest.

    Returns
    -------
    dict of str to Interest
        By product id, the weightiest first; of two that weigh the same, the one with the smaller id.
    """
    if half_life <= 0:
        raise ValueError("the half-life must be above 0")
    found: dict[str, Interest] = {}
    # Of what happened at the same moment, undoing counts last.
    for event in sorted(events, key=lambda e: (e.at, e.kind in {"dislike", "forget"})):
        if event.kind not in STRENGTHS:
            found.pop(event.product_id, None)
            continue
        weight = STRENGTHS[event.kind] * 0.5 ** (max(0.0, now - event.at) / half_life)
        before = found.get(event.product_id)
        if weight >= _LEAST and (before is None or weight >= before.weight):
            found[event.product_id] = Interest(event.product_id, weight, event.kind)
    ranked = sorted(found.values(), key=lambda i: (-i.weight, i.product_id))
    return {i.product_id: i for i in ranked[:most]}
