"""How much each aspect counts in a category, where that differs from the default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT


@dataclass(frozen=True)
class CategoryWeights:
    """Aspect weights by category path; they stand in the index's ``_meta.weights``, beside the mapping.

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
        """Return the weights of a category, or of the nearest one above it that has some, and whose they are.

        Parameters
        ----------
        path : str or None
            ``Laptops/Gaming laptops``.

        Returns
        -------
        tuple of str and dict, or None
            None where neither the category nor one above it has weights of its own. Aspects that they don't name (one
            that came later) count as by default.
        """
        while path:
            if path in self.by_path:
                return path, {n: w for n, w in {**DEFAULT_WEIGHTS, **self.by_path[path]}.items() if n in LAYOUT.names}
            path = path.rpartition("/")[0]
        return None

    def having(self, path: str, weights: Mapping[str, float] | None) -> CategoryWeights:
        """Give a category other weights, or with None the default's again.

        Raises
        ------
        ValueError
            An aspect doesn't exist, a weight is below 0 or no number, or all are 0.
        """
        others = {p: w for p, w in self.by_path.items() if p != path}
        if weights is None:
            return CategoryWeights(others)
        check(weights)
        return CategoryWeights(dict(sorted({**others, path: dict(weights)}.items())))

    def to_meta(self) -> dict[str, dict[str, float]]:
        """Return them as they stand in ``_meta.weights``."""
        return {path: dict(weights) for path, weights in self.by_path.items()}


def check(weights: Mapping[str, float]) -> None:
    """Make sure that weights name aspects and can be counted with.

    Raises
    ------
    ValueError
        Says what is wrong.
    """
    for aspect, weight in weights.items():
        if aspect not in LAYOUT.names:
            raise ValueError(f"there is no aspect {aspect!r}; the aspects are {', '.join(LAYOUT.names)}")
        if not (math.isfinite(weight) and 0 <= weight <= 100):
            raise ValueError(f"the weight of {aspect} must be from 0 to 100")
    if not any({**DEFAULT_WEIGHTS, **weights}.values()):
        raise ValueError("at least one aspect needs a weight above 0")
