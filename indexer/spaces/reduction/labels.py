"""A catalogue's categories and attributes as labels to learn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from indexer.spaces.reduction.discriminants import UNKNOWN, Column
from indexer.vectorizers.base import ProductFields

LEAST = 8  # products that a class needs: of fewer, their backgrounds would be learned
_MAX_CLASSES = 256  # of one label: the most frequent
_MAX_LABELS = 64
CATEGORY = "category."


def label_columns(products: Sequence[ProductFields]) -> dict[str, Column]:
    """Read the labels of products: each level of the category, broad to narrow, then the attributes by name.

    Lists, numbers that hardly repeat, levels equivalent to the one above, and labels with fewer than two classes of
    `LEAST` products are left out.
    """
    columns: dict[str, Column] = {}
    depth = max((len(p.category) for p in products), default=0)
    for level in range(depth):
        paths = ["/".join(p.category[: level + 1]) if len(p.category) > level else UNKNOWN for p in products]
        _add(columns, f"{CATEGORY}{level}", paths)
    counts = Counter(name for p in products for name in p.attributes)
    for name, _ in sorted(counts.most_common(_MAX_LABELS)):
        _add(columns, name, [_text(p.attributes.get(name)) for p in products])
    return columns


def finest_category(columns: Mapping[str, Column]) -> Column | None:
    """Return the narrowest level of the category that can be learned from, if any."""
    levels = [column for name, column in columns.items() if name.startswith(CATEGORY)]
    return levels[-1] if levels else None


def broadest_category(columns: Mapping[str, Column]) -> Column | None:
    """Return the broadest level of the category that divides the catalogue, if any."""
    return next((column for name, column in columns.items() if name.startswith(CATEGORY)), None)


def _add(columns: dict[str, Column], name: str, values: list[str]) -> None:
    counts = Counter(v for v in values if v != UNKNOWN)
    classes = {v for v, n in counts.most_common(_MAX_CLASSES) if n >= LEAST}
    column = np.array([v if v in classes else UNKNOWN for v in values])
    if len(classes) >= 2 and not any(_is_equivalent(column, other) for other in columns.values()):
        columns[name] = column


def _is_equivalent(first: Column, second: Column) -> bool:
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    return len(pairs) == len(set(first.tolist())) == len(set(second.tolist()))


def _text(value: object) -> str:
    return UNKNOWN if value is None or isinstance(value, list) else str(value)
