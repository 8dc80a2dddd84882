"""Open a catalogue file as text: decompressed, decoded, and never more of it in memory than a line."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from indexer.errors import CatalogError

MAX_ROW = 1_000_000  # characters; no product is longer, and a file without line breaks must not fill the memory
HEAD = 65_536  # characters that format and delimiter are recognised from

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # that no text has, whatever its encoding
_BEGINNING = 4_096  # characters
_FEW_CONTROLS, _MOST_CONTROLS = 8, 50  # so many may be damage; of a longer beginning, one in so many characters
_UNDECODED = re.compile("[\udc80-\udcff]")
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
DAMAGES = (OSError, EOFError, UnicodeError, zlib.error, zipfile.BadZipFile, NotImplementedError)


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a file, or the content of a ``.gz`` or of a ``.zip`` that holds one file; the content decides which it is.

    Raises
    ------
    CatalogError
        The archive holds several files, or one with a password.
    """
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(_GZIP):
            with gzip.open(file) as content:
                yield cast("BinaryIO", content)
        elif start == _ZIP:
            with zipfile.ZipFile(file) as archive, archive.open(_only_member(path, archive)) as content:
                yield cast("BinaryIO", content)
        else:
            yield file


def _only_member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        raise CatalogError(f"{path} holds {len(members)} files; extract the catalogue and load that file")
    if members[0].flag_bits & 1:
        raise CatalogError(f"{path} has a password; extract the catalogue and load that file")
    return members[0]


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[TextIO]:
    """Open a file's content as text, with its own line breaks.

    Bytes that are no character of an encoding become lone surrogates (U+DC80 to U+DCFF), which `is_damaged` finds: they
    spoil a line, not the file. UTF-16 has no such way; a replacement character stands for them.
    """
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    with open_bytes(path) as content, io.TextIOWrapper(content, encoding, errors, newline="") as text:
        yield text


def is_binary(head: str) -> bool:
    """Return whether the beginning of a file is no text: one with some damaged characters is."""
    start = head[:_BEGINNING]
    return len(_CONTROLS.findall(start)) > max(_FEW_CONTROLS, len(start) / _MOST_CONTROLS)


def is_damaged(text: str) -> bool:
    """Return whether a text has bytes that are no characters of the file's encoding."""
    return not text.isascii() and _UNDECODED.search(text) is not None


def damaged() -> CatalogError:
    """Return why a row with such bytes is refused."""
    return CatalogError("there are bytes that are no characters of the file's encoding", "bytes of another encoding")


def cut_off() -> CatalogError:
    """Return why a file that isn't closed has a refused line: what is missing can't be known."""
    return CatalogError("the file ends before its list of products does: it was cut off", "cut off")


def lines(text: TextIO) -> Iterator[str]:
    """Read line by line, each with its line break; of one that is too long, the first `MAX_ROW` characters."""
    while line := text.readline(MAX_ROW):
        piece = line
        while len(piece) == MAX_ROW and not piece.endswith(("\n", "\r")):
            piece = text.readline(MAX_ROW)
        yield line


def suffix(path: Path) -> str:
    """Return a file's suffix in lower case, without that of its compression."""
    name = path.name.lower().removesuffix(".gz").removesuffix(".zip")
    return Path(name).suffix
