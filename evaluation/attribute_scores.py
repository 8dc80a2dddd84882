"""Quality of attribution, against a catalogue's truth if there is one, else against held-out labels."""

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
    missing: int = 0  # the catalogue has none, but the truth does
    filled: int = 0
    filled_right: int = 0
    wrong: int = 0
    flagged: int = 0
    flagged_right: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def coverage(self) -> tuple[float, float]:
        """Share of the products that have a value, before and after."""
        return self.given / max(self.products, 1), (self.given + self.filled) / max(self.products, 1)


@dataclass(frozen=True)
class Truth:
    """A product's true attributes, which of them its picture shows, and which the catalogue gets wrong."""

    attributes: Mapping[str, Any]
    visual: frozenset[str]
    wrong: frozenset[str] = field(default_factory=frozenset)


def read_truth(path: Path) -> dict[str, Truth]:
    """Read a rendered catalogue's ``truth.jsonl``.

    Raises
    ------
    GoldenSetError
        A line is invalid; the message gives its number.
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
    """Count values filled in and flagged, by attribute and whether pictures show it."""
    counts: dict[tuple[str, bool], Tally] = {}
    for product_id, product, predictions in zip(ids, products, findings, strict=True):
        truth = truths[product_id]
        for name, real in truth.attributes.items():
            if isinstance(real, list):
                continue
            given, finding = value_of(product, name), predictions.get(name)
            count = Tally(products=1, given=int(given is not None), missing=int(given is None and real is not None))
            count.wrong = int(name in truth.wrong)
            if finding and given is None and finding.confidence >= model.least:
                count.filled, count.filled_right = 1, int(same(finding.value, real))
            if finding and finding.doubt >= DISPUTE:
                count.flagged, count.flagged_right = 1, count.wrong
            key = (name, name in truth.visual)
            counts[key] = counts.get(key, Tally()) + count
    return counts


@dataclass(frozen=True)
class Guesses:
    """Predictions of one attribute for products with a known value that the fit didn't see."""

    confidences: NDArray[np.float64]
    right: NDArray[np.bool_]
    pairs: Sequence[tuple[Value, Value]]  # known, predicted

    @classmethod
    def of(cls, products: Sequence[ProductFields], findings: Sequence[Findings], name: str) -> Guesses:
        """Collect the predictions of products that have a value."""
        predicted = [(value_of(p, name), f[name]) for p, f in zip(products, findings, strict=True) if name in f]
        known = [(value, f) for value, f in predicted if value is not None]
        return cls(
            np.array([f.confidence for _, f in known]),
            np.array([same(value, f.value) for value, f in known], bool),
            [(value, f.value) for value, f in known],
        )

    @property
    def accuracy(self) -> float:
        """Share of right predictions."""
        return float(self.right.mean())

    def precision(self, least: float) -> float | None:
        """Return the share of right predictions among those of at least this confidence; None if there are none."""
        sure = self.confidences >= least
        return float(self.right[sure].mean()) if sure.any() else None

    def recall(self, least: float) -> float:
        """Return the share of all predictions that are right and of at least this confidence."""
        return float((self.right & (self.confidences >= least)).mean())

    def confusion(self, most: int = 12) -> tuple[list[str], list[list[int]]]:
        """Count known values (rows) by predicted values (columns), for the ``most`` frequent values."""
        frequent = Counter(str(known) for known, _ in self.pairs).most_common(most)
        names = [name for name, _ in frequent]
        counted = Counter((str(known), str(predicted)) for known, predicted in self.pairs)
        return names, [[counted[row, column] for column in names] for row in names]


def reliability(guesses: Guesses) -> list[tuple[float, float, int]]:
    """Return mean confidence, accuracy and count of each bin of confidence that isn't empty."""
    return _binned(guesses.confidences, guesses.right)


def calibration_error(guesses: Guesses) -> float:
    """Compute the expected calibration error: the mean gap between confidence and accuracy over bins of confidence.

    Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, 2017, with 15 bins of equal width.
    """
    return _gap(guesses.confidences, guesses.right)


def calibration_floor(confidences: NDArray[np.float64]) -> float:
    """Compute the calibration error that perfect confidences would show on average.

    A bin of few products seldom has exactly its expected accuracy, so the error of a small sample isn't 0. It is
    estimated by drawing right and wrong 200 times with the confidences as probabilities.
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
