import gzip
import json
from pathlib import Path

import pytest

from indexer.catalog.feeds.feed import FeedOptions, open_feed
from indexer.catalog.feeds.reading import read_catalog, read_feed
from indexer.catalog.products import Product, parse_product
from indexer.errors import CatalogError


def test_invalid_lines_are_reported_by_number_and_the_others_read(tmp_path: Path) -> None:
    file = tmp_path / "catalog.jsonl"
    good = json.dumps({"id": "a", "title": "x", "images": ["pictures/a b.jpg", "https://shop.example/a.jpg"]})
    file.write_text(f"{good}\n\nnot json\n" + '{"id": "b"}\n' + '{"id": "c", "title": "y"}')
    rows = list(read_catalog(file))
    assert [number for number, _ in rows] == [1, 3, 4, 5]
    first, no_json, no_title, last = (row for _, row in rows)
    assert isinstance(first, Product)
    assert first.images == [f"file://{tmp_path}/pictures/a%20b.jpg", "https://shop.example/a.jpg"]
    assert isinstance(no_json, CatalogError)
    assert "not JSON" in str(no_json)
    assert isinstance(no_title, CatalogError)
    assert isinstance(last, Product)


def test_csv_has_the_same_field_names(tmp_path: Path) -> None:
    file = tmp_path / "catalog.csv"
    file.write_text(
        "id,title,category,price,in_stock,attributes.color,images\n"
        'a,"Dress, red",Dresses|Midi,19.5,false,red,1.jpg|2.jpg\n'
        "b,,,,,,\n"
        "c,Toy,,,,,,surplus\n"
    )
    (_, a), (_, b), (line, c) = read_catalog(file)
    assert isinstance(a, Product)
    assert (a.title, a.category, a.price, a.in_stock) == ("Dress, red", ["Dresses", "Midi"], 19.5, False)
    assert a.attributes == {"color": "red"}
    assert a.images == [f"file://{tmp_path}/1.jpg", f"file://{tmp_path}/2.jpg"]
    assert isinstance(b, CatalogError)
    assert isinstance(c, CatalogError)
    assert "8 cells" in str(c)
    assert line == 4


def test_an_overlong_line_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    file = tmp_path / "catalog.jsonl"
    file.write_text('{"id": "' + "a" * 2_500_000 + '"}\n{"id": "b", "title": "x"}\n')
    rows = list(read_catalog(file))
    assert [type(row) for _, row in rows] == [CatalogError, Product]


def test_a_file_that_ends_early_says_after_which_line(tmp_path: Path) -> None:
    file = tmp_path / "catalog.jsonl.gz"
    lines = [json.dumps({"id": str(number), "title": f"{number * 7919 % 9973:x}"}) for number in range(20_000)]
    whole = gzip.compress("\n".join(lines).encode())
    file.write_bytes(whole[: len(whole) // 2])
    rows: list[object] = []
    with pytest.raises(CatalogError, match=r"can't be read after line [\d,]+"):
        rows.extend(read_feed(open_feed(file, FeedOptions(encoding="utf-8")), parse_product))
