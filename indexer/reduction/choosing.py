"""Fit a learned projection: which labels it learns, and how much they count, is decided by what it wasn't shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as every

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Vector
from indexer.reduction.base import unit_rows
from indexer.reduction.discriminants import UNKNOWN, Column, Discriminant, entropy, fit_discriminants
from indexer.reduction.labels import CATEGORY, LEAST, finest_category, label_columns
from indexer.reduction.learned import Head, Learned, agreement, beside
from indexer.reduction.linear import Linear, fit_pca
from indexer.vectorizers.base import ProductFields

SHARES = (0.4, 0.5, 0.6, 0.7, 0.8)  # of the PCA, that are tried; less would leave the order in a category to chance
_JUDGED = 400  # products among which an order is judged: of many more, the first ten are easily right
_FITTED = 4_000  # products that tests are fitted on
_FEWEST = 50  # products that a learned projection needs
_GAIN = 0.005  # NDCG that it has to add to a PCA's to be worth having
_TELLS = 0.99  # of the loss of who doesn't see the picture: a label that the picture tells more of is learned

Measure = Callable[[Vector], float]
"""From the vectors of all products, shape ``(n, dims)``, to how good an order they give, 0 to 1."""


@dataclass(frozen=True)
class _Trial:
    """Something to judge mixes by: vectors of both parts of some products, and what to measure with them."""

    told: Callable[[bool], Vector]  # linear or not -> what labels say
    rest: Vector
    measure: Measure
    weight: float = 1.0

    def score(self, linear: bool, share: float) -> float:
        return self.measure(unit_rows(beside(self.told(linear), self.rest, share)))

    @property
    def without(self) -> float:
        return self.measure(self.rest)


def fit_learned(
    activations: Vector, products: Sequence[ProductFields], dims: int, *, measure: Measure | None = None
) -> Learned | Linear:
    """Fit a learned projection on the catalogue's own labels, or a PCA where that is no better.

    Every label that a picture tells anything of beyond the product's category gets a discriminant. What they say
    stands beside a PCA. How much each counts is the mix that orders best, on average over two tests: products left out
    of the fit, by their labels; and products of categories that are left out of it, as new ones will be.

    Parameters
    ----------
    activations : ndarray, shape (n, raw_dims)
    products : sequence of ProductFields
        The product of each activation.
    dims : int
        Dimensions that may come out. Labels get half of them at most.
    measure : callable, optional
        Judges the mix instead, such as by a golden set.

    Returns
    -------
    Learned or Linear
        Its ``why`` says what was chosen and why.
    """
    # Shuffled, always alike: the first rows are a random sample.
    order = np.random.default_rng(0).permutation(len(activations))
    rows = unit_rows(activations)[order]
    columns = label_columns([products[place] for place in order])
    if len(rows) < _FEWEST or not columns:
        why = f"labels are too few: {len(rows):,} products, {len(columns)} labels of which two values have {LEAST}"
        return replace(fit_pca(activations, dims), why=f"PCA: {why}")
    discriminants, columns = _telling(fit_discriminants(rows, columns), columns)
    if not discriminants:
        return replace(fit_pca(activations, dims), why="PCA: the pictures tell nothing of any label")
    rest = fit_pca(rows, dims)
    tests = _tests(rows, columns, discriminants, unit_rows(rest(rows)), measure)
    weights = [t.weight for t in tests.values()]
    without = float(np.average([t.without for t in tests.values()], weights=weights))
    scored = {
        mix: float(np.average([t.score(*mix) for t in tests.values()], weights=weights))
        for mix in every((False, True), SHARES)
    }
    linear, share = max(scored, key=lambda mix: scored[mix])
    figures = ", ".join(f"{name} {t.without:.3f} to {t.score(linear, share):.3f}" for name, t in tests.items())
    if scored[linear, share] < without + _GAIN:
        return replace(fit_pca(activations, dims), why=f"PCA: learning adds too little (NDCG@10: {figures})")
    told = f"{'linear' if linear else 'class probabilities'}, {share:.0%} PCA"
    return _assemble(discriminants, rest, dims, linear, share, f"{told} (NDCG@10 by cross-validation: {figures})")


def _telling(fitted: list[Discriminant], columns: Mapping[str, Column]) -> tuple[list[Discriminant], dict[str, Column]]:
    """Keep the labels of which a picture tells something that the category doesn't."""
    category = finest_category(columns)
    kept = []
    for one in fitted:
        column = columns[one.name]
        blind = category is None or one.name.startswith(CATEGORY)
        within = np.zeros_like(column) if blind or category is None else category
        if one.loss < _TELLS * entropy(column, within):
            kept.append(one)
    return kept, {one.name: columns[one.name] for one in kept}


