"""CSV and TSV: a row per record, under a header of column names."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Collection, Iterator
from typing import TextIO

from indexer.catalog.feeds.files import MAX_ROW, damaged, is_damaged, lines
from indexer.catalog.feeds.rows import Row, Rows
from indexer.errors import CatalogError

Record = tuple[int, list[str] | CatalogError]

DELIMITERS = (",", ";", "\t", "|")
_SEP = re.compile(r"sep=([,;|\t])")  # a first line for Excel
_MAX_LINES = 1_000  # of one record; a longer one is taken for a quote that is never closed
_MAX_PIECES = 100  # of a row that line breaks have cut
_STARTS = 100  # rows whose first cell is remembered


def header(head: str, delimiter: str) -> list[str]:
    """Return the column names in the first record of a file."""
    first = next((line for line in head.splitlines() if line.strip() and not _SEP.fullmatch(line.strip())), "")
    return [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]


def detect_delimiter(head: str) -> str:
    """Return the delimiter that the file names, or that makes most columns of the header."""
    if named := _SEP.match(head):
        return named[1]
    return max(DELIMITERS, key=lambda delimiter: len(header(head, delimiter)))


def rows(text: TextIO, delimiter: str) -> Rows:
    """Read a file row by row, without empty ones.

    A record whose quote is never closed is refused with the number of its line, and the next line is read as a new
    record.
    """
    columns: list[str] = []
    records = _records(text, delimiter)
    for number, record in records:
        if isinstance(record, CatalogError):
            yield number, record
        elif not _SEP.fullmatch(delimiter.join(record)):
            columns = [name.strip() for name in record]
            break
    width = max((place for place, name in enumerate(columns, 1) if name), default=0)
    for number, record in _whole(records, width):
        yield number, record if isinstance(record, CatalogError) else _row(columns, record)


def _whole(records: Iterator[Record], width: int) -> Iterator[Record]:
    """Refuse rows that a line break without quotes has cut in pieces; short rows stay.

    Programs leave out empty cells at the end of a row, so that its length says nothing. But pieces follow each other,
    have the cells of one row together, and of them only the first begins as rows do.
    """
    starts: deque[str] = deque(maxlen=_STARTS)
    pieces: deque[tuple[int, list[str]]] = deque()
    for number, record in records:
        if isinstance(record, CatalogError) or len(record) >= width:
            yield from pieces
            pieces.clear()
            if not isinstance(record, CatalogError):
                starts.append(record[0])
            yield number, record
            continue
        pieces.append((number, record))
        while _cells(pieces) >= width or len(pieces) > _MAX_PIECES:
            if _cells(pieces) == width and _are_pieces([cells for _, cells in pieces], starts):
                yield pieces[0][0], _cut(number)
                pieces.clear()
            else:
                starts.append(pieces[0][1][0])
                yield pieces.popleft()
    yield from pieces


def _cells(pieces: Collection[tuple[int, list[str]]]) -> int:
    """Return how many cells the pieces of one row have together: each break has cut one in two."""
    return 1 + sum(len(record) - 1 for _, record in pieces)


def _are_pieces(records: list[list[str]], starts: Collection[str]) -> bool:
    first, *others = (_written_like(record[0]) for record in records)
    return bool(others) and not {first, *map(_written_like, starts)} & {*others}


def _cut(last: int) -> CatalogError:
    return CatalogError(
        f"a line break cuts the row, which goes on to line {last:,}; quote the cell that has it",
        "line breaks without quotes",
    )


def _written_like(cell: str) -> str:
    """Return how a cell is written: ``a-9`` for an id such as ``dress-17``."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d]+", "a", cell[:1_000]))


def _row(columns: list[str], record: list[str]) -> Row | CatalogError:
    if len(record) > len(columns) and any(cell.strip() for cell in record[len(columns) :]):
        return CatalogError(
            f"the row has {len(record)} cells, but the header has {len(columns)} columns", "more cells than columns"
        )
    if 2 * len(record) < len(columns):  # programs leave out empty cells at the end, but hardly half of a row
        return CatalogError(
            f"the row has {len(record)} cells, but the header has {len(columns)} columns", "fewer cells than columns"
        )
    row: Row = {}
    for column, cell in zip(columns, record, strict=False):
        if column in row:  # a repeated column, such as several of images
            row[column] = [*(row[column] if isinstance(row[column], list) else [row[column]]), cell]
        elif column:
            row[column] = cell
    return row


class _Lines:
    """Lines of a file, of which those after the first of a record can be read again."""

    def __init__(self, text: TextIO) -> None:
        self._lines = lines(text)
        self._again: deque[str] = deque()
        self.number = 1  # of the record's first line
        self.record: list[str] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.record) >= _MAX_LINES or self._size >= MAX_ROW:
            raise csv.Error("a record without an end")
        line = self._again.popleft() if self._again else next(self._lines)
        self.record.append(line)
        self._size += len(line)
        if len(line) >= MAX_ROW:
            raise csv.Error("a line without an end")
        return line

    def begin(self) -> None:
        """Begin the next record."""
        self.number += len(self.record)
        self.record, self._size = [], 0

    def give_back(self) -> None:
        """Leave only the first line in the record: the others are read again."""
        self._again.extendleft(reversed(self.record[1:]))
        del self.record[1:]


def _records(text: TextIO, delimiter: str) -> Iterator[Record]:
    """Read records with the number of their first line, without empty ones."""
    csv.field_size_limit(MAX_ROW)
    source = _Lines(text)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    columns = 0
    while True:
        source.begin()
        try:
            record = next(reader, None)
            if record is None:
                return
            columns = columns or len(record)
            if len(source.record) > 1 and _are_rows(source.record, delimiter, columns):
                raise csv.Error("rows inside a cell")
        except csv.Error as error:
            source.give_back()
            yield source.number, _unreadable(source.record[0], delimiter, columns, error)
            continue
        if any(is_damaged(line) for line in source.record):
            yield source.number, damaged()
        elif len(record) < columns and not source.record[-1].endswith(("\n", "\r")):
            yield source.number, CatalogError("the file ends in the middle of a row", "cut off")
        elif any(record):
            yield source.number, record


def _are_rows(record: list[str], delimiter: str, columns: int) -> bool:
    """Return whether the lines of a record look like rows that a stray quote has swallowed.

    Lines of a text seldom have all the cells of a row, and a first cell that is written like the first one's.
    """
    cells = [line.rstrip("\r\n").split(delimiter) for line in record]
    shapes = {_written_like(line[0]) for line in cells}
    return columns > 2 and len(shapes) == 1 and all(len(line) == columns for line in cells)


def _unreadable(line: str, delimiter: str, columns: int, error: csv.Error) -> list[str] | CatalogError:
    cells = line.rstrip("\r\n").split(delimiter)
    if len(line) >= MAX_ROW:
        return CatalogError(f"the row is longer than {MAX_ROW:,} characters", "too long")
    if delimiter == "\t" and len(cells) == columns:  # many programs that write TSV use no quotes
        return cells
    if '"' not in line:
        return CatalogError(f"no CSV: {error}")
    return CatalogError(
        "a quote is opened and not closed; quote the whole cell, and write a quote inside it twice", "unclosed quote"
    )
