"""How a product's attributes are written in its document."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def attribute_key(name: str, value: object) -> str:
    """Write an attribute value as it stands in the ``facets`` field: ``name:value``, booleans as true and false."""
    return f"{name}:{str(value).lower() if isinstance(value, bool) else value}"


def attribute_pairs(attributes: Mapping[str, Any]) -> list[str]:
    """Write all of a product's attributes as ``name:value``; of a list, each of its values."""
    return [
        attribute_key(name, value)
        for name, values in attributes.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def read_number(value: object) -> float | None:
    """Read a number, or text that is one; None for anything else, and for what no double holds."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
