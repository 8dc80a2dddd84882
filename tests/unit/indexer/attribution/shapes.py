"""Products whose images show their colour and shape, in a catalogue that is sometimes wrong."""

from __future__ import annotations

import numpy as np

from indexer.attribution.features import Example
from indexer.vectorizers.base import ProductFields

COLORS, SHAPES = ("red", "green", "blue"), ("round", "square")


def products(count: int = 150, *, wrong: int = 0, without: int = 0, seed: int = 3) -> tuple[list[Example], list[str]]:
    """Make products and their true colours: of the first ``without`` the catalogue says no colour, of the next
    ``wrong`` a wrong one. Nothing shows the attribute ``luck``."""
    random = np.random.default_rng(seed)
    examples, truth = [], []
    for number in range(count):
        color, shape = int(random.integers(3)), int(random.integers(2))
        look = np.abs(random.normal(0, 0.3, 12)).astype(np.float32)
        look[shape] += 3
        look[4 + color] += 2
        shade = np.abs(random.normal(0, 0.1, 6)).astype(np.float32)
        shade[color] += 2
        attributes: dict[str, object] = {"shape": SHAPES[shape], "luck": ("good", "bad")[int(random.integers(2))]}
        if number >= without:
            attributes["color"] = COLORS[(color + 1) % 3 if number < without + wrong else color]
        fields = ProductFields(f"Thing {number}", category=("Things",), attributes=attributes)
        examples.append(Example({"look": look, "color": shade}, fields))
        truth.append(COLORS[color])
    return examples, truth
