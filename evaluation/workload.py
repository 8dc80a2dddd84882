"""What the benchmark asks for, and what the right answer is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from es_mappings.anchors import Anchor, Mode, query_points
from es_mappings.layout import Layout, Vector
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from evaluation.clustered import Catalogue, product_id

PAGE = 24  # products on a page, and so the k of recall@k
MODES: tuple[Mode, ...] = ("blend", "any", "every", "auto")

_TIE = 1e-5  # similarities this close are one place: float32 sums differ by the order they are added in


@dataclass(frozen=True)
class Task:
    """One request: the share of the products that match, and what they are sorted by."""

    share: float
    numbers: tuple[int, ...]
    anchors: tuple[Anchor, ...]
    mode: Mode
    weights: Mapping[str, float]


def presets(layout: Layout = LAYOUT) -> dict[str, dict[str, float]]:
    """Name settings of the weights: the default, all alike, and each aspect alone."""
    alone = {f"{name} only": {name: 1.0} for name in layout.names}
    return {"default": dict(DEFAULT_WEIGHTS), "all alike": dict.fromkeys(layout.names, 1.0), **alone}


def tasks(
    catalogue: Catalogue,
    share: float,
    count: int,
    *,
    mode: Mode = "blend",
    anchors: int = 1,
    weights: Sequence[Mapping[str, float]] = (),
    seed: int = 11,
) -> list[Task]:
    """Draw requests from a seed: random anchors, the weights in turn.

    Parameters
    ----------
    share : float
        Share of all products that match, 0 to 1.
    count : int
        Requests.
    anchors : int
        Likes of each request.
    weights : sequence of mapping, optional
        By default those of `presets`.
    """
    random = np.random.default_rng(seed)
    settings = list(weights) or list(presets().values())
    drawn = []
    for turn in range(count):
        numbers = tuple(int(n) for n in random.choice(len(catalogue), anchors, replace=False))
        likes = tuple(Anchor(product_id(n), catalogue.vectors[n]) for n in numbers)
        drawn.append(Task(share, numbers, likes, mode, settings[turn % len(settings)]))
    return drawn


def points(task: Task, layout: Layout = LAYOUT) -> tuple[NDArray[np.float32], bool]:
    """Return a task's weighed points, shape (points, layout.dims), and whether the farthest one counts."""
    compared = query_points(task.anchors, task.mode, task.weights, layout)
    return np.stack(compared.weighed), compared.join == "min"


def similarities(catalogue: Catalogue, task: Task, layout: Layout = LAYOUT) -> Vector:
    """Compare every product with a task by brute force; what doesn't match has minus infinity."""
    weighed, farthest = points(task, layout)
    each = catalogue.vectors @ weighed.T
    values: Vector = each.min(axis=1) if farthest else each.max(axis=1)
    values[~catalogue.selected(task.share)] = -np.inf
    values[list(task.numbers)] = -np.inf  # an anchor is not in its own result
    return values


def recall(values: Vector, found: Sequence[int], k: int = PAGE) -> float:
    """Compute recall@k: the share of the k best products, ties included, among the first k found.

    Parameters
    ----------
    values : ndarray, shape (products,)
        Similarity of each product; minus infinity where it doesn't match.
    found : sequence of int
        Product numbers in the order of the answer.
    """
    wanted = min(k, int(np.isfinite(values).sum()))
    if wanted == 0:
        return 1.0
    least = np.partition(values, -wanted)[-wanted] - _TIE
    hits = {number for number in found[:k] if values[number] >= least}
    return min(1.0, len(hits) / wanted)
