"""How good attribution is: against the truth where there is one, against labels of products kept apart where not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.attribution.head import Value
from indexer.attribution.model import CategoryModel, Findings, value_of
from indexer.attribution.outcome import DISPUTE, same
from indexer.errors import GoldenSetError
from indexer.vectorizers.base import ProductFields

_BINS = 15  # of the reliability diagram and of its error, as in Guo et al. 2017


@dataclass
class Tally:
    """Counts of one attribute."""

    products: int = 0
    given: int = 0  # the catalogue has a value
    missing: int = 0  # it has none, and there is one in truth
    filled: int = 0
    filled_right: int = 0
    wrong: int = 0
    flagged: int = 0
    flagged_right: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(mine + its for mine, its in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def coverage(self) -> tuple[float, float]:
        """Share of the products that have a value, before and after."""
        return self.given / max(self.products, 1), (self.given + self.filled) / max(self.products, 1)


@dataclass(frozen=True)
class Truth:
    """What the attributes of a product really are, and which of them a picture shows."""

    attributes: Mapping[str, Any]
    visual: frozenset[str]
    wrong: frozenset[str] = field(default_factory=frozenset)


def read_truth(path: Path) -> dict[str, Truth]:
    """Read a rendered catalogue's ``truth.jsonl``.

    Raises
    ------
    GoldenSetError
        Names the line at fault.
    """
    truths = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            truths[str(row["id"])] = Truth(row["attributes"], frozenset(row["visual"]), frozenset(row["wrong"]))
        except (ValueError, KeyError, TypeError) as error:
            raise GoldenSetError(f"{path.name}, line {number}: not a line of truth: {error!r}") from error
    return truths


def tally(
    ids: Sequence[str],
    products: Sequence[ProductFields],
    findings: Sequence[Findings],
    model: CategoryModel,
    truths: Mapping[str, Truth],
) -> dict[tuple[str, bool], Tally]:
    """Count what was filled in and flagged, by attribute and whether pictures show it."""
    counts: dict[tuple[str, bool], Tally] = {}
    for product_id, product, found in zip(ids, products, findings, strict=True):
        truth = truths[product_id]
        for name, real in truth.attributes.items():
            if isinstance(real, list):
                continue
            own, finding = value_of(product, name), found.get(name)
            one = Tally(products=1, given=int(own is not None), missing=int(own is None and real is not None))
            one.wrong = int(name in truth.wrong)
            if finding and own is None and finding.confidence >= model.least:
                one.filled, one.filled_right = 1, int(same(finding.value, real))
            if finding and finding.doubt >= DISPUTE:
                one.flagged, one.flagged_right = 1, one.wrong
            key = (name, name in truth.visual)
            counts[key] = counts.get(key, Tally()) + one
    return counts


@dataclass(frozen=True)
class Guesses:
    """Predictions of one attribute for products whose value is known and was not learnt from."""

    confidences: NDArray[np.float64]
    right: NDArray[np.bool_]
    pairs: Sequence[tuple[Value, Value]]  # known, predicted

    @classmethod
    def of(cls, products: Sequence[ProductFields], findings: Sequence[Findings], name: str) -> Guesses:
        """Collect them."""
        known = [(value_of(p, name), f[name]) for p, f in zip(products, findings, strict=True) if name in f]
        asked = [(own, f) for own, f in known if own is not None]
        return cls(
            np.array([f.confidence for _, f in asked]),
            np.array([same(own, f.value) for own, f in asked], bool),
            [(own, f.value) for own, f in asked],
        )

    @property
    def accuracy(self) -> float:
        """Share of right ones."""
        return float(self.right.mean())

    def precision(self, least: float) -> float | None:
        """Share of right ones among those as confident as it takes to be filled in; None where there are none."""
        sure = self.confidences >= least
        return float(self.right[sure].mean()) if sure.any() else None

    def recall(self, least: float) -> float:
        """Share of all that are right, and as confident as it takes to be filled in."""
        return float((self.right & (self.confidences >= least)).mean())

    def confusion(self, most: int = 12) -> tuple[list[str], list[list[int]]]:
        """Count known values (rows) by predicted ones (columns), of the most frequent values."""
        frequent = Counter(str(known) for known, _ in self.pairs).most_common(most)
        names = [name for name, _ in frequent]
        counted = Counter((str(known), str(predicted)) for known, predicted in self.pairs)
        return names, [[counted[row, column] for column in names] for row in names]


def reliability(guesses: Guesses) -> list[tuple[float, float, int]]:
    """Return mean confidence, accuracy and count of each bin of confidence that has any."""
    return _binned(guesses.confidences, guesses.right)


def calibration_error(guesses: Guesses) -> float:
    """Compute the expected calibration error: the mean gap between confidence and accuracy over bins of confidence.

    Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, 2017, with 15 bins of equal width.
    """
    return _gap(guesses.confidences, guesses.right)


def calibration_floor(confidences: NDArray[np.float64]) -> float:
    """Compute the calibration error that confidences would show on average if they were perfect.

    A bin of few products seldom has just the accuracy that is expected of it, so that the error of a small sample isn't
    0. Right and wrong are drawn 200 times by the confidences themselves.
    """
    random = np.random.default_rng(0)
    return float(np.mean([_gap(confidences, random.random(len(confidences)) < confidences) for _ in range(200)]))


def _gap(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    return sum(
        abs(confidence - accuracy) * count / len(right) for confidence, accuracy, count in _binned(confidences, right)
    )


def _binned(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    places = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
    bins = [places == number for number in range(_BINS)]
    return [(float(confidences[b].mean()), float(right[b].mean()), int(b.sum())) for b in bins if b.any()]
