"""Grades from clicks: actions over expected actions, corrected for position bias, where there is evidence enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexer.clicks.position_bias import Observations, PositionBias, fit

ACTIONS = ("clicks", "likes", "carts", "orders")
ACTION_WEIGHTS: Mapping[str, float] = {"clicks": 1.0, "likes": 2.0, "carts": 4.0, "orders": 8.0}
LEAST_EXPECTED = 3.0  # actions; a product without any says nothing where fewer are expected
GRADE_RATIOS = (0.5, 1.25, 2.0)  # of the expected actions, from which on a product is of grade 1, 2 and 3
_CONFIDENCE_95 = 1.959964  # standard deviations
_TINY = 1e-12

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """What shoppers did, a row for each product of a topic at each position. All arrays have the same length.

    Attributes
    ----------
    topics, products : ndarray of int
        Numbers from 0, without gaps.
    positions : ndarray of int
        Places in the listing, from 1.
    impressions : ndarray of float
    actions : mapping of str to ndarray of float
        Kind of action (`ACTIONS`) to how often it followed an impression.
    """

    topics: Ints
    products: Ints
    positions: Ints
    impressions: Floats
    actions: Mapping[str, Floats]


@dataclass(frozen=True)
class Graded:
    """What clicks say of products, an entry for each product of a topic with evidence enough.

    Attributes
    ----------
    topics, products : ndarray of int
        As in `Counts`.
    ratios : ndarray of float
        Weighted actions over those expected of an average product of the topic at the same positions.
    low, high : ndarray of float
        Ends of the ratios' 95% intervals.
    grades : ndarray of int
        0 to 3.
    too_little : int
        Products without evidence enough, which are left out.
    unknown_positions : int
        Impressions at positions whose bias isn't known, which don't count.
    bias : PositionBias
    """

    topics: Ints
    products: Ints
    ratios: Floats
    low: Floats
    high: Floats
    grades: Ints
    too_little: int
    unknown_positions: int
    bias: PositionBias


@dataclass(frozen=True)
class Grading:
    """How actions become grades.

    Attributes
    ----------
    weights : mapping of str to float
        Kind of action to how much one counts, as against a click.
    least_expected : float
        Actions to be expected of an average product in the same places, before a product is graded. Actions of unequal
        weight count as fewer: as many equal ones as vary alike.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(ACTION_WEIGHTS))
    least_expected: float = LEAST_EXPECTED

    def grade(self, counts: Counts, bias: PositionBias | None = None) -> Graded:
        """Grade products by what shoppers did.

        A product's grade says how many times as often it is chosen as an average one of its topic would be in the same
        places (`GRADE_RATIOS`). It goes by the estimate, not by an end of its interval: intervals are narrower where
        products were shown more, so that grades would follow the order in which the shop showed them.

        Parameters
        ----------
        bias : PositionBias, optional
            How likely each position is examined; by default fitted on these counts.

        References
        ----------
        Clicks over expected clicks: Zhang and Jones, "Comparing click logs and editorial labels for training query
        rewriting", WWW 2007 workshop on query log analysis. The expectation is that of the position-based model
        (`indexer.clicks.position_bias`) instead of the mean rate of a rank.
        """
        pairs, of_row = _pairs(counts)
        if bias is None:
            bias = fit(Observations(of_row, counts.positions, counts.impressions, counts.actions["clicks"]))
        examined = counts.impressions * bias.at(counts.positions)
        known = ~np.isnan(examined)
        size, row = len(pairs), of_row[known]
        chosen, squares = np.zeros(size), np.zeros(size)
        for kind, number in counts.actions.items():
            weight = self.weights.get(kind, 0.0)
            chosen += np.bincount(row, weight * number[known], size)
            squares += np.bincount(row, weight**2 * number[known], size)
        looks: Floats = np.bincount(row, examined[known], size).astype(np.float64)
        topics = pairs[:, 0]
        rate = np.bincount(topics, chosen) / np.maximum(np.bincount(topics, looks), _TINY)
        scale = np.bincount(topics, squares) / np.maximum(np.bincount(topics, chosen), _TINY)
        enough = looks * rate[topics] >= self.least_expected * np.maximum(scale, _TINY)[topics]
        ratios, low, high = (values[enough] / rate[topics[enough]] for values in _interval(chosen, squares, looks))
        return Graded(
            topics=topics[enough],
            products=pairs[enough, 1],
            ratios=ratios,
            low=low,
            high=high,
            grades=_grades(ratios),
            too_little=int(size - enough.sum()),
            unknown_positions=int(counts.impressions[~known].sum()),
            bias=bias,
        )


def wilson(successes: Floats, trials: Floats, z: float = _CONFIDENCE_95) -> tuple[Floats, Floats]:
    """Return the ends of Wilson's interval of a share; it is right for small shares and few trials, too.

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927; Brown, Cai and DasGupta,
    "Interval estimation for a binomial proportion", Statistical Science 2001.
    """
    share, spread = successes / trials, z**2 / trials
    center = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * np.sqrt(np.maximum(share * (1 - share) / trials + spread / (4 * trials), 0))
    return np.maximum(center - half, 0), np.minimum(center + half, 1)


def _interval(chosen: Floats, squares: Floats, looks: Floats) -> tuple[Floats, Floats, Floats]:
    """Return weighted actions per examination, and the ends of the interval of each.

    A sum of weighted counts varies like a count of its effective size, ``sum(w n)^2 / sum(w^2 n)``, scaled (Kish,
    "Survey Sampling", 1965); without any action the scale is that of a click.
    """
    looks = np.maximum(looks, _TINY)
    scale = np.where(chosen > 0, squares / np.maximum(chosen, _TINY), 1.0)
    effective = chosen / scale
    # Several actions may follow one look: there are at least as many trials as actions.
    trials = np.maximum(looks, effective)
    low, high = wilson(effective, trials)
    each = scale * trials / looks
    return chosen / looks, low * each, high * each


def _grades(ratios: Floats) -> Ints:
    return np.asarray(np.searchsorted(GRADE_RATIOS, ratios, side="right"), np.int64)


def _pairs(counts: Counts) -> tuple[Ints, Ints]:
    """Return each (topic, product) once, and the number of each row's."""
    pairs, of_row = np.unique(np.column_stack([counts.topics, counts.products]), axis=0, return_inverse=True)
    return pairs, of_row.ravel()
