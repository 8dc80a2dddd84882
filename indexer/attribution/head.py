"""The classifier of one attribute in one category, by kernels of image and text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Vector
from indexer.attribution import fusion
from indexer.attribution.fusion import Labels
from indexer.attribution.kernels import leave_one_out

MENTION = "mention"  # the source that isn't fitted: whether the text names the value

# A head with less skill knows little more than which values are frequent.
_MIN_SKILL = 0.5

Value = str | int | float | bool


@dataclass(frozen=True)
class Head:
    """The classifier of one attribute.

    Attributes
    ----------
    name : str
    values : tuple
        The classes.
    rows : ndarray of int, shape (n,)
        The category's examples that it was fitted on.
    coefficients : dict of str to ndarray, shape (examples, len(values))
        Source -> coefficients of `leave_one_out` on its kernel; 0 for examples that it wasn't fitted on.
    prior : ndarray, shape (len(values),)
        Shares of the values.
    weights : dict of str to float
        Weight of each source; 0 if it shows nothing of this attribute.
    noise : float
        Estimated share of wrong labels.
    skill, accuracy : float
        McFadden's R squared, and the share of labels predicted right, both on held-out examples.
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
        """Whether images and text show the attribute; otherwise it isn't predicted."""
        return self.skill >= _MIN_SKILL

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
            Probabilities of the values.
        """
        scores = {s: fusion.evidence(kernels[s] @ a + self.prior) for s, a in self.coefficients.items()}
        return _joined({**scores, MENTION: mentioned}, self.weights)

    def doubt(self, probabilities: Vector, label: int) -> float:
        """Return the probability that a product's label is wrong, given its predicted probabilities."""
        return float(fusion.doubt(probabilities[label : label + 1], self.noise, max(len(self.values) - 1, 1))[0])


def fit_head(
    name: str,
    values: Sequence[Value],
    labels: Labels,
    kernels: Mapping[str, Vector],
    mentioned: Vector,
    trusted: NDArray[np.bool_],
) -> tuple[Head, Vector]:
    """Fit an attribute's classifier on labels of which some are wrong.

    A first fit finds labels too unlikely to learn from; the second leaves them out. All probabilities that are used or
    returned here are leave-one-out: no fit knew the row's own label.

    Parameters
    ----------
    labels : ndarray of int, shape (examples,)
        Index into ``values``; -1 if the catalogue has no value.
    kernels : mapping of str to ndarray, shape (examples, examples)
    mentioned : ndarray, shape (examples, len(values))
    trusted : ndarray of bool, shape (examples,)
        Labels that a person decided.

    Returns
    -------
    Head
    ndarray, shape (examples, len(values))
        Leave-one-out probabilities of all examples.
    """
    labelled = np.flatnonzero(labels >= 0)
    head, probabilities = _fit(name, values, labels, labelled, kernels, mentioned)
    suspicious = fusion.suspicious(probabilities[labelled], labels[labelled]) & ~trusted[labelled]
    head, probabilities = _fit(name, values, labels, labelled[~suspicious], kernels, mentioned)
    _, noise = fusion.doubts(probabilities[labelled], labels[labelled])
    accuracy = float((probabilities[labelled].argmax(axis=1) == labels[labelled]).mean())
    return replace(head, noise=noise, accuracy=accuracy), probabilities


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
    fitted_weights = fusion.fit_source_weights([s[rows] for s in scores.values()], labels[rows])
    weights = dict(zip(scores, map(float, fitted_weights), strict=True))
    probabilities = _joined(scores, weights)
    skill = fusion.skill(probabilities[rows], labels[rows])
    head = Head(name, tuple(values), rows.astype(np.int32), coefficients, prior, weights, 0.0, skill, 0.0)
    return head, probabilities


def _joined(scores: Mapping[str, Vector], weights: Mapping[str, float]) -> Vector:
    return fusion.probabilities([scores[s] for s in weights], np.array(list(weights.values()), np.float32))
