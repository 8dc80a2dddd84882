"""A golden set from the truth of the rendered catalogue: grades by how many visible attributes two products share."""

from __future__ import annotations

import json
from pathlib import Path

from indexer.labels import Labelled

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
        ``look`` for all that is visible, or ``shape``, ``pattern`` or ``color``; products without it are left out.
    """

    def counts(name: str) -> bool:
        if aspect == "look":
            return True
        return name not in _NO_SHAPE if aspect == "shape" else name in ASPECTS[aspect]

    products = []
    for line in truth.read_text(encoding="utf-8").splitlines():
        product = json.loads(line)
        values = {name: product["attributes"].get(name) for name in product["visual"] if counts(name)}
        if values:
            products.append(Labelled(product["id"], product["kind"], values))
    return products
