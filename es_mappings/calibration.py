"""From a similarity to a match percentage: how likely a person is to call two products alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Calibration:
    """A logistic curve from similarity to the probability of a match (Platt scaling).

    ``match = 1 / (1 + exp(-(slope * similarity + intercept)))``, fitted on the judgements of a golden set. The
    index's ``_meta.match`` holds it, next to the vector space whose similarities it was fitted on.
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

    def to_meta(self) -> dict[str, float]:
        """Return the curve in the form of ``_meta.match``."""
        return {"slope": self.slope, "intercept": self.intercept}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Calibration | None:
        """Read the curve from a mapping's ``_meta``; None where none was fitted."""
        match = meta.get("match")
        return cls(float(match["slope"]), float(match["intercept"])) if match else None
