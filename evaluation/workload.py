"""The benchmark's requests, and their exact answers by brute force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from es_mappings.anchors import Anchor, Mode, query_points
from es_mappings.layout import Layout, Vector
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from evaluation.clustered import Catalogue, category, product_id

PAGE = 24  # products on a page, and so the k of recall@k
MODES: tuple[Mode, ...] = ("blend", "any", "every", "auto")

_TIE = 1e-5  # similarities this close are ties: float32 sums depend on the order of addition


@dataclass(frozen=True)
class Task:
    """One request: the share of the products that match, and the anchors they are sorted by.

    Attributes
    ----------
    within : str
        The department or kind whose products match, instead of a share: they lie together in the index.
    offsets : tuple of float
        Of the query points, as the search found them (`es_mappings.anchors.QueryPoints`); empty for none.
    """

    share: float
    numbers: tuple[int, ...]
    anchors: tuple[Anchor, ...]
    mode: Mode
    weights: Mapping[str, float]
    offsets: tuple[float, ...] = ()
    within: str = ""

    @property
    def category(self) -> str:
        """The category whose products match."""
        return self.within or category(self.share)


def presets(layout: Layout = LAYOUT) -> dict[str, dict[str, float]]:
    """Return aspect weights by name: the default, all equal, and each aspect alone."""
    single = {f"{name} only": {name: 1.0} for name in layout.names}
    return {"default": dict(DEFAULT_WEIGHTS), "all equal": dict.fromkeys(layout.names, 1.0), **single}


def tasks(
    catalogue: Catalogue,
    share: float,
    count: int,
    *,
    mode: Mode = "blend",
    anchors: int = 1,
    weights: Sequence[Mapping[str, float]] = (),
    within: str = "",
    seed: int = 11,
) -> list[Task]:
    """Draw requests from a seed, with random anchors and the weights in turn.

    Parameters
    ----------
    share : float
        Share of all products that match, 0 to 1.
    count : int
        Number of requests.
    anchors : int
        Likes of each request.
    weights : sequence of mapping, optional
        Aspect weights, by default those of `presets`.
    within : str, optional
        A department or kind whose products match, instead of the share.
    """
    random = np.random.default_rng(seed)
    settings = list(weights) or list(presets().values())
    drawn = []
    for turn in range(count):
        numbers = tuple(int(n) for n in random.choice(len(catalogue), anchors, replace=False))
        likes = tuple(Anchor(product_id(n), catalogue.vectors[n]) for n in numbers)
        drawn.append(Task(share, numbers, likes, mode, settings[turn % len(settings)], within=within))
    return drawn


def points(task: Task, layout: Layout = LAYOUT) -> tuple[NDArray[np.float32], bool]:
    """Return a task's weighted query points, shape (points, layout.dims), and whether the farthest one counts."""
    compared = query_points(task.anchors, task.mode, task.weights, layout)
    return np.stack(compared.weighed), compared.join == "min"


def similarities(catalogue: Catalogue, task: Task, layout: Layout = LAYOUT) -> Vector:
    """Return every product's similarity to a task by brute force; minus infinity if it doesn't match."""
    weighed, farthest = points(task, layout)
    products = catalogue.vectors @ weighed.T + np.asarray(task.offsets or 0.0, np.float32)
    values: Vector = products.min(axis=1) if farthest else products.max(axis=1)
    values[~catalogue.selected(task.share, task.within)] = -np.inf
    values[list(task.numbers)] = -np.inf  # an anchor is not in its own result
    return values


def recall(values: Vector, answer: Sequence[int], k: int = PAGE) -> float:
    """Compute recall@k: the share of the k best products, ties included, among the first k of the answer.

    Parameters
    ----------
    values : ndarray, shape (products,)
        Similarity of each product; minus infinity if it doesn't match.
    answer : sequence of int
        Product numbers in the order of the answer.
    """
    relevant = min(k, int(np.isfinite(values).sum()))
    if relevant == 0:
        return 1.0
    least = np.partition(values, -relevant)[-relevant] - _TIE
    hits = {number for number in answer[:k] if values[number] >= least}
    return min(1.0, len(hits) / relevant)
