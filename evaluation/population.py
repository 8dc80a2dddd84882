"""A simulated population: products in known aspects, shoppers with known preferences who look at places unequally."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Layout
from indexer.clicks.grading import Counts
from indexer.relevance.golden import Grades

LAYOUT = Layout.of({"look": 8, "style": 8, "color": 8, "text": 8, "attributes": 8})
PAGE = 24  # products of a listing
_GROUPS, _SPREAD = 12, 0.45  # of an aspect: groups of products that are alike in it, and how unlike these are
_SHARES = {3: 0.02, 2: 0.06, 1: 0.15}  # of all products: of each grade for a topic, the most similar ones first

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Shoppers:
    """How shoppers behave.

    Attributes
    ----------
    weights : mapping of str to float
        How much each aspect counts for them.
    decay : float
        The place ``p`` is looked at with probability ``p ** -decay`` (Joachims, Swaminathan and Schnabel, "Unbiased
        learning-to-rank with biased feedback", WSDM 2017).
    clicks : tuple of float
        Probability of a click on the least and on the most similar product, if it is looked at.
    taste : float
        How far products attract apart from similarity: standard deviation of the logarithm of a factor of each.
    deeper : mapping of str to float
        Kind of action to the probability that it follows a click on the most attractive product; on another one it is
        the less likely the less that attracts.
    filtered : float
        Share of products that a shopper's filters leave out, so that one product has several places.
    """

    weights: Mapping[str, float]
    decay: float = 0.7
    clicks: tuple[float, float] = (0.01, 0.5)
    taste: float = 0.3
    deeper: Mapping[str, float] | None = None
    filtered: float = 0.5


class Population:
    """A shop of clustered products and its shoppers. The same seed makes the same ones.

    Parameters
    ----------
    products : int
        How many the shop has.
    """

    def __init__(self, shoppers: Shoppers, products: int = 1_000, seed: int = 7) -> None:
        self.shoppers, self._draw = shoppers, np.random.default_rng(seed)
        self.vectors = np.column_stack([_aspect(products, a.dims, self._draw) for a in LAYOUT.aspects])
        self._cosines = np.stack([self.vectors[:, a.part] @ self.vectors[:, a.part].T for a in LAYOUT.aspects], axis=-1)
        similar = self.similarities(shoppers.weights)
        factor = np.exp(self._draw.normal(0, shoppers.taste, products))
        low, high = shoppers.clicks
        # An S-shaped curve that the most similar tenth of the products climbs.
        middle, steep = np.quantile(similar, 0.95, axis=1, keepdims=True), 12.0
        self.attractiveness = np.clip((low + (high - low) / (1 + np.exp(-steep * (similar - middle)))) * factor, 0, 1)

    def similarities(self, weights: Mapping[str, float]) -> Floats:
        """Return the similarity of any two products under aspect weights, shape ``(products, products)``."""
        own = np.array([weights.get(name, 0.0) for name in LAYOUT.names])
        return np.asarray(self._cosines @ (own / own.sum()))

    def truth(self, anchors: Sequence[int]) -> Grades:
        """Grade all products for some anchors by how similar they are to the shoppers' eyes."""
        similar, grades = self.similarities(self.shoppers.weights), {}
        for anchor in anchors:
            order = np.argsort(-similar[anchor], kind="stable")
            own = np.zeros(len(order), np.int64)
            end = 1  # the anchor itself
            for grade, share in _SHARES.items():
                start, end = end, end + max(1, round(share * len(order)))
                own[order[start:end]] = grade
            grades[name(anchor)] = {name(int(p)): int(own[p]) for p in order if p != anchor}
        return grades

    def visits(self, anchors: Sequence[int], shown_by: Mapping[str, float], times: int) -> Counts:
        """Simulate listings of what is similar to anchors, each shown ``times`` times, and count what shoppers do."""
        similar = self.similarities(shown_by)
        rows = [(anchor, page_of(similar[anchor], self.available(anchor))) for anchor in anchors for _ in range(times)]
        pages = np.stack([page for _, page in rows])
        clicked = np.stack([self.clicked(anchor, page) for anchor, page in rows]).ravel()
        topics = np.repeat(np.repeat(np.asarray(anchors), times), PAGE)
        actions = {"clicks": clicked} | self.followed(topics, pages.ravel(), clicked)
        places = np.tile(np.arange(1, PAGE + 1), len(rows))
        return Counts(
            topics, pages.ravel(), places, np.ones(len(clicked)), {k: a.astype(np.float64) for k, a in actions.items()}
        )

    def available(self, anchor: int) -> NDArray[np.bool_]:
        """Draw which products a shopper's filters leave, without the one that is liked."""
        left = self._draw.random(len(self.vectors)) >= self.shoppers.filtered
        left[anchor] = False
        return left

    def clicked(self, anchor: int, page: Ints) -> NDArray[np.bool_]:
        """Draw which products of a page are clicked."""
        looked_at = np.arange(1, len(page) + 1) ** -self.shoppers.decay
        return np.asarray(self._draw.random(len(page)) < looked_at * self.attractiveness[anchor, page])

    def followed(self, topics: Ints, products: Ints, clicked: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
        """Draw which further actions follow the clicks on products, by kind."""
        wanted = self.attractiveness[topics, products] / self.shoppers.clicks[1]
        return {
            kind: clicked & (self._draw.random(clicked.shape) < np.minimum(probability * wanted, 1))
            for kind, probability in (self.shoppers.deeper or {}).items()
        }


def page_of(similar: Floats, available: NDArray[np.bool_]) -> Ints:
    """Return the first page of what is available, the most similar first."""
    return np.argsort(np.where(available, -similar, np.inf), kind="stable")[:PAGE]


def name(product: int) -> str:
    """Return a product's id."""
    return f"p{product}"


def _aspect(products: int, dims: int, draw: np.random.Generator) -> Floats:
    """Return unit vectors of one aspect, in groups, shape ``(products, dims)``."""
    centers = draw.normal(size=(_GROUPS, dims))
    centers /= np.linalg.norm(centers, axis=1, keepdims=True)
    vectors = centers[draw.integers(0, _GROUPS, products)] + draw.normal(0, _SPREAD, (products, dims))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
