"""A catalogue file that has been recognised: its encoding, its syntax and its format."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from indexer.catalog.feeds import csv, formats, json_array, json_lines, own, xml
from indexer.catalog.feeds.encodings import checked_encoding, detect_encoding, encoding_name
from indexer.catalog.feeds.files import DAMAGES, HEAD, is_binary, open_text, suffix
from indexer.catalog.feeds.mapping import Mapping
from indexer.catalog.feeds.proposing import foreign
from indexer.catalog.feeds.rows import Format, Rows
from indexer.errors import CatalogError

_SUFFIXES = {".csv": "CSV", ".tsv": "CSV", ".jsonl": "JSON Lines", ".ndjson": "JSON Lines"}
_DELIMITERS = {"\t": "tabs", ",": "commas"}
_COLUMNS = 12  # that a message names
_OURS = {"id", "title", "type", "identifier", "values"}  # of a JSON object that is a product or an event itself


@dataclass(frozen=True)
class FeedOptions:
    """What is known about a file; the rest is recognised.

    Attributes
    ----------
    format, encoding, delimiter : str
        Name of the format, of the encoding, and what separates the cells of a CSV; empty: the mapping's, or recognised.
    mapping : Mapping, optional
        What its columns mean.
    """

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    mapping: Mapping | None = None


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
    columns : list of str
        Those of the header, or of the first row.
    format : Format or None
        Whose export it is; None if no format knows its columns.
    mapping : Mapping or None
        What its columns mean, or what is changed in the products of the format.
    """

    path: Path
    encoding: str
    syntax: str
    delimiter: str
    columns: list[str]
    format: Format | None
    mapping: Mapping | None
    reader: Callable[[TextIO], Rows]

    @property
    def description(self) -> str:
        """How the file is read, in one line."""
        form = self.format.title if self.format else self.syntax
        mapped = f" with {self.mapping.path.name}" if self.mapping else ""
        cells = f", separated by {_DELIMITERS.get(self.delimiter, self.delimiter)}" if self.delimiter else ""
        return f"{self.path.name}: read as {form}{mapped}, {encoding_name(self.encoding)}{cells}"

    def rows(self) -> Rows:
        """Read the rows as the file has them.

        Raises
        ------
        CatalogError
            The file can't be read any further.
        """
        return _rows(self.path, self.encoding, self.reader)

    def products(self, rows: Rows | None = None) -> Rows:
        """Read the products and events, with the fields of our catalogue, their values as the file has them.

        Parameters
        ----------
        rows : iterator of rows, optional
            The file's, if somebody else watches them, too.

        Raises
        ------
        CatalogError
            The file can't be read any further.
        """
        source = self.rows() if rows is None else rows
        language = self.mapping.language if self.mapping else ""
        products = self.format.products(source, language) if self.format else source
        return self.mapping.products(products) if self.mapping else products


def recognise(path: Path, options: FeedOptions = FeedOptions()) -> Feed:
    """Recognise a catalogue file as far as possible: its format may stay unknown.

    Raises
    ------
    CatalogError
        The file can't be read, or an option is wrong.
    """
    mapping = options.mapping
    if mapping and mapping.columns and options.format:
        raise CatalogError(
            f"{mapping.path} says what the columns mean; leave out --format {options.format}, or columns"
        )
    encoding = options.encoding or (mapping.encoding if mapping else "")
    try:
        encoding = checked_encoding(encoding) if encoding else detect_encoding(path)
        with open_text(path, encoding) as text:
            head = text.read(HEAD)
    except DAMAGES as error:
        raise CatalogError(f"{path} can't be read: {error}") from error
    if not options.format and is_binary(head):
        raise CatalogError(
            f"{path} is no catalogue: it isn't text. Catalogues are CSV, JSON, JSON Lines or XML; "
            "export a spreadsheet as CSV, and name pictures in the catalogue's column of images"
        )
    syntax = _SUFFIXES.get(suffix(path)) or _syntax(head)
    delimiter = options.delimiter or (mapping.delimiter if mapping else "") or csv.detect_delimiter(head)
    reader = _reader(syntax, delimiter, head)
    columns = csv.header(head, delimiter) if syntax == "CSV" else _first_columns(_rows(path, encoding, reader))
    form = _format(syntax, columns, options)
    return Feed(path, encoding, syntax, delimiter if syntax == "CSV" else "", columns, form, mapping, reader)


