"""Why a product has its place: what each aspect and each anchor adds, and which attributes are shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from es_mappings.anchors import Anchor, QueryPoints
from es_mappings.attributes import attribute_pairs
from es_mappings.layout import Vector


def why(product: Vector, points: QueryPoints, anchors: Sequence[Anchor]) -> dict[str, dict[str, float]]:
    """Break a similarity down by aspect and by anchor.

    Parameters
    ----------
    product : ndarray, shape (layout.dims,)
        The product's compound vector.
    points : QueryPoints
        What the product was compared with; of several points, the deciding one is broken down.

    Returns
    -------
    dict
        ``aspects``: aspect to what it adds, ``weight * cosine`` (weights summing to 1; half of their sum, plus a half,
        is the similarity). ``anchors``: anchor to the product's similarity to it alone, 0 to 1.
    """
    layout, decided = points.layout, points.deciding(product)
    aspects = {a.name: round(float(decided[a.part] @ product[a.part]), 4) for a in layout.aspects}
    alone = {a.id: round((1 + float(points.weigh(a) @ product)) / 2, 4) for a in anchors}
    return {"aspects": aspects, "anchors": alone}


def shared_attributes(product: Mapping[str, Any], liked: Sequence[Mapping[str, Any]]) -> list[str]:
    """List the attribute values, ``name:value``, that a product has in common with any of the liked ones."""
    theirs = {pair for other in liked for pair in attribute_pairs(other.get("attributes") or {})}
    return [pair for pair in attribute_pairs(product.get("attributes") or {}) if pair in theirs]
