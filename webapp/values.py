"""How anchors and weights are written in a query string."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from es_mappings.layout import Layout
from es_mappings.product import DEFAULT_WEIGHTS

# "ID" or "ID^weight"; an id may hold a ^ of its own, so the last one counts.
_WEIGHTED = re.compile(r"(?P<id>.+?)(?:\^(?P<weight>[0-9.]{1,8}))?")


def read_anchor(value: str) -> tuple[str, float]:
    """Read ``ID`` or ``ID^weight``.

    Raises
    ------
    ValueError
        It is neither, or the weight isn't above 0 and at most 100.
    """
    match = _WEIGHTED.fullmatch(value)
    if not match:
        raise ValueError(f"{value!r} is not a product id, or id^weight")
    try:
        weight = float(match["weight"] or 1)
    except ValueError as error:
        raise ValueError(f"the weight of {value!r} is not a number") from error
    if not 0 < weight <= 100:
        raise ValueError(f"the weight of {value!r} must be above 0, and at most 100")
    return match["id"], weight


def read_weights(values: Iterable[str], layout: Layout) -> dict[str, float]:
    """Read ``aspect:number``, each aspect of the layout.

    Raises
    ------
    ValueError
        One can't be read, or none of all the aspects counts.
    """
    weights: dict[str, float] = {}
    for value in values:
        aspect, _, number = value.partition(":")
        if aspect not in layout.names:
            raise ValueError(f"there is no aspect {aspect!r}; the aspects are {', '.join(layout.names)}")
        try:
            weights[aspect] = float(number)
        except ValueError as error:
            raise ValueError(f"{value!r} is not aspect:number") from error
        if not (math.isfinite(weights[aspect]) and 0 <= weights[aspect] <= 100):
            raise ValueError(f"the weight of {aspect} must be from 0 to 100")
    if weights and not any((DEFAULT_WEIGHTS | weights).values()):
        raise ValueError("at least one aspect needs a weight above 0")
    return weights


def plain(value: object) -> str:
    """Write a value for a query string."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