def open_feed(path: Path, options: FeedOptions = FeedOptions()) -> Feed:
    """Recognise a catalogue file whose products are to be read.

    Raises
    ------
    CatalogError
        The file can't be read, is of no known format, or lacks columns that its mapping names.
    """
    feed = recognise(path, options)
    if feed.format is None and feed.columns and not feed.mapping:
        raise CatalogError(_unknown(feed))
    if feed.mapping and feed.syntax == "CSV" and (missing := feed.mapping.columns.keys() - set(feed.columns)):
        raise CatalogError(
            f"{feed.mapping.path}: columns: {path.name} has no column {sorted(missing)[0]!r}; "
            f"its columns are {_named(feed.columns)}"
        )
    return feed


def _unknown(feed: Feed) -> str:
    """Say why a file can't be read without a mapping."""
    proposal = f"`lookalike feed inspect {feed.path}` proposes a mapping of the columns to our fields"
    own_format = own.CSV if feed.syntax == "CSV" else own.JSON
    if own_format.recognises({column.lower() for column in feed.columns}) and (others := foreign(feed.columns)):
        column, field = next(iter(others.items()))
        return (
            f"{feed.path.name}: the column {column!r} is not read, since ours is called {field}. {proposal}; "
            f"--format {own_format.name} loads the file as it is"
        )
    return f"{feed.path.name} is of no known format: its columns are {_named(feed.columns)}. {proposal}"


def _named(columns: list[str]) -> str:
    return ", ".join(columns[:_COLUMNS]) + (", ..." if len(columns) > _COLUMNS else "")


def _syntax(head: str) -> str:
    start = head.lstrip()
    if start.startswith("<"):
        return "XML"
    if start.startswith("["):
        return "JSON"
    if not start.startswith("{"):
        return "CSV"
    try:
        first = json.loads(start.partition("\n")[0])
    except (ValueError, RecursionError):
        first = {}
    is_line = isinstance(first, dict) and bool(first.keys() & _OURS)
    return "JSON Lines" if is_line or json_array.array_start(head) is None else "JSON"


def _reader(syntax: str, delimiter: str, head: str) -> Callable[[TextIO], Rows]:
    if syntax == "CSV":
        return partial(csv.rows, delimiter=delimiter)
    if syntax == "JSON":
        return partial(json_array.rows, start=json_array.array_start(head) or 0)
    return xml.rows if syntax == "XML" else json_lines.rows


def _first_columns(rows: Rows) -> list[str]:
    first: dict[str, Any] = next((row for _, row in rows if isinstance(row, dict)), {})
    return list(first)


def _format(syntax: str, columns: list[str], options: FeedOptions) -> Format | None:
    """Return the format that the options or the columns name; JSON of unknown ones may be events."""
    mapping = options.mapping
    if name := options.format or (mapping.format if mapping else ""):
        return _asked_for(name, columns)
    if mapping:
        return None
    kind = syntax.partition(" ")[0]
    known = formats.recognised(kind, {column.lower() for column in columns})
    if known in {own.CSV, own.JSON} and foreign(columns):
        return None
    is_event = kind == "JSON" and ("type" in columns or not columns)
    return known or (own.JSON if is_event else None)


def _asked_for(name: str, columns: list[str]) -> Format:
    """Return the format of a name, if the file has its columns; in our own formats any column may be missing."""
    form = formats.named(name)
    if form in {own.CSV, own.JSON} or form.recognises({column.lower() for column in columns}):
        return form
    raise CatalogError(
        f"format: no {form.title} export has the columns {_named(columns)}. Export in English, or map the columns: "
        "`lookalike feed inspect` proposes a mapping"
    )


def _rows(path: Path, encoding: str, reader: Callable[[TextIO], Rows]) -> Rows:
    number = 0
    try:
        with open_text(path, encoding) as text:
            for number, row in reader(text):
                yield number, row
    except DAMAGES as error:
        place = f" after line {number:,}" if number else ""
        raise CatalogError(f"{path} can't be read{place}: {error}") from error
