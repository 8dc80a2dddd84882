import json
from pathlib import Path

import pytest

from indexer.catalog.documents import product_document
from indexer.catalog.products import Product, parse_product, read_catalog
from indexer.errors import CatalogError


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ({"title": "x"}, "id: Field required"),
        ({"id": "a"}, "title: Field required"),
        ({"id": "a", "title": " "}, "title: String should have at least 1 character"),
        ({"id": "a b", "title": "x"}, "id: String should match pattern"),
        ({"id": "a/b", "title": "x"}, "id: String should match pattern"),
        ({"id": "a", "title": "x", "price": "cheap"}, "price: Input should be a valid number"),
        ({"id": "a", "title": "x", "price": -1}, "price: Input should be greater than or equal to 0"),
        ({"id": "a", "title": "x", "price": float("nan")}, "price: Input should be a finite number"),
        ({"id": "a", "title": "x", "images": "one.jpg"}, "images: Input should be a valid list"),
        ({"id": "a", "title": "x", "attributes": {"a:b": 1}}, "attributes.a:b.[key]: String should match pattern"),
        ({"id": "a", "title": "x", "attributes": {"a": {"b": 1}}}, "attributes.a"),
        ({"id": "a", "title": "x", "version": -1}, "version: Input should be greater than or equal to 0"),
        ([], "product: Input should be a valid dictionary"),
        (None, "product: Input should be a valid dictionary"),
    ],
)
def test_a_bad_product_says_which_field_and_why(line: object, fault: str) -> None:
    with pytest.raises(CatalogError) as error:
        parse_product(line)
    assert fault in str(error.value)


def test_unknown_fields_are_kept_apart() -> None:
    product = parse_product({"id": "a", "title": "x", "vector": [1, 2], "season": "spring"})
    document = product_document(product)
    assert document["extra"] == {"vector": [1, 2], "season": "spring"}
    assert "vector" not in document


def test_bad_lines_are_reported_by_number_and_the_others_read(tmp_path: Path) -> None:
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


def test_csv_with_the_same_names(tmp_path: Path) -> None:
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
    assert "more cells" in str(c)
    assert line == 4


def test_a_line_without_end_is_refused_and_does_not_fill_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "catalog.jsonl"
    file.write_text('{"id": "' + "a" * 2_500_000 + '"}\n{"id": "b", "title": "x"}\n')
    rows = list(read_catalog(file))
    assert [type(row) for _, row in rows] == [CatalogError, Product]


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "catalog.jsonl"
    file.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(CatalogError, match="can't be read"):
        list(read_catalog(file))
