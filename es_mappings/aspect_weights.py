"""Aspect weights by category: how much each aspect counts, where that differs from the default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT


@dataclass(frozen=True)
class CategoryWeights:
    """Aspect weights by category path, as the index's ``_meta.weights`` holds them.

    Attributes
    ----------
    by_path : dict
        ``{"Laptops": {"look": 0.2, "color": 0.1, ...}, "Laptops/Gaming laptops": ...}``.
    """

    by_path: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> CategoryWeights:
        """Read them from a mapping's ``_meta``."""
        return cls(meta.get("weights") or {})

    def of(self, path: str | None) -> tuple[str, dict[str, float]] | None:
        """Return the weights of a category, or of its nearest ancestor that has some, and the path of that one.

        Parameters
        ----------
        path : str or None
            ``Laptops/Gaming laptops``.

        Returns
        -------
        tuple of str and dict, or None
            None where neither the category nor an ancestor has weights. Aspects that the weights don't name, such as
            a new one, count as by default.
        """
        while path:
            if path in self.by_path:
                return path, {n: w for n, w in {**DEFAULT_WEIGHTS, **self.by_path[path]}.items() if n in LAYOUT.names}
            path = path.rpartition("/")[0]
        return None

    def having(self, path: str, weights: Mapping[str, float] | None) -> CategoryWeights:
        """Return a copy in which a category has other weights, or the default again for None.

        Raises
        ------
        ValueError
            An aspect doesn't exist, a weight is negative or not a number, or all weights are 0.
        """
        others = {p: w for p, w in self.by_path.items() if p != path}
        if weights is None:
            return CategoryWeights(others)
        check(weights)
        return CategoryWeights(dict(sorted({**others, path: dict(weights)}.items())))

    def to_meta(self) -> dict[str, dict[str, float]]:
        """Return the weights in the form of ``_meta.weights``."""
        return {path: dict(weights) for path, weights in self.by_path.items()}


def check(weights: Mapping[str, float]) -> None:
    """Check that weights name aspects and are usable numbers.

    Raises
    ------
    ValueError
        One is wrong; the message names it.
    """
    for aspect, weight in weights.items():
        if aspect not in LAYOUT.names:
            raise ValueError(f"there is no aspect {aspect!r}; the aspects are {', '.join(LAYOUT.names)}")
        if not (math.isfinite(weight) and 0 <= weight <= 100):
            raise ValueError(f"the weight of {aspect} must be from 0 to 100")
    if not any({**DEFAULT_WEIGHTS, **weights}.values()):
        raise ValueError("at least one aspect needs a weight above 0")
