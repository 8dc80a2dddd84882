"""JSON, with what some writers put into it and no reader takes."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from indexer.catalog.limits import EXACT
from indexer.errors import CatalogError

_DIGITS = 18  # of an integer that fits 64 bits
_SURROGATES = re.compile("[\ud800-\udfff]")


def loads(text: str | bytes) -> Any:
    """Parse JSON. Integers that no program can hold are codes, and become text.

    Raises
    ------
    CatalogError
        The text isn't JSON, or nested too deeply.
    """
    try:
        return json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise CatalogError(f"not JSON: {error}") from error


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits.removeprefix("-")) <= _DIGITS else digits


def clean_text(text: str) -> str:
    """Replace halves of surrogate pairs, and take out NUL: neither can be written as UTF-8 everywhere."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text).replace("\0", "")


def clean_value(value: Any, depth: int) -> Any:
    """Return a value that any reader of JSON takes.

    NaN, infinities and integers beyond 2^53 become text, and so does what is nested more than ``depth`` levels deep.
    """
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int) and abs(value) > EXACT:
        return hex(value) if value.bit_length() > 14_000 else str(value)  # Python writes no more than 4,300 digits
    if isinstance(value, dict | list) and depth == 0:
        return "…"
    if isinstance(value, dict):
        return {clean_text(str(name)): clean_value(item, depth - 1) for name, item in value.items()}
    return [clean_value(item, depth - 1) for item in value] if isinstance(value, list) else value
