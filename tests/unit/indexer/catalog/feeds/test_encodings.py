from pathlib import Path

import pytest

from indexer.catalog.feeds.encodings import checked_encoding, detect_encoding, encoding_name
from indexer.errors import CatalogError

TEXTS = {
    "German": ("Röckchen für Mädchen \N{EN DASH} 20 €", "cp1252"),
    "French": ("Café crème à l'été, Robe à fleurs brodée", "cp1252"),
    "Spanish": ("Camión pequeño niño", "cp1252"),
    "an apostrophe": ("Men\N{RIGHT SINGLE QUOTATION MARK}s shirt", "cp1252"),
    "Norwegian": ("Grønn kjole med blåbær", "cp1252"),
    "Polish": ("Sukienka żółta w kwiaty \N{EN DASH} średnia, spódnica długa błękitna", "cp1250"),
    "Russian": ("Платье красное летнее", "cp1251"),
    "Greek": ("Κόκκινο φόρεμα καλοκαιρινό", "cp1253"),
    "Turkish": ("K\u0131rm\u0131z\u0131 elbise ş\u0131k güzel", "cp1254"),
    "Japanese": ("赤いドレス 夏、青いスカート", "cp932"),
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_short_title_tells_its_encoding(tmp_path: Path, language: str) -> None:
    text, encoding = TEXTS[language]
    file = tmp_path / "catalog.csv"
    file.write_bytes(f"id,title\n1,{text}\n".encode(encoding))
    assert file.read_bytes().decode(detect_encoding(file)).splitlines()[1] == f"1,{text}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_recognised_with_and_without_a_mark(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "catalog.csv"
    text = "id;title\n1;Kleid für Damen 20 €\n"
    file.write_bytes(text.encode(encoding))
    with file.open(encoding=detect_encoding(file), newline="") as opened:
        assert opened.read() == text


def test_the_first_letter_beyond_ascii_may_be_late_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "catalog.csv"
    file.write_bytes(b"id,title\n" + b"1,Dress\n" * 500_000 + "2,Röckchen für Mädchen\n".encode("cp1252"))
    assert detect_encoding(file) == "cp1252"


def test_one_damaged_line_does_not_change_the_encoding(tmp_path: Path) -> None:
    file = tmp_path / "catalog.csv"
    file.write_bytes("id,title\n1,Röckchen\n2,Mädchen\n".encode() + "3,für\n".encode("cp1252"))
    assert encoding_name(detect_encoding(file)) == "UTF-8"


@pytest.mark.parametrize("name", ["klingon", "base64", ""])
def test_an_encoding_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(CatalogError, match="encoding"):
        checked_encoding(name)


def test_xml_says_its_encoding(tmp_path: Path) -> None:
    file, text = tmp_path / "feed.xml", "<item>Sukienka ślubna żółta, długa błękitna</item>"
    for declared in ("ISO-8859-2", "windows-1250"):
        file.write_bytes(f'<?xml version="1.0" encoding="{declared}"?>\n{text}'.encode(declared))
        assert text in file.read_bytes().decode(detect_encoding(file))
    file.write_bytes(f'<?xml version="1.0" encoding="ISO-8859-2"?>\n{text}'.encode())  # it isn't: all of it is UTF-8
    assert detect_encoding(file) == "utf-8-sig"
    file.write_bytes(b'<?xml version="1.0" encoding="none-such"?>\n<item>K\xf6ln</item>')
    assert detect_encoding(file) == "cp1252"
