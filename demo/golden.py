"""Labels for a golden set from the truth of the rendered catalogue: the attributes that a product's picture shows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from indexer.relevance.labels import Labelled

# The attributes of each aspect. Shape has the visible ones that belong to no other.
ASPECTS = {
    "color": frozenset({"color", "accent_color", "frame_color", "keyboard_color"}),
    "pattern": frozenset({"pattern"}),
}
_NO_SHAPE = frozenset({"material"}).union(*ASPECTS.values())


def read_truth(truth: Path, aspect: str = "look") -> list[Labelled]:
    """Read products labelled by their true attributes.

    Parameters
    ----------
    truth : Path
        The catalogue's ``truth.jsonl``.
    aspect : str
        ``look`` for all visible attributes, or of these ``shape``, ``pattern`` or ``color``; ``all`` for invisible
        ones, too. Products without any are left out.
    """

    def counts(name: str) -> bool:
        if aspect in ("look", "all"):
            return True
        return name not in _NO_SHAPE if aspect == "shape" else name in ASPECTS[aspect]

    def names_of(product: dict[str, Any]) -> Iterable[str]:
        names: Iterable[str] = product["attributes" if aspect == "all" else "visual"]
        return names

    products = []
    for line in truth.read_text(encoding="utf-8").splitlines():
        product = json.loads(line)
        values = {name: product["attributes"].get(name) for name in names_of(product) if counts(name)}
        if values:
            products.append(Labelled(product["id"], product["kind"], values))
    return products
