"""A JSON array of products, on its own or inside an object, read an item at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from indexer.catalog.feeds.files import MAX_ROW, cut_off
from indexer.catalog.feeds.json_lines import parsed
from indexer.catalog.feeds.rows import Rows
from indexer.errors import CatalogError

_BLOCK = 65_536
_TOKEN = re.compile(r'["\\\[\]{},]')
_WRAPPED = re.compile(r'^\s*\{.*?"(?:products|items|events)"\s*:\s*(?=\[)', re.DOTALL)


def array_start(head: str) -> int | None:
    """Return where the array begins in the head of a file: at once, or under ``products``, ``items`` or ``events``."""
    if head.lstrip().startswith("["):
        return head.index("[")
    wrapped = _WRAPPED.match(head)
    return wrapped.end() if wrapped else None


def rows(text: TextIO, start: int) -> Rows:
    """Read the items of the array that begins at a position of the file; what follows the array is ignored.

    An item that can't be read doesn't keep the next from being read, unless its brackets or quotes don't match.
    """
    number = 1 + text.read(start + 1).count("\n")
    brackets, row = _Brackets(), None
    for item, size in _items(text, brackets):
        if item.strip():
            row = parsed(item.strip())
            yield number + item[: len(item) - len(item.lstrip())].count("\n"), row
        number += size
    if not brackets.is_closed and not isinstance(row, CatalogError):  # else the last row has said so
        yield number, cut_off()


def _items(text: TextIO, brackets: _Brackets) -> Iterator[tuple[str, int]]:
    """Split the inside of an array at its commas.

    Yields
    ------
    item : str
        Its JSON, with space around it; of one that is too long, the beginning.
    lines : int
        How many line breaks it has.
    """
    item, breaks = "", 0
    while block := text.read(_BLOCK):
        begin = 0
        for token in _TOKEN.finditer(block):
            at = token.start()
            if brackets.is_end(at, token.group()):
                yield item + block[begin:at], breaks + block.count("\n", begin, at)
                if token.group() != ",":
                    brackets.is_closed = True
                    return
                item, breaks, begin = "", 0, at + 1
        brackets.escaped -= len(block)
        item = (item + block[begin:])[:MAX_ROW]
        breaks += block.count("\n", begin)
    yield item, breaks


class _Brackets:
    """Where in the nesting of a JSON text its next character is."""

    def __init__(self) -> None:
        self.escaped = -1  # position of the character after a backslash
        self.is_closed = False  # the array's own
        self._depth = 0
        self._in_string = False

    def is_end(self, at: int, character: str) -> bool:
        """Return whether a character ends an item: a comma or a bracket outside of all items."""
        if self._in_string:
            if at != self.escaped:
                self.escaped = at + 1 if character == "\\" else self.escaped
                self._in_string = character != '"'
            return False
        self._in_string = character == '"'
        if character in "[{":
            self._depth += 1
        elif character in "]}" and self._depth:
            self._depth -= 1
        else:
            return not self._depth and character in ",]}"
        return False
