"""Tests of a mix of labels and the rest: on held-out products, held-out categories and held-out labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.discriminants import UNKNOWN, Column, Discriminant, fit_discriminants
from indexer.spaces.reduction.labels import CATEGORY, broadest_category, finest_category
from indexer.spaces.reduction.learned import Head, join, label_vectors
from indexer.spaces.reduction.measuring import JUDGED, Measure, by_gains, shared_labels

_FITTED = 4_000  # products that tests are fitted on
_SLACK = 0.002  # NDCG that a held-out label may lose by chance


@dataclass(frozen=True)
class Parts:
    """The two parts of a learned projection, for the products that it was fitted on.

    Attributes
    ----------
    rows : ndarray, shape (n, raw_dims)
    columns : dict
        The labels that are learned.
    fitted : list of Discriminant
        One per label.
    rest : ndarray, shape (n, dims)
        What labels don't name.
    pca : ndarray, shape (n, dims)
        The baseline.
    """

    rows: Vector
    columns: Mapping[str, Column]
    fitted: Sequence[Discriminant]
    rest: Vector
    pca: Vector


@dataclass(frozen=True)
class Trial:
    """One test of mixes: the vectors of both parts for some products, and a measure of their order.

    Attributes
    ----------
    labels : callable
        From ``linear`` to the products' label vectors.
    """

    labels: Callable[[bool], Vector]
    rest: Vector
    pca: Vector
    measure: Measure
    weight: float = 1.0

    def score(self, linear: bool, share: float) -> float:
        """Measure a mix."""
        return self.measure(unit_rows(join(self.labels(linear), self.rest, share)))

    @property
    def without(self) -> float:
        """Measure the PCA."""
        return self.measure(self.pca)


def trials(parts: Parts, measure: Measure | None) -> dict[str, Trial]:
    """Return the tests that choose a mix: by ``measure`` if given, otherwise by held-out products and categories."""
    if measure:
        return {"golden set": Trial(_labels(parts.fitted, slice(None)), parts.rest, parts.pca, measure)}
    judged = slice(JUDGED)
    gains = shared_labels(parts.columns, judged)
    # Twice the weight, because most products are of categories that the space was fitted on.
    learned = Trial(_labels(parts.fitted, judged), parts.rest[judged], parts.pca[judged], by_gains(gains), weight=2)
    unseen = _held_out_categories(parts)
    return {"labels learned": learned} | ({"labels not learned": unseen} if unseen else {})


def keeps_unlabelled_order(parts: Parts, linear: bool, share: float) -> bool:
    """Return whether a mix orders by what no label names as well as a PCA does.

    Each attribute in turn is held out, as if the catalogue didn't name it: among products of one category, the other
    labels must not worsen the order by it, on average over the attributes.
    """
    judged = slice(JUDGED)
    category = broadest_category(parts.columns)
    within = None if category is None else (category[judged, None] == category[None, judged])
    before, after = [], []
    for number, held_out in enumerate(parts.fitted):
        others = [d for other, d in enumerate(parts.fitted) if other != number]
        if not others or held_out.name.startswith(CATEGORY):
            continue
        gains = shared_labels({held_out.name: parts.columns[held_out.name]}, judged)
        if within is not None:
            gains = np.where(within, gains, 0).astype(np.float32)
        if not gains.any():
            continue
        kinds = None if category is None else category[judged]
        trial = Trial(_labels(others, judged), parts.rest[judged], parts.pca[judged], _within_kinds(gains, kinds))
        before.append(trial.without)
        after.append(trial.score(linear, share))
    return not before or float(np.mean(after)) >= float(np.mean(before)) - _SLACK


def _within_kinds(gains: Vector, kinds: Column | None) -> Measure:
    """Return the measure `by_gains`, but with each product ordered among those of its kind only."""
    if kinds is None:
        return by_gains(gains)
    # A dimension per kind, larger than any cosine.
    far = np.asarray(2 * (kinds[:, None] == np.unique(kinds)[None]), np.float32)
    return lambda vectors: by_gains(gains)(np.hstack([vectors, far]))


def _labels(fitted: Sequence[Discriminant], rows: slice) -> Callable[[bool], Vector]:
    heads, scores = [Head.of(d) for d in fitted], np.hstack([d.held_out[rows] for d in fitted])
    return lambda linear: label_vectors(scores, heads, linear=linear)


def _held_out_categories(parts: Parts) -> Trial | None:
    """Hold out each half of the categories in turn, and order their products."""
    rows, columns = parts.rows[:_FITTED], {name: column[:_FITTED] for name, column in parts.columns.items()}
    category = finest_category(columns)
    if category is None:
        return None
    classes, counts = np.unique(category[category != UNKNOWN], return_counts=True)
    by_size = classes[np.argsort(-counts, kind="stable")]
    if len(by_size) < 4:
        return None
    halves = [np.flatnonzero(np.isin(category, by_size[half::2])) for half in (0, 1)]
    label_parts = [_labels_of_held_out(rows, columns, half) for half in halves]
    judged = [half[:JUDGED] for half in halves]

    def labels(linear: bool) -> Vector:
        both = [part(linear) for part in label_parts]
        width = max(part.shape[1] for part in both)
        return np.vstack([np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in both])

    def measure(vectors: Vector) -> float:
        split = len(judged[0])
        both = ((vectors[:split], judged[0]), (vectors[split:], judged[1]))
        return float(np.mean([by_gains(shared_labels({"": category}, half))(part) for part, half in both]))

    together = np.concatenate(judged)
    return Trial(labels, parts.rest[together], parts.pca[together], measure)


def _labels_of_held_out(
    rows: Vector, columns: Mapping[str, Column], held_out: NDArray[np.intp]
) -> Callable[[bool], Vector]:
    """Fit discriminants without some products, and apply them to the first `JUDGED` of these."""
    training = np.setdiff1d(np.arange(len(rows)), held_out)
    learnable = {name: column[training] for name, column in columns.items() if len(np.unique(column[training])) > 1}
    fitted = fit_discriminants(rows[training], learnable) if learnable else []
    heads = [Head.of(d) for d in fitted]
    judged = rows[held_out[:JUDGED]]
    logits = [judged @ d.weight + d.bias for d in fitted]
    scores = np.hstack(logits) if logits else np.zeros((len(judged), 1), np.float32)
    return lambda linear: label_vectors(scores, heads, linear=linear) if heads else scores
