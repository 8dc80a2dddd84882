import gzip
import zipfile
from pathlib import Path

import pytest

from indexer.catalog.feeds.files import is_damaged, lines, open_text
from indexer.errors import CatalogError

TEXT = "id,title\n1,Röckchen\n"


def _write(path: Path, *members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.writestr(member, TEXT)
    return path


def test_an_archive_is_read_whatever_its_name(tmp_path: Path) -> None:
    packed = tmp_path / "catalog.csv"
    packed.write_bytes(gzip.compress(TEXT.encode()))
    zipped = _write(tmp_path / "export", "catalog.csv", "__MACOSX/._catalog.csv")
    for path in (packed, zipped):
        with open_text(path, "utf-8") as text:
            assert text.read() == TEXT


def test_an_archive_of_several_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="2 files"), open_text(_write(tmp_path / "a.zip", "a", "b"), "utf-8"):
        pass


def test_a_bomb_takes_no_more_memory_than_a_line(tmp_path: Path) -> None:
    bomb = tmp_path / "catalog.jsonl.gz"
    with gzip.open(bomb, "wb", compresslevel=1) as file:
        for _ in range(50):
            file.write(b" " * 1_000_000)
        file.write(b"\nlast\n")
    with open_text(bomb, "utf-8") as text:
        first, last = lines(text)
    assert len(first) == 1_000_000
    assert last == "last\n"


def test_bytes_outside_the_encoding_spoil_their_line_only(tmp_path: Path) -> None:
    file = tmp_path / "catalog.csv"
    file.write_bytes(b"one\n\xff two\nthree \xc3\xa9\n")
    with open_text(file, "utf-8") as text:
        assert [is_damaged(line) for line in lines(text)] == [False, True, False]
