"""Anchors: what a listing is sorted by. They become one or more query points that products are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from es_mappings.layout import Layout, Vector, unit

Mode = Literal["blend", "every", "any", "auto"]

MAX_ANCHORS = 50

# A dislike takes this share of what a like of the same weight gives (Rocchio's gamma against beta; Manning, Raghavan
# and Schütze, Introduction to Information Retrieval, 9.1.1, suggest 0.15 to 0.75).
DISLIKE_SHARE = 0.25

# How far words of weight 1 turn a query point: by the arc tangent of this, in each aspect. For 60 rendered dresses and
# 18 changes ("longer", "in denim"), of the first ten products at 0, 0.5, 1, 1.5, 3, the change has 9, 18, 30, 38, 39%,
# and they share 33, 32, 30, 26, 16% of the like's other attributes.
TEXT_TURN = 1.0

# In mode `auto`, likes whose mean cosine (weighted over the aspects) is below this belong to different tastes: their
# average would resemble nothing. On 2,400 rendered products, 90% of the pairs of two kinds lie below it, 77% of those
# of one kind above, and 97% of the pairs that a golden set calls alike.
TASTE_COSINE = 0.1


@dataclass(frozen=True)
class Anchor:
    """What a listing is sorted by.

    Attributes
    ----------
    weight : float
        How much it counts among several: above 0 if it is liked, below 0 if disliked.
    aspect_weights : mapping of str to float, optional
        How much each aspect counts in the similarity to it, where that differs from other anchors.
    department : str
        Its top category; empty where it has none.
    is_text : bool
        Whether it is a text query. Likes come first: words only turn their query points (`toward`).
    """

    id: str
    vector: Vector
    weight: float = 1.0
    aspect_weights: Mapping[str, float] | None = None
    department: str = ""
    is_text: bool = False


@dataclass(frozen=True)
class QueryPoints:
    """The points that products are compared with, how much each aspect counts, and which of several points decides.

    Points compete by cosine plus offset. A point in a dense neighbourhood, among hundreds of dresses, is similar to
    more products than one among few; offsets make up for it, so that each like has its place on a page
    (`neighbour_offsets`).

    Attributes
    ----------
    vectors : tuple of ndarray, shape (layout.dims,)
        Each with every aspect a unit vector, or zeros where no anchor has it.
    join : {"max", "min"}
        A product's similarity is that to the most (``max``) or the least similar point (``min``).
    weights : tuple of mapping of str to float
        For each point: aspect to its weight.
    like_shares : tuple of float
        For each point: the share of the likes, by their weights, that it stands for.
    offsets : tuple of float
        For each point: what is added to its cosine, 0 or less; empty for no offsets.
    """

    vectors: tuple[Vector, ...]
    join: Literal["max", "min"]
    weights: tuple[Mapping[str, float], ...]
    layout: Layout
    like_shares: tuple[float, ...] = (1.0,)
    offsets: tuple[float, ...] = ()

    @cached_property
    def weighed(self) -> tuple[Vector, ...]:
        """The points with each aspect scaled to its share of the weights: a dot product with a product is a cosine."""
        return tuple(self.layout.weigh(v, weights) for v, weights in zip(self.vectors, self.weights, strict=True))

    @property
    def each_offset(self) -> tuple[float, ...]:
        """The offset of each point, 0 without any."""
        return self.offsets or (0.0,) * len(self.vectors)

    def weigh(self, anchor: Anchor) -> Vector:
        """Scale an anchor's aspects as the points' are: those with its own weights, where anchors have some."""
        return self.layout.weigh(anchor.vector, anchor.aspect_weights or self.weights[0])

    def deciding(self, product: Vector) -> Vector:
        """Return the weighed point that decides how similar a product is."""
        choose = max if self.join == "max" else min
        competing = zip(self.weighed, self.each_offset, strict=True)
        return choose(competing, key=lambda pair: float(pair[0] @ product) + pair[1])[0]

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
        their own, the most similar taste counts. Words turn each point; without likes, they are the point.
    weights : mapping of str to float
        How much each aspect counts, for anchors without aspect weights of their own.

    Raises
    ------
    ValueError
        Nothing is liked, or there are too many anchors.
    """
    texts = [a for a in anchors if a.is_text]
    likes = [a for a in anchors if a.weight > 0 and not a.is_text] or texts
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
    if likes is not texts:
        vectors = tuple(toward(vector, texts, layout) for vector in vectors)
    of_points = tuple(mean_weights(group, weights) for group in groups)
    total = sum(like.weight for like in likes)
    shares = tuple(sum(like.weight for like in group) / total for group in groups)
    return QueryPoints(vectors, "min" if mode == "every" else "max", of_points, layout, shares)


