"""A golden set from the truth of the rendered catalogue: grades by how many visible attributes two products share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from indexer.relevance.labels import Labelled

# What each aspect of a product shows in. Shape is what is visible and named nowhere else.
ASPECTS = {
    "color": frozenset({"color", "accent_color", "frame_color", "keyboard_color"}),
    "pattern": frozenset({"pattern"}),
}
_NO_SHAPE = frozenset({"material"}).union(*ASPECTS.values())


def read_truth(truth: Path, aspect: str = "look") -> list[Labelled]:
    """Read what was drawn.

    Parameters
    ----------
    truth : Path
        The catalogue's ``truth.jsonl``.
    aspect : str
        ``look`` for all that is visible, or of it ``shape``, ``pattern`` or ``color``; ``all`` for what isn't visible,
        too. Products without it are left out.
    """

    def counts(name: str) -> bool:
        if aspect in ("look", "all"):
            return True
        return name not in _NO_SHAPE if aspect == "shape" else name in ASPECTS[aspect]

    def named(product: dict[str, Any]) -> Iterable[str]:
        found: Iterable[str] = product["attributes" if aspect == "all" else "visual"]
        return found

    products = []
    for line in truth.read_text(encoding="utf-8").splitlines():
        product = json.loads(line)
        values = {name: product["attributes"].get(name) for name in named(product) if counts(name)}
        if values:
            products.append(Labelled(product["id"], product["kind"], values))
    return products
