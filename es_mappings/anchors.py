"""Anchors: what a listing is sorted by. They become one or more query points that products are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from es_mappings.layout import Layout, Vector, unit

Mode = Literal["blend", "every", "any", "auto"]

MAX_ANCHORS = 50

# A dislike takes this share of what a like of the same weight gives (Rocchio's gamma against beta; Manning, Raghavan
# and Schütze, Introduction to Information Retrieval, 9.1.1, suggest 0.15 to 0.75).
DISLIKE_SHARE = 0.25

# In mode `auto`, likes whose mean cosine (weighted over the aspects) is below this belong to different tastes: their
# average would resemble nothing. On 2,400 rendered products, 90% of the pairs of two kinds lie below it, 77% of those
# of one kind above, and 97% of the pairs that a golden set calls alike.
TASTE_COSINE = 0.1


@dataclass(frozen=True)
class Anchor:
    """A product that a listing is sorted by: liked (weight above 0) or disliked (below 0)."""

    id: str
    vector: Vector
    weight: float = 1.0


@dataclass(frozen=True)
class QueryPoints:
    """The points that products are compared with, how much each aspect counts, and which of several points decides.

    Attributes
    ----------
    vectors : tuple of ndarray, shape (layout.dims,)
        Each with every aspect a unit vector, or zeros where no anchor has it.
    join : {"max", "min"}
        A product's similarity is that to the most (``max``) or the least similar point (``min``).
    weights : mapping of str to float
        Aspect to its weight.
    """

    vectors: tuple[Vector, ...]
    join: Literal["max", "min"]
    weights: Mapping[str, float]
    layout: Layout

    @cached_property
    def weighed(self) -> tuple[Vector, ...]:
        """The points with each aspect scaled to its share of the weights: a dot product with a product is a cosine."""
        return tuple(self.layout.weigh(vector, self.weights) for vector in self.vectors)

    def deciding(self, product: Vector) -> Vector:
        """Return the weighed point that decides how similar a product is."""
        choose = max if self.join == "max" else min
        return choose(self.weighed, key=lambda point: float(point @ product))

    def similarity(self, product: Vector) -> float:
        """Compare a product as the similarity script does: 0 opposite, 0.5 unrelated, 1 the same."""
        return max(0.0, (1 + float(self.deciding(product) @ product)) / 2)


def query_points(anchors: Sequence[Anchor], mode: Mode, weights: Mapping[str, float], layout: Layout) -> QueryPoints:
    """Return the query points of anchors.

    Parameters
    ----------
    anchors : sequence of Anchor
        At most `MAX_ANCHORS`, one of them liked. Dislikes push every point away from themselves.
    mode : {"blend", "every", "any", "auto"}
        ``blend``: one point, the weighted mean. ``every``: the least similar like counts (features of all of them).
        ``any``: the most similar like counts. ``auto``: likes that agree are blended; where they fall into tastes of
        their own, the most similar taste counts.

    Raises
    ------
    ValueError
        Nothing is liked, or there are too many anchors.
    """
    likes = [a for a in anchors if a.weight > 0]
    dislikes = [a for a in anchors if a.weight < 0]
    if not likes:
        raise ValueError("at least one anchor must be liked (weight above 0)")
    if len(anchors) > MAX_ANCHORS:
        raise ValueError(f"{len(anchors)} anchors are more than {MAX_ANCHORS}")
    groups: list[list[Anchor]] = {
        "blend": lambda: [likes],
        "every": lambda: [[like] for like in likes],
        "any": lambda: [[like] for like in likes],
        "auto": lambda: tastes(likes, weights, layout),
    }[mode]()
    vectors = tuple(blend([*group, *dislikes], layout) for group in groups)
    return QueryPoints(vectors, "min" if mode == "every" else "max", weights, layout)


def blend(anchors: Sequence[Anchor], layout: Layout) -> Vector:
    """Blend anchors into one point, aspect by aspect, as Rocchio's formula does.

    Likes are averaged by weight; the average of the dislikes, times `DISLIKE_SHARE`, is subtracted. An anchor that
    lacks an aspect doesn't count in it.
    """
    parts = {}
    for aspect in layout.aspects:
        likes = _mean([(a.vector[aspect.part], a.weight) for a in anchors if a.weight > 0], aspect.dims)
        dislikes = _mean([(a.vector[aspect.part], -a.weight) for a in anchors if a.weight < 0], aspect.dims)
        parts[aspect.name] = unit(likes) - np.float32(DISLIKE_SHARE) * unit(dislikes)
    return layout.compose(parts)


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


def tastes(likes: Sequence[Anchor], weights: Mapping[str, float], layout: Layout) -> list[list[Anchor]]:
    """Group likes by taste: average-linkage clusters whose mean cosine is at least `TASTE_COSINE`."""
    if len(likes) == 1:
        return [list(likes)]
    vectors = np.stack([layout.compose({a.name: like.vector[a.part] for a in layout.aspects}) for like in likes])
    weighed = np.stack([layout.weigh(vector, weights) for vector in vectors])
    distances = 1 - np.clip((weighed @ vectors.T + vectors @ weighed.T) / 2, -1, 1)
    upper = distances[np.triu_indices(len(likes), 1)]
    labels = fcluster(linkage(upper, "average"), 1 - TASTE_COSINE, "distance")
    return [[like for like, own in zip(likes, labels, strict=True) if own == label] for label in sorted(set(labels))]


def _mean(vectors: Sequence[tuple[Vector, float]], dims: int) -> Vector:
    """Average by weight, of those that are not zero (a zero part is an aspect the anchor lacks)."""
    present = [(v, w) for v, w in vectors if np.any(v)]
    if not present:
        return np.zeros(dims, np.float32)
    return np.asarray(np.average([v for v, _ in present], axis=0, weights=[w for _, w in present]), np.float32)
