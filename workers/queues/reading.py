"""Read what Redis holds as data that anybody may have written: what can't be read is left out and ends no worker."""

from __future__ import annotations

import json
import logging
import math
from typing import Any

log = logging.getLogger(__name__)


def number(value: bytes | None, default: float = 0.0) -> float:
    """Return a finite number, or the default where there is none."""
    try:
        parsed = float(value or b"")
    except ValueError:
        return default
    return parsed if math.isfinite(parsed) else default


def text(value: bytes) -> str:
    """Return text; bytes that aren't UTF-8 are replaced."""
    return value.decode(errors="replace")


def json_object(value: bytes | None) -> dict[str, Any] | None:
    """Return a JSON object, or None where there is none."""
    if value is None:
        return None
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError) as error:
        log.warning("left out what Redis held instead of JSON: %s", error)
        return None
    return parsed if isinstance(parsed, dict) else None
