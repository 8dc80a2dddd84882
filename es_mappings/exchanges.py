"""Exchanges of a part of what anchors are: "this, in red", "this, with long sleeves"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from es_mappings.anchors import Anchor
from es_mappings.layout import Layout, Vector, unit


def with_part(anchors: Sequence[Anchor], aspect: str, part: Vector, layout: Layout) -> list[Anchor]:
    """Replace the anchors' part of one aspect, e.g. by the color part of red: "this, in red".

    Likes get the new part; dislikes no longer count in the aspect.
    """
    place = next(a.part for a in layout.aspects if a.name == aspect)

    def changed(anchor: Anchor) -> Anchor:
        vector = anchor.vector.copy()
        vector[place] = part if anchor.weight > 0 else 0
        return replace(anchor, vector=vector)

    return [changed(anchor) for anchor in anchors]


def moved(anchor: Anchor, difference: Vector, layout: Layout) -> Anchor:
    """Move an anchor by a difference of compound vectors, aspect by aspect; aspects that it lacks stay zeros."""
    parts = {a.name: unit(anchor.vector[a.part]) for a in layout.aspects}
    parts = {a.name: parts[a.name] + difference[a.part] for a in layout.aspects if parts[a.name].any()}
    return replace(anchor, vector=layout.compose(parts))
