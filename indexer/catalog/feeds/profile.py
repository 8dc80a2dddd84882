"""What the columns of a file hold: how often each is filled, and with what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from indexer.catalog.feeds.rows import Rows

_EXAMPLES = 3
_LENGTH = 60  # characters of an example
_MAX_COLUMNS = 1_000


@dataclass
class Column:
    """A column: how many rows fill it, and the first different values, shortened."""

    filled: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, value: Any) -> None:
        """Count a value."""
        self.filled += 1
        if len(self.examples) < _EXAMPLES:
            text = " ".join(str(value).split())
            text = text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "\N{HORIZONTAL ELLIPSIS}"
            if text not in self.examples:
                self.examples.append(text)


class Profile:
    """The columns of the rows that passed; those inside JSON objects as dotted paths, as a mapping names them."""

    def __init__(self) -> None:
        self.rows = 0
        self.columns: dict[str, Column] = {}

    def watch(self, rows: Rows) -> Rows:
        """Pass rows on."""
        for number, row in rows:
            if isinstance(row, dict):
                self.rows += 1
                self._note(row)
            yield number, row

    def _note(self, row: dict[str, Any]) -> None:
        seen: dict[str, Any] = {}
        for name, value in _leaves(row, ""):
            if name not in seen and len(self.columns) < _MAX_COLUMNS:
                self.columns.setdefault(name, Column())
            if value not in ("", None, [], {}):
                seen.setdefault(name, value)
        for name, value in seen.items():
            if name in self.columns:
                self.columns[name].note(value)


def _leaves(row: dict[str, Any], prefix: str, depth: int = 4) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        path = f"{prefix}{name}"
        inner = value if isinstance(value, list) else [value]
        if depth and inner and all(isinstance(item, dict) for item in inner):
            for item in inner:
                yield from _leaves(item, f"{path}.", depth - 1)
        else:
            yield path, next((item for item in inner if item not in ("", None)), None)
