"""What a mix of labels and the rest is judged by: products and categories that weren't shown, labels left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.discriminants import UNKNOWN, Column, Discriminant, fit_discriminants
from indexer.spaces.reduction.labels import CATEGORY, broadest_category, finest_category
from indexer.spaces.reduction.learned import Head, agreement, beside
from indexer.spaces.reduction.measuring import JUDGED, Measure, by_gains, shared_labels

_FITTED = 4_000  # products that tests are fitted on
_SLACK = 0.002  # NDCG that chance may cost a label left out


@dataclass(frozen=True)
class Parts:
    """The two parts of a learned projection, of products that it was fitted on.

    Attributes
    ----------
    rows : ndarray, shape (n, raw_dims)
    columns : dict
        The labels that are learned.
    fitted : list of Discriminant
        One a label.
    rest : ndarray, shape (n, dims)
        What stands beside the labels.
    pca : ndarray, shape (n, dims)
        What a mix has to beat.
    """

    rows: Vector
    columns: Mapping[str, Column]
    fitted: Sequence[Discriminant]
    rest: Vector
    pca: Vector


@dataclass(frozen=True)
class Trial:
    """Something to judge mixes by: vectors of both parts of some products, and what to measure with them.

    Attributes
    ----------
    told : callable
        Linear or not -> what labels say.
    """

    told: Callable[[bool], Vector]
    rest: Vector
    pca: Vector
    measure: Measure
    weight: float = 1.0

    def score(self, linear: bool, share: float) -> float:
        """Measure a mix."""
        return self.measure(unit_rows(beside(self.told(linear), self.rest, share)))

    @property
    def without(self) -> float:
        """Measure the PCA."""
        return self.measure(self.pca)


def trials(parts: Parts, measure: Measure | None) -> dict[str, Trial]:
    """Return the tests that a mix is chosen by: what was given, or the labels of products and categories left out."""
    if measure:
        return {"golden set": Trial(_told(parts.fitted, slice(None)), parts.rest, parts.pca, measure)}
    some = slice(JUDGED)
    gains = shared_labels(parts.columns, some)
    # Twice the weight: most products are of categories that were there when the space was fitted.
    learned = Trial(_told(parts.fitted, some), parts.rest[some], parts.pca[some], by_gains(gains), weight=2)
    unseen = _unseen(parts)
    return {"labels learned": learned} | ({"labels not learned": unseen} if unseen else {})


def keeps_the_rest(parts: Parts, linear: bool, share: float) -> bool:
    """Return whether a mix leaves the order by what isn't named as good as a PCA's.

    Each attribute in turn is taken for one that the catalogue doesn't name: what the other labels say must not cost the
    order by it among products of one category, on average over the attributes.
    """
    some = slice(JUDGED)
    category = broadest_category(parts.columns)
    within = None if category is None else (category[some, None] == category[None, some])
    before, after = [], []
    for place, left_out in enumerate(parts.fitted):
        others = [d for at, d in enumerate(parts.fitted) if at != place]
        if not others or left_out.name.startswith(CATEGORY):
            continue
        gains = shared_labels({left_out.name: parts.columns[left_out.name]}, some)
        if within is not None:
            gains = np.where(within, gains, 0).astype(np.float32)
        if not gains.any():
            continue
        kinds = None if category is None else category[some]
        trial = Trial(_told(others, some), parts.rest[some], parts.pca[some], _apart(gains, kinds))
        before.append(trial.without)
        after.append(trial.score(linear, share))
    return not before or float(np.mean(after)) >= float(np.mean(before)) - _SLACK


def _apart(gains: Vector, kinds: Column | None) -> Measure:
    """Measure as `by_gains` does, each product among those of its kind alone."""
    if kinds is None:
        return by_gains(gains)
    # A dimension a kind, too long for any cosine to cross.
    far = np.asarray(2 * (kinds[:, None] == np.unique(kinds)[None]), np.float32)
    return lambda vectors: by_gains(gains)(np.hstack([vectors, far]))


def _told(fitted: Sequence[Discriminant], some: slice) -> Callable[[bool], Vector]:
    heads, scores = [Head.of(d) for d in fitted], np.hstack([d.held_out[some] for d in fitted])
    return lambda linear: agreement(scores, heads, linear=linear)


def _unseen(parts: Parts) -> Trial | None:
    """Leave out each half of the categories in turn, and order the products of those left out."""
    rows, columns = parts.rows[:_FITTED], {name: column[:_FITTED] for name, column in parts.columns.items()}
    category = finest_category(columns)
    if category is None:
        return None
    classes, counts = np.unique(category[category != UNKNOWN], return_counts=True)
    by_size = classes[np.argsort(-counts, kind="stable")]
    if len(by_size) < 4:
        return None
    halves = [_leave_out(rows, columns, np.flatnonzero(np.isin(category, by_size[half::2]))) for half in (0, 1)]
    places = [where[:JUDGED] for where, _ in halves]

    def told(linear: bool) -> Vector:
        both = [told(linear) for _, told in halves]
        width = max(part.shape[1] for part in both)
        return np.vstack([np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in both])

    def measure(vectors: Vector) -> float:
        split = len(places[0])
        ends = ((vectors[:split], places[0]), (vectors[split:], places[1]))
        return float(np.mean([by_gains(shared_labels({"": category}, where))(part) for part, where in ends]))

    some = np.concatenate(places)
    return Trial(told, parts.rest[some], parts.pca[some], measure)


def _leave_out(
    rows: Vector, columns: Mapping[str, Column], places: NDArray[np.intp]
) -> tuple[NDArray[np.intp], Callable[[bool], Vector]]:
    """Fit without some products, and apply it to them."""
    learned = np.setdiff1d(np.arange(len(rows)), places)
    left = {name: column[learned] for name, column in columns.items() if len(np.unique(column[learned])) > 1}
    fitted = fit_discriminants(rows[learned], left) if left else []
    heads = [Head.of(d) for d in fitted]
    own = rows[places[:JUDGED]]
    scores = np.hstack([own @ d.weight + d.bias for d in fitted]) if fitted else np.zeros((len(own), 1), np.float32)
    return places, lambda linear: agreement(scores, heads, linear=linear) if heads else scores
