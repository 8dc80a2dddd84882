"""Implicit anchors: what a shopper views, puts in the bag or orders says what they like. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from es_mappings.anchors import MAX_ANCHORS

Kind = Literal["view", "like", "cart", "order", "dislike", "forget"]

# How much each kind of event counts on the day it happens. An order says more than a product in the cart, which says
# more than a view (the ranking Hu, Koren and Volinsky give confidence in, Collaborative Filtering for Implicit Feedback
# Datasets, 2008); only the ratios matter.
STRENGTHS: dict[Kind, float] = {"view": 1.0, "like": 2.0, "cart": 3.0, "order": 5.0}

_LEAST = 0.01  # anchors of less weight change no order


@dataclass(frozen=True)
class Event:
    """One thing a shopper did.

    Attributes
    ----------
    kind : {"view", "like", "cart", "order", "dislike", "forget"}
        ``dislike`` and ``forget`` cancel the product's earlier events.
    at : float
        Seconds since the epoch.
    """

    kind: Kind
    product_id: str
    at: float


@dataclass(frozen=True)
class Interest:
    """A product that somebody is interested in: how much, and its strongest event."""

    product_id: str
    weight: float
    because: Kind


def interests(events: Iterable[Event], now: float, half_life: float, *, most: int = MAX_ANCHORS) -> dict[str, Interest]:
    """Weigh the products of a shopper's events.

    A product has the weight of its strongest event, ``strength * 0.5 ** (age / half_life)``: ten views don't make an
    order.

    Parameters
    ----------
    events : iterable of Event
        In any order.
    now : float
        Seconds since the epoch.
    half_life : float
        Seconds after which an event counts half.
    most : int
        How many products to return, those of the greatest weight.

    Returns
    -------
    dict of str to Interest
        By product id, in descending order of weight; ties in the order of the ids.
    """
    if half_life <= 0:
        raise ValueError("the half-life must be above 0")
    strongest: dict[str, Interest] = {}
    # Of events at the same moment, those that cancel others come last.
    for event in sorted(events, key=lambda e: (e.at, e.kind in {"dislike", "forget"})):
        if event.kind not in STRENGTHS:
            strongest.pop(event.product_id, None)
            continue
        weight = STRENGTHS[event.kind] * 0.5 ** (max(0.0, now - event.at) / half_life)
        before = strongest.get(event.product_id)
        if weight >= _LEAST and (before is None or weight >= before.weight):
            strongest[event.product_id] = Interest(event.product_id, weight, event.kind)
    ranked = sorted(strongest.values(), key=lambda i: (-i.weight, i.product_id))
    return {i.product_id: i for i in ranked[:most]}
