"""Split golden sets in two, and make sure that what is measured was not fitted on."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from indexer.errors import GoldenSetError
from indexer.relevance.golden import AnyJudgement


@dataclass(frozen=True)
class Split:
    """Two parts of a golden set: one to fit on, the other to measure on.

    Attributes
    ----------
    dropped : int
        Judgements in neither part, because anchor and candidate fall into different parts.
    """

    fit: list[AnyJudgement] = field(default_factory=list)
    measure: list[AnyJudgement] = field(default_factory=list)
    dropped: int = 0


def fraction(text: str) -> float:
    """Hash text to a number in [0, 1) that is the same on every machine, to assign products to a share."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64


def split(
    judgements: Iterable[AnyJudgement],
    *,
    by: Literal["anchor", "product"],
    share: float = 0.5,
    seed: str = "",
    groups: Mapping[str, str] | None = None,
) -> Split:
    """Split a golden set in two.

    A hash of the product's id decides the part, so that products stay in their part as the set grows.

    Parameters
    ----------
    by : {"anchor", "product"}
        ``anchor`` keeps every judgement, and the parts share candidates: enough to fit what only compares products.
        ``product`` puts every product into one part, for what is fitted on products; pairs across are dropped.
        Queries are treated as anchors, but no product.
    share : float
        Share of anchors and queries, or products, in `Split.fit`: 0 to 1, exclusive.
    seed : str
        Another seed makes another split.
    groups : mapping, optional
        Product -> group, such as its image's digest or its style; a group is never divided.

    Raises
    ------
    GoldenSetError
        A part would be empty.
    """
    known = groups or {}

    def fits(product: str) -> bool:
        return fraction(f"{seed}\n{known.get(product, product)}") < share

    parts = Split()
    dropped = 0
    for judgement in judgements:
        sides = set(map(fits, judgement.products if by == "product" else [judgement.topic]))
        if len(sides) > 1:
            dropped += 1
        else:
            (parts.fit if True in sides else parts.measure).append(judgement)
    if not parts.fit or not parts.measure:
        raise GoldenSetError(f"A share of {share:g} leaves one part without a judgement")
    return Split(parts.fit, parts.measure, dropped)


def refuse_leakage(
    fit: Collection[str], measure: Collection[str], images: Mapping[str, Iterable[str]] | None = None
) -> None:
    """Check that no measured product or image was fitted on.

    Parameters
    ----------
    fit, measure : collection of str
        Ids of the products of each part.
    images : mapping, optional
        Product -> digests of its images, because to a CNN the same image under another id is the same product.

    Raises
    ------
    GoldenSetError
        A product or an image is in both parts; the message names some.
    """
    both = sorted(set(fit) & set(measure))
    if both:
        raise GoldenSetError(f"{len(both):,} products are in both parts, the fitted and the measured: {_some(both)}")
    if images:
        fitted = {digest: product for product in fit for digest in images.get(product, ())}
        shared = [(p, fitted[digest]) for p in sorted(measure) for digest in images.get(p, ()) if digest in fitted]
        if shared:
            pairs = _some([f"{product} has the image of {other}" for product, other in shared])
            raise GoldenSetError(f"{len(shared):,} images of the measured part were fitted on: {pairs}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
