"""JSON Lines: one product or event per line."""

from __future__ import annotations

from typing import Any, TextIO

from indexer.catalog.feeds.files import MAX_ROW, damaged, is_damaged, lines
from indexer.catalog.feeds.rows import Rows
from indexer.catalog.values.json_values import loads
from indexer.errors import CatalogError


def rows(text: TextIO) -> Rows:
    """Read a file line by line, without empty lines."""
    for number, line in enumerate(lines(text), 1):
        if line.strip():
            yield number, parsed(line)


def parsed(text: str) -> Any:
    """Return the value of a JSON text, or why it has none."""
    if len(text) >= MAX_ROW:
        return CatalogError(f"longer than {MAX_ROW:,} characters", "too long")
    if is_damaged(text):
        return damaged()
    try:
        return loads(text)
    except CatalogError as error:
        return error
