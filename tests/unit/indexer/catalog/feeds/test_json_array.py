import io
import json
from pathlib import Path

import pytest

from indexer.catalog.feeds import json_array
from indexer.catalog.feeds.reading import read_catalog
from indexer.catalog.products import Product
from indexer.errors import CatalogError


def _read(text: str) -> list[tuple[int, object]]:
    start = json_array.array_start(text)
    assert start is not None
    return list(json_array.rows(io.StringIO(text), start))


def test_items_keep_their_lines_whatever_is_in_their_texts() -> None:
    items = [
        {"id": str(n), "title": 'a "quoted, [text] {\\' + "x" * (n % 89), "sizes": ["S", ["M"]]} for n in range(3_000)
    ]
    rows = _read(json.dumps(items, indent=1))
    assert [item for _, item in rows] == items
    lines = json.dumps(items, indent=1).splitlines()
    assert all(lines[number - 1].strip() == "{" for number, _ in rows)


def test_a_broken_item_harms_only_itself() -> None:
    rows = _read('[{"id": "1"}, {"id" "2"},\n {"id": "3"}, 5]')
    assert [(n, str(r) if isinstance(r, CatalogError) else r) for n, r in rows if not isinstance(r, CatalogError)] == [
        (1, {"id": "1"}),
        (2, {"id": "3"}),
        (2, 5),
    ]
    assert "not JSON" in str(rows[1][1])


def test_a_file_that_ends_inside_an_item_keeps_the_others() -> None:
    (_, first), (_, second) = _read('[{"id": "1"}, {"id": "2", "title": "x')
    assert first == {"id": "1"}
    assert isinstance(second, CatalogError)


@pytest.mark.parametrize("end", ["", ",", ",\n "])
def test_a_file_that_ends_between_two_items_says_that_it_was_cut_off(end: str) -> None:
    (_, first), (_, cut) = _read('{"products": [{"id": "1"}' + end)
    assert first == {"id": "1"}
    assert "cut off" in str(cut)


def test_an_overlong_item_ends_only_itself() -> None:
    (_, first), (_, second) = _read('[{"id": "' + "a" * 2_000_000 + '"}, {"id": "2"}]')
    assert "longer than" in str(first)
    assert second == {"id": "2"}


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": "a1", "title": "one"}, {"id": "a2", "title": "two"}]',
        '{"count": 2, "products": [{"id": "a1", "title": "one"}, {"id": "a2", "title": "two"}], "next": [3]}',
        '{\n "_embedded": {"items": [\n{"id": "a1", "title": "one"},\n{"id": "a2", "title": "two"}]}}',
        '{"id": "a1", "title": "one", "items": [1]}\n{"id": "a2", "title": "two"}',
    ],
)
def test_a_json_file_holds_lines_an_array_or_an_object_around_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "catalog.json"
    file.write_text(text)
    products = [product for _, product in read_catalog(file)]
    assert [(p.id, p.title) for p in products if isinstance(p, Product)] == [("a1", "one"), ("a2", "two")]
