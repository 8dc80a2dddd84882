"""Golden sets from labels: the catalogue's, or those that a rendered catalogue was drawn from."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from indexer.catalog.products import Product
from indexer.relevance.golden import Judgement

JUDGE = "labels"


@dataclass(frozen=True)
class Labelled:
    """A product and the labels by which it is compared.

    Attributes
    ----------
    kind : str
        Products of different kinds are never alike; empty if kinds don't matter.
    values : mapping
        Label -> value; None agrees with nothing.
    """

    id: str
    kind: str
    values: Mapping[str, Any]


def by_category(products: Iterable[Product]) -> list[Labelled]:
    """Label products by each level of their category, except levels that are equal for all products."""
    paths = {p.id: p.category for p in products if p.category}
    depth = max((len(path) for path in paths.values()), default=0)
    levels = [level for level in range(depth) if len({tuple(path[: level + 1]) for path in paths.values()}) > 1]
    return [
        Labelled(i, "", {str(level): "/".join(path[: level + 1]) for level in levels if level < len(path)})
        for i, path in paths.items()
    ]


def by_attributes(products: Iterable[Product], names: Sequence[str] = ()) -> list[Labelled]:
    """Label products by their attributes; their kind is the top category.

    Parameters
    ----------
    names : sequence of str, optional
        The attributes to use; by default all.
    """
    return [
        Labelled(p.id, p.category[0] if p.category else "", values)
        for p in products
        if (values := {n: v for n, v in p.attributes.items() if not names or n in names})
    ]


def likeness(anchor: Labelled, candidate: Labelled) -> float:
    """Return the share of the anchor's labels whose value the candidate also has, 0 to 1."""
    if anchor.kind != candidate.kind or not anchor.values:
        return 0.0
    agreeing = sum(1 for n, v in anchor.values.items() if v is not None and v == candidate.values.get(n))
    return agreeing / len(anchor.values)


def grade(share: float) -> int:
    """Grade a likeness, 0 to 3."""
    return 3 if share >= 0.7 else 2 if share >= 0.45 else 1 if share >= 0.25 else 0


def judge(
    products: Sequence[Labelled],
    *,
    anchors: int = 150,
    candidates: int = 30,
    within_kind: bool = False,
    seed: int = 7,
) -> Iterator[Judgement]:
    """Judge pairs of products by their labels.

    Parameters
    ----------
    anchors : int
        Products drawn as anchors.
    candidates : int
        Judged per anchor: a third each are the most alike, drawn from its kind and drawn from all; 0 judges all.
    within_kind : bool
        Judge only candidates of the anchor's kind.
    seed : int
        The same seed makes the same set.
    """
    draw = random.Random(seed)  # noqa: S311 - no secret
    today = dt.datetime.now(dt.UTC).date()
    for anchor in draw.sample(products, min(anchors, len(products))):
        others = [p for p in products if p.id != anchor.id and (not within_kind or p.kind == anchor.kind)]
        chosen = _sample(anchor, others, candidates, draw.sample) if candidates else others
        for candidate in chosen:
            yield Judgement(
                anchor=anchor.id,
                candidate=candidate.id,
                grade=grade(likeness(anchor, candidate)),
                judge=JUDGE,
                date=today,
            )


def _sample(
    anchor: Labelled,
    others: Sequence[Labelled],
    candidates: int,
    draw: Callable[[Sequence[Labelled], int], list[Labelled]],
) -> list[Labelled]:
    third = max(1, candidates // 3)
    same_kind = [p for p in others if p.kind == anchor.kind]
    close = sorted(same_kind, key=lambda p: -likeness(anchor, p))[:third]
    drawn = [*close, *draw(same_kind, min(third, len(same_kind))), *draw(others, min(third, len(others)))]
    return list({p.id: p for p in drawn}.values())
