"""Labels for a golden set from the truth of the rendered catalogue: the attributes that a product's picture shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from indexer.relevance.golden import Judgement
from indexer.relevance.labels import Labelled, judge

# The attributes of each aspect. Shape has the visible ones that belong to no other.
ASPECTS = {
    "color": frozenset({"color", "accent_color", "frame_color", "keyboard_color"}),
    "pattern": frozenset({"pattern"}),
}
_NO_SHAPE = frozenset({"material"}).union(*ASPECTS.values())


# By what products of a kind are compared with each other: screens look alike, whatever is written on their boxes.
_WITHIN_KINDS = {"dress": "look", "toy": "look", "laptop": "all", "tv": "all"}


def judge_within_kinds(truth: Path, *, anchors: int = 60, candidates: int = 90) -> Iterator[Judgement]:
    """Judge products of each kind among themselves, to fit the aspect weights of its category.

    Parameters
    ----------
    anchors, candidates : int
        Anchors of each kind, and candidates of each anchor.
    """
    for kind, aspect in _WITHIN_KINDS.items():
        products = [product for product in read_truth(truth, aspect) if product.kind == kind]
        yield from judge(products, anchors=anchors, candidates=candidates, within_kind=True)


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
