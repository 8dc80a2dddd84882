"""A catalogue file that has been recognised: its encoding, its syntax and its format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from indexer.catalog.feeds import csv, formats, json_lines, own
from indexer.catalog.feeds.encodings import checked_encoding, detect_encoding, encoding_name
from indexer.catalog.feeds.files import DAMAGES, HEAD, open_text, suffix
from indexer.catalog.feeds.rows import Format, Rows
from indexer.errors import CatalogError

_SUFFIXES = {".csv": "CSV", ".tsv": "CSV", ".jsonl": "JSON Lines", ".ndjson": "JSON Lines"}
_DELIMITER_NAMES = {"\t": "tabs", ",": "commas"}
_NAMED_COLUMNS = 12


@dataclass(frozen=True)
class FeedOptions:
    """What is known about a file; the rest is recognised.

    Attributes
    ----------
    format, encoding, delimiter : str
        Name of the format, of the encoding, and what separates the cells of a CSV; empty: recognised.
    """

    format: str = ""
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True)
class Feed:
    """A file and how it is read.

    Attributes
    ----------
    path : Path
        The file.
    encoding : str
        Its codec.
    syntax : str
        ``CSV``, ``JSON Lines``, ``JSON`` or ``XML``.
    delimiter : str
        What separates the cells of a CSV.
    format : Format
        Whose export it is.
    """

    path: Path
    encoding: str
    syntax: str
    delimiter: str
    format: Format

    @property
    def description(self) -> str:
        """How the file is read, in one line."""
        cells = f", separated by {_DELIMITER_NAMES.get(self.delimiter, self.delimiter)}" if self.delimiter else ""
        return f"{self.path.name}: read as {self.format.title}, {encoding_name(self.encoding)}{cells}"

    def rows(self) -> Rows:
        """Read the rows as the file has them.

        Raises
        ------
        CatalogError
            The file can't be read any further.
        """
        return _rows(self.path, self.encoding, self.syntax, self.delimiter)

    def products(self) -> Rows:
        """Read the products and events, with the fields of our catalogue, their values as the file has them.

        Raises
        ------
        CatalogError
            The file can't be read any further.
        """
        return self.format.products(self.rows(), "")


def open_feed(path: Path, options: FeedOptions = FeedOptions()) -> Feed:
    """Recognise a catalogue file.

    Raises
    ------
    CatalogError
        The file can't be read, or is of no known format.
    """
    try:
        encoding = checked_encoding(options.encoding) if options.encoding else detect_encoding(path)
        with open_text(path, encoding) as text:
            head = text.read(HEAD)
    except DAMAGES as error:
        raise CatalogError(f"{path} can't be read: {error}") from error
    syntax = _SUFFIXES.get(suffix(path)) or _syntax(head)
    delimiter = (options.delimiter or csv.detect_delimiter(head)) if syntax == "CSV" else ""
    form = formats.named(options.format) if options.format else _format(path, encoding, syntax, delimiter, head)
    return Feed(path, encoding, syntax, delimiter, form)


def _syntax(head: str) -> str:
    return "JSON Lines" if head.lstrip()[:1] == "{" else "CSV"


def _format(path: Path, encoding: str, syntax: str, delimiter: str, head: str) -> Format:
    """Return the first format that recognises the columns of the first row."""
    if syntax == "CSV":
        columns = csv.header(head, delimiter)
    else:
        first = (row for _, row in _rows(path, encoding, syntax, delimiter) if isinstance(row, dict))
        columns = list(next(first, {}))
    kind = syntax.partition(" ")[0]
    if form := formats.recognised(kind, {column.lower() for column in columns}):
        return form
    if kind == "JSON" or not columns:
        return own.JSON
    names = ", ".join(columns[:_NAMED_COLUMNS]) + (", ..." if len(columns) > _NAMED_COLUMNS else "")
    raise CatalogError(
        f"{path.name} is of no known format: its columns are {names}. "
        f"`lookalike feed inspect {path}` proposes a mapping of them to our fields"
    )


_READERS: dict[str, Callable[[TextIO, str], Rows]] = {
    "CSV": csv.rows,
    "JSON Lines": lambda text, _: json_lines.rows(text),
}


def _rows(path: Path, encoding: str, syntax: str, delimiter: str) -> Rows:
    number = 0
    try:
        with open_text(path, encoding) as text:
            for number, row in _READERS[syntax](text, delimiter):
                yield number, row
    except DAMAGES as error:
        place = f" after line {number:,}" if number else ""
        raise CatalogError(f"{path} can't be read{place}: {error}") from error