def neighbour_offsets(cosines: Sequence[float]) -> tuple[float, ...]:
    """Return the offsets by which points are equally near to their neighbours.

    Each point's similarities are measured from that to its k-th neighbour, as local scaling and CSLS do (Conneau and
    others, Word Translation Without Parallel Data, 2018, 2.3). With k its share of a page, as many products of each
    point come before all others as it has a share.

    Parameters
    ----------
    cosines : sequence of float
        Each point's cosine with its k-th neighbour.
    """
    return tuple(min(cosines) - cosine for cosine in cosines)


def mean_weights(likes: Sequence[Anchor], weights: Mapping[str, float]) -> Mapping[str, float]:
    """Return the mean of the likes' aspect weights, by how much each like counts; all summing to 1 if they differ.

    Parameters
    ----------
    weights : mapping of str to float
        Those of likes without aspect weights of their own.
    """
    of_likes = [like.aspect_weights or weights for like in likes]
    if all(own == of_likes[0] for own in of_likes):
        return of_likes[0]
    total, mean = sum(like.weight for like in likes), dict.fromkeys(weights, 0.0)
    for like, own in zip(likes, of_likes, strict=True):
        for aspect, weight in own.items():
            mean[aspect] = mean.get(aspect, 0.0) + like.weight / total * weight / sum(own.values())
    return mean


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


def toward(point: Vector, texts: Sequence[Anchor], layout: Layout) -> Vector:
    """Turn a query point toward words, aspect by aspect: "like this, but longer".

    Words say what the likes say, too: that it is a dress. Only what they add counts: the part of their vector that is
    orthogonal to the point, times `TEXT_TURN` and their weight. An aspect that the point lacks is the words'.
    """
    parts = {aspect.name: unit(point[aspect.part]) for aspect in layout.aspects}
    for text in texts:
        for aspect in layout.aspects:
            own, said = parts[aspect.name], unit(text.vector[aspect.part])
            if own.any():
                parts[aspect.name] = own + np.float32(TEXT_TURN * text.weight) * unit(said - (said @ own) * own)
            else:
                parts[aspect.name] = said
    return layout.compose(parts)


def tastes(likes: Sequence[Anchor], weights: Mapping[str, float], layout: Layout) -> list[list[Anchor]]:
    """Group likes by taste: average-linkage clusters whose mean cosine is at least `TASTE_COSINE`.

    Likes of different departments are as unlike as can be: a laptop may look like a TV, and is no reason to see TVs.
    """
    if len(likes) == 1:
        return [list(likes)]
    from scipy.cluster.hierarchy import fcluster, linkage

    vectors = np.stack([layout.compose({a.name: like.vector[a.part] for a in layout.aspects}) for like in likes])
    of_likes = [like.aspect_weights or weights for like in likes]
    weighed = np.stack([layout.weigh(vector, own) for vector, own in zip(vectors, of_likes, strict=True)])
    distances = 1 - np.clip((weighed @ vectors.T + vectors @ weighed.T) / 2, -1, 1)
    departments = np.array([like.department for like in likes])
    known = departments != ""
    distances[(departments[:, None] != departments) & known[:, None] & known] = 2
    upper = distances[np.triu_indices(len(likes), 1)]
    labels = fcluster(linkage(upper, "average"), 1 - TASTE_COSINE, "distance")
    return [[like for like, own in zip(likes, labels, strict=True) if own == label] for label in sorted(set(labels))]


def _mean(vectors: Sequence[tuple[Vector, float]], dims: int) -> Vector:
    """Average by weight, of those that are not zero (a zero part is an aspect the anchor lacks)."""
    present = [(v, w) for v, w in vectors if np.any(v)]
    if not present:
        return np.zeros(dims, np.float32)
    return np.asarray(np.average([v for v, _ in present], axis=0, weights=[w for _, w in present]), np.float32)
