"""Attributes: names that filters can carry, and values of the kinds that facets count."""

from __future__ import annotations

import math
import re
from typing import Any

from indexer.catalog.limits import ATTRIBUTE_NAME, ATTRIBUTE_TEXT, ATTRIBUTE_VALUES, ATTRIBUTES, EXACT
from indexer.catalog.values.changes import Changes
from indexer.catalog.values.text import as_text, is_empty, read_text, without_controls

ATTRIBUTE = "attributes."  # prefix of a column, or of a field, that holds one attribute
_SEPARATORS = re.compile(r"[\s.:]+")


def attribute_name(name: str) -> str:
    """Return a name as filters carry it: ``Screen size``, ``pa:color`` and ``dim.width`` with ``_`` in between."""
    return _SEPARATORS.sub("_", without_controls(name).strip())[:ATTRIBUTE_NAME].strip("_")


def split_cell(cell: object) -> object:
    """Split the cell of a table at ``|``: ``S|M|L`` is three values."""
    if not isinstance(cell, str) or "|" not in cell:
        return cell
    return [value for item in cell.split("|") if (value := item.strip())]


def gather(fields: dict[str, Any]) -> None:
    """Move the fields ``attributes.NAME`` into ``attributes``, in place."""
    cells = {name: fields.pop(name) for name in list(fields) if name.startswith(ATTRIBUTE)}
    if cells and isinstance(known := fields.get("attributes") or {}, dict):
        named = {name.removeprefix(ATTRIBUTE): split_cell(cell) for name, cell in cells.items()}
        fields["attributes"] = {**known, **named}


def read_attributes(attributes: object, changes: Changes) -> Any:
    """Read a product's attributes. One that can't be an attribute is left out and noted; the product is kept."""
    if not isinstance(attributes, dict):
        return attributes
    read: dict[str, Any] = {}
    for name, value in attributes.items():
        if is_empty(value):
            continue
        key = changes.apply("an attribute renamed", f"{ATTRIBUTE}{name[:80]}", attribute_name, name)
        item = _read(value, f"{ATTRIBUTE}{key}", changes)
        if not key or key in read or item is None or len(read) == ATTRIBUTES:
            changes.note(_why(key, item, read), f"{ATTRIBUTE}{key}", value, "")
        elif not is_empty(item):
            read[key] = item
    return read


def _why(key: str, item: object, read: dict[str, Any]) -> str:
    """Say why an attribute is left out."""
    if not key or key in read:
        return "an attribute left out: its name is empty or taken"
    if item is None:
        return "an attribute left out: neither text, number, yes or no, nor a list of those"
    return f"an attribute left out: more than {ATTRIBUTES}"


def _read(value: object, field: str, changes: Changes) -> object:
    """Return the value of an attribute; None if it can't be one."""
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return changes.apply("a value and its unit joined", field, _with_unit, value)
    if isinstance(value, list):
        return _read_list(value, field, changes)
    if isinstance(value, str):
        return read_text(value, field, ATTRIBUTE_TEXT, changes)
    if isinstance(value, bool) or (isinstance(value, int | float) and abs(value) <= EXACT):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    text = read_text(value, field, ATTRIBUTE_TEXT, changes)  # too large for a quantity: a code
    return text if isinstance(text, str) else None


def _read_list(values: list[Any], field: str, changes: Changes) -> object:
    """Read a list of values as text: numbers and booleans too, because a list is a choice of values."""
    if any(isinstance(value, dict | list) for value in values):
        return None
    named = [str(value).lower() if isinstance(value, bool) else value for value in values if not is_empty(value)]
    texts = [read_text(value, field, ATTRIBUTE_TEXT, changes) for value in named]
    if not all(isinstance(text, str) for text in texts):
        return None
    kept = list(dict.fromkeys(text for text in texts if text))
    return changes.apply(f"more than {ATTRIBUTE_VALUES} values cut", field, lambda all_: all_[:ATTRIBUTE_VALUES], kept)


def _with_unit(value: dict[str, Any]) -> object:
    number, unit = (as_text(value[key]) for key in ("value", "unit"))
    return f"{number} {unit}".strip() if isinstance(number, str) and isinstance(unit, str) else None
