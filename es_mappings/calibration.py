"""From a similarity to a match percentage: how likely a person is to call two products alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MatchCurve:
    """A logistic curve from similarity to the probability of a match.

    ``match = 1 / (1 + exp(-(slope * similarity + intercept)))``
    """

    slope: float
    intercept: float

    def percent(self, similarity: float) -> int:
        """Return the match percentage of a similarity, 0 to 100."""
        return round(100 / (1 + math.exp(-max(-60.0, min(60.0, self.slope * similarity + self.intercept)))))

    def similarity(self, percent: float) -> float:
        """Return the similarity of a match percentage, 0 to 1: a score to cut off at."""
        share = min(max(percent / 100, 1e-6), 1 - 1e-6)
        return min(max((math.log(share / (1 - share)) - self.intercept) / self.slope, 0.0), 1.0)


@dataclass(frozen=True)
class JudgedCosines:
    """How alike judged pairs are in each aspect: pairs that judges call a match, and others.

    Attributes
    ----------
    aspects : tuple of str
        The aspects, in the order of the arrays.
    matches, others : ndarray, shape (aspects,)
        Mean cosines.
    covariance : ndarray, shape (aspects, aspects)
        Of the cosines, within the two groups: the mean of theirs.
    """

    aspects: tuple[str, ...]
    matches: Floats
    others: Floats
    covariance: Floats

    def curve(self, shares: Mapping[str, float]) -> MatchCurve | None:
        """Return the curve of similarities in which each aspect has a share; None where they tell nothing.

        A weighted sum of cosines is about as wide around its mean in both groups, so that the log odds of a match,
        both groups being equally likely, are linear in it (linear discriminant analysis; Hastie, Tibshirani and
        Friedman, The Elements of Statistical Learning, 4.3).
        """
        weights = np.array([shares.get(aspect, 0.0) for aspect in self.aspects])
        match, other = float(weights @ self.matches), float(weights @ self.others)
        variance = float(weights @ self.covariance @ weights)
        if match <= other or variance <= 0:
            return None
        slope = (match - other) / variance  # of the cosine, which is 2 * similarity - 1
        return MatchCurve(2 * slope, -slope * (1 + (match + other) / 2))

    def to_meta(self) -> dict[str, Any]:
        """Return the numbers as JSON."""
        arrays = {"matches": self.matches, "others": self.others, "covariance": self.covariance}
        return {"aspects": list(self.aspects)} | {name: array.round(6).tolist() for name, array in arrays.items()}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> JudgedCosines:
        """Read the numbers back."""
        matches, others, covariance = (np.array(meta[name], float) for name in ("matches", "others", "covariance"))
        return cls(tuple(meta["aspects"]), matches, others, covariance)


@dataclass(frozen=True)
class Calibration:
    """What is known of judged pairs, of all products and by the top category of the one they are compared with.

    The index's ``_meta.match`` holds it, next to the vector space whose cosines it was fitted on. It gives a curve for
    any aspect weights: with another slider, another similarity is a match.
    """

    everywhere: JudgedCosines
    by_category: Mapping[str, JudgedCosines]

    def curve(self, categories: Sequence[str], shares: Mapping[str, float]) -> MatchCurve | None:
        """Return the curve of products that are compared with anchors of some categories.

        Parameters
        ----------
        categories : sequence of str
            The paths of the anchors' categories; several, or unknown ones, are judged by all pairs.
        shares : mapping of str to float
            The share that each aspect has in the similarity; they sum to 1.
        """
        tops = {path.partition("/")[0] for path in categories}
        judged = self.by_category.get(tops.pop()) if len(tops) == 1 else None
        return (judged or self.everywhere).curve(shares)

    def to_meta(self) -> dict[str, Any]:
        """Return the calibration in the form of ``_meta.match``."""
        by_category = {path: judged.to_meta() for path, judged in self.by_category.items()}
        return {"everywhere": self.everywhere.to_meta(), "by_category": by_category}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Calibration | None:
        """Read the calibration from a mapping's ``_meta``; None where none was fitted, or by version 0.1."""
        match = meta.get("match") or {}
        if "everywhere" not in match:
            return None
        by_category = {path: JudgedCosines.from_meta(judged) for path, judged in match["by_category"].items()}
        return cls(JudgedCosines.from_meta(match["everywhere"]), by_category)