def _tests(
    rows: Vector, columns: Mapping[str, Column], fitted: Sequence[Discriminant], rest: Vector, measure: Measure | None
) -> dict[str, _Trial]:
    if measure:
        return {"golden set": _Trial(_told(fitted, slice(None)), rest, measure)}
    some = slice(_JUDGED)
    gains = shared_labels(columns, some)
    # Twice the weight: most products are of categories that were there when the space was fitted.
    tests = {"labels learned": _Trial(_told(fitted, some), rest[some], _by_gains(gains), weight=2)}
    unseen = _unseen(rows[:_FITTED], {n: c[:_FITTED] for n, c in columns.items()}, rest)
    return {**tests, "labels not learned": unseen} if unseen else tests


def _told(fitted: Sequence[Discriminant], some: slice) -> Callable[[bool], Vector]:
    heads, scores = [Head.of(d) for d in fitted], np.hstack([d.held_out[some] for d in fitted])
    return lambda linear: agreement(scores, heads, linear=linear)


def _unseen(rows: Vector, columns: Mapping[str, Column], rest: Vector) -> _Trial | None:
    """Leave out each half of the categories in turn, and order the products of those left out."""
    category = finest_category(columns)
    if category is None:
        return None
    classes, counts = np.unique(category[category != UNKNOWN], return_counts=True)
    by_size = classes[np.argsort(-counts, kind="stable")]
    if len(by_size) < 4:
        return None
    halves = [_leave_out(rows, columns, np.flatnonzero(np.isin(category, by_size[half::2]))) for half in (0, 1)]
    places = [where[:_JUDGED] for where, _ in halves]

    def told(linear: bool) -> Vector:
        parts = [told(linear) for _, told in halves]
        width = max(part.shape[1] for part in parts)
        return np.vstack([np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in parts])

    def measure(vectors: Vector) -> float:
        split = len(places[0])
        ends = ((vectors[:split], places[0]), (vectors[split:], places[1]))
        return float(np.mean([_by_gains(shared_labels({"": category}, where))(part) for part, where in ends]))

    return _Trial(told, np.vstack([rest[where] for where in places]), measure)


def _leave_out(
    rows: Vector, columns: Mapping[str, Column], places: NDArray[np.intp]
) -> tuple[NDArray[np.intp], Callable[[bool], Vector]]:
    """Fit without some products, and apply it to them."""
    learned = np.setdiff1d(np.arange(len(rows)), places)
    left = {name: column[learned] for name, column in columns.items() if len(np.unique(column[learned])) > 1}
    fitted = fit_discriminants(rows[learned], left) if left else []
    heads = [Head.of(d) for d in fitted]
    own = rows[places[:_JUDGED]]
    scores = np.hstack([own @ d.weight + d.bias for d in fitted]) if fitted else np.zeros((len(own), 1), np.float32)
    return places, lambda linear: agreement(scores, heads, linear=linear) if heads else scores


def shared_labels(columns: Mapping[str, Column], some: slice | NDArray[np.intp]) -> Vector:
    """Give the share of each product's known labels that each other product has too: shape ``(n, n)``."""
    agreeing, known = 0.0, 0.0
    for column in columns.values():
        own = column[some]
        has = own != UNKNOWN
        agreeing = agreeing + ((own[:, None] == own[None]) & has[:, None])
        known = known + has[:, None]
    shares = np.asarray(agreeing / np.maximum(known, 1), np.float32)
    np.fill_diagonal(shares, 0)
    return shares


def by_labels(products: Sequence[ProductFields]) -> Measure | None:
    """Measure vectors by how many labels of each product those beside it share; None where they have no labels."""
    columns, some = label_columns(products), slice(_JUDGED)
    if not columns:
        return None
    gains = shared_labels(columns, some)
    return lambda vectors: _by_gains(gains)(vectors[some])


def _by_gains(gains: Vector) -> Measure:
    from sklearn.metrics import ndcg_score

    findable = gains.max(axis=1) > 0

    def measure(vectors: Vector) -> float:
        cosines = vectors @ vectors.T
        np.fill_diagonal(cosines, -2)  # a product is not in its own results
        return float(ndcg_score(gains[findable], cosines[findable], k=10, ignore_ties=True)) if findable.any() else 0.0

    return measure


def _assemble(fitted: Sequence[Discriminant], rest: Linear, dims: int, linear: bool, share: float, why: str) -> Learned:
    heads = tuple(Head.of(d) for d in fitted)
    told = agreement(np.hstack([d.held_out for d in fitted]), heads, linear=linear)
    directions = None
    if told.shape[1] > dims // 2:
        found = np.linalg.svd(told.T @ told)[2][: dims // 2]
        signs = np.sign(found[np.arange(len(found)), np.abs(found).argmax(axis=1)])
        directions = np.ascontiguousarray(found * signs[:, None], np.float32)
    learned = Learned(
        rest,
        share,
        heads,
        np.ascontiguousarray(np.hstack([d.weight for d in fitted]), np.float32),
        np.ascontiguousarray(np.hstack([d.bias for d in fitted]), np.float32),
        linear,
        directions,
        why,
    )
    return learned.truncated(dims)
