"""One attribute of one category: which value a product's picture and text show, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Vector
from indexer.attribution import fusion
from indexer.attribution.fusion import Labels
from indexer.attribution.kernels import leave_one_out

MENTION = "mention"  # the source that needs no learning: whether the text names the value

# A head whose sources take away less of the uncertainty than this knows little but which value is frequent.
_LEAST_SKILL = 0.5

Value = str | int | float | bool


@dataclass(frozen=True)
class Head:
    """What was learnt of one attribute.

    Attributes
    ----------
    name : str
    values : tuple
        What it chooses among.
    rows : ndarray of int, shape (n,)
        The category's examples that it learnt from.
    coefficients : dict of str to ndarray, shape (examples, len(values))
        Source to what `leave_one_out` fitted on its kernel; 0 of examples that it didn't learn from.
    prior : ndarray, shape (len(values),)
        Shares of the values.
    weights : dict of str to float
        How much each source counts; 0 where it shows nothing of this attribute.
    noise : float
        Share of wrong labels that was found.
    skill, accuracy : float
        McFadden's R squared, and the share of labels named right, both on examples left out.
    """

    name: str
    values: tuple[Value, ...]
    rows: NDArray[np.int32]
    coefficients: dict[str, Vector]
    prior: Vector
    weights: dict[str, float]
    noise: float
    skill: float
    accuracy: float

    @property
    def shown(self) -> bool:
        """Whether pictures and text show the attribute at all; where they don't, it is left alone."""
        return self.skill >= _LEAST_SKILL

    def __call__(self, kernels: Mapping[str, Vector], mentioned: Vector) -> Vector:
        """Predict products.

        Parameters
        ----------
        kernels : mapping of str to ndarray, shape (n, examples)
            Each product compared with each of the category's examples.
        mentioned : ndarray, shape (n, len(values))

        Returns
        -------
        ndarray, shape (n, len(values))
            A probability for each value.
        """
        scores = {s: fusion.evidence(kernels[s] @ a + self.prior) for s, a in self.coefficients.items()}
        return _joined({**scores, MENTION: mentioned}, self.weights)

    def doubt(self, shown: Vector, label: int) -> float:
        """Return the probability that a label is wrong, given what is shown."""
        return float(fusion.doubt(shown[label : label + 1], self.noise, max(len(self.values) - 1, 1))[0])


def fit_head(
    name: str,
    values: Sequence[Value],
    labels: Labels,
    kernels: Mapping[str, Vector],
    mentioned: Vector,
    trusted: NDArray[np.bool_],
) -> tuple[Head, Vector]:
    """Learn an attribute from labels of which some are wrong.

    A first fit tells which labels are too unlikely to learn from; the second goes without them. No probability that is
    used or given here was made by a fit that knew the row's own label.

    Parameters
    ----------
    labels : ndarray of int, shape (examples,)
        Index into ``values``; -1 where the catalogue says nothing.
    kernels : mapping of str to ndarray, shape (examples, examples)
    mentioned : ndarray, shape (examples, len(values))
    trusted : ndarray of bool, shape (examples,)
        Labels that a person has decided on.

    Returns
    -------
    Head
    ndarray, shape (examples, len(values))
        Probabilities for all examples, by fits that left each one out.
    """
    labelled = np.flatnonzero(labels >= 0)
    head, shown = _fit(name, values, labels, labelled, kernels, mentioned)
    doubted = fusion.suspicious(shown[labelled], labels[labelled]) & ~trusted[labelled]
    head, shown = _fit(name, values, labels, labelled[~doubted], kernels, mentioned)
    _, noise = fusion.doubts(shown[labelled], labels[labelled])
    accuracy = float((shown[labelled].argmax(axis=1) == labels[labelled]).mean())
    return replace(head, noise=noise, accuracy=accuracy), shown


def _fit(
    name: str,
    values: Sequence[Value],
    labels: Labels,
    rows: NDArray[np.int64],
    kernels: Mapping[str, Vector],
    mentioned: Vector,
) -> tuple[Head, Vector]:
    targets = np.eye(len(values), dtype=np.float32)[labels[rows]]
    prior = targets.mean(axis=0)
    coefficients, scores = {}, {}
    for source, kernel in kernels.items():
        left_out, fitted = leave_one_out(kernel[np.ix_(rows, rows)], targets - prior)
        coefficients[source] = np.zeros((len(kernel), len(values)), np.float32)
        coefficients[source][rows] = fitted
        estimates = kernel @ coefficients[source]
        estimates[rows] = left_out
        scores[source] = fusion.evidence(estimates + prior)
    scores[MENTION] = mentioned
    found = fusion.fit_weights([s[rows] for s in scores.values()], labels[rows])
    weights = dict(zip(scores, map(float, found), strict=True))
    shown = _joined(scores, weights)
    skill = fusion.skill(shown[rows], labels[rows])
    head = Head(name, tuple(values), rows.astype(np.int32), coefficients, prior, weights, 0.0, skill, 0.0)
    return head, shown


def _joined(scores: Mapping[str, Vector], weights: Mapping[str, float]) -> Vector:
    return fusion.probabilities([scores[s] for s in weights], np.array(list(weights.values()), np.float32))
