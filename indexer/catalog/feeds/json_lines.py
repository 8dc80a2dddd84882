"""JSON Lines: one product or event per line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from indexer.errors import CatalogError

MAX_LINE = 1_000_000  # characters; no product is longer, and a file without line breaks must not fill the memory


def rows(path: Path) -> Iterator[tuple[int, Callable[[], Any]]]:
    """Read a file line by line, without empty lines.

    Yields
    ------
    line : int
        Number of the line, from 1.
    row : callable
        Returns the line's value, or raises `CatalogError`; later lines can still be read.
    """
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(iter(lambda: _line(file), ""), 1):
            if line.strip():
                yield number, lambda line=line: _parsed(line)  # type: ignore[misc]


def _line(file: TextIO) -> str:
    """Read a line; of one that is too long, only the first `MAX_LINE` characters."""
    line = piece = file.readline(MAX_LINE)
    while len(piece) == MAX_LINE and not piece.endswith("\n"):
        piece = file.readline(MAX_LINE)
    return line


def _parsed(line: str) -> Any:
    if len(line) >= MAX_LINE:
        raise CatalogError(f"the line is longer than {MAX_LINE:,} characters")
    try:
        return json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise CatalogError(f"not JSON: {error}") from error
