"""Attributes as a product's document holds them: ``name:value`` pairs, and numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MAX_NUMBER = 1e12  # what is larger is a code or a mistake, and counts as text: no slider can span it
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def attribute_key(name: str, value: object) -> str:
    """Return an attribute as the ``facets`` field holds it: ``name:value``, booleans as true and false."""
    return f"{name}:{str(value).lower() if isinstance(value, bool) else value}"


def attribute_pairs(attributes: Mapping[str, Any]) -> list[str]:
    """Return all of a product's attributes as ``name:value``, one for each value of a list."""
    return [
        attribute_key(name, value)
        for name, values in attributes.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def read_number(value: object) -> float | None:
    """Read a number, or text that is one; None for anything else and for numbers beyond `MAX_NUMBER`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) <= MAX_NUMBER else None  # NaN isn't, either
