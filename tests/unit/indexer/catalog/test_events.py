import json
from pathlib import Path
from typing import Any

import pytest

from indexer.catalog.events import Delete, Update, Upsert, parse_event, parse_line
from indexer.catalog.feeds.feed import open_feed
from indexer.catalog.feeds.reading import read_feed
from indexer.errors import CatalogError


def test_the_three_types_of_event_are_parsed() -> None:
    upsert = parse_event({"type": "upsert", "product": {"id": "a", "title": "x", "version": 2}})
    assert isinstance(upsert, Upsert)
    assert (upsert.id, upsert.version) == ("a", 2)
    assert parse_event({"type": "delete", "id": "a", "version": 3}) == Delete(type="delete", id="a", version=3)
    update = parse_event({"type": "update", "id": "a", "version": 4, "fields": {"price": 5, "category": "Toys"}})
    assert isinstance(update, Update)
    assert update.fields == {"price": 5.0, "category": ["Toys"]}


def test_an_event_survives_serialization() -> None:
    for data in (
        {"type": "upsert", "product": {"id": "a", "title": "x", "season": "spring"}},
        {"type": "update", "id": "a", "fields": {"price": None, "style_id": "s"}},
        {"type": "delete", "id": "a"},
    ):
        event = parse_event(data, version=7)
        assert parse_event(json.loads(json.dumps(event.model_dump(mode="json")))) == event
        assert event.version == 7


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"type": "explode"}, "upsert"),
        (5, "dictionary"),
        ({"type": "upsert", "product": {"id": "a"}}, "title"),
        ({"type": "upsert", "product": []}, "product"),
        ({"type": "delete", "id": "a\tb"}, "id"),
        ({"type": "delete", "id": "a", "version": -1}, "version"),
        ({"type": "update", "id": "a", "version": 1, "fields": {}}, "fields"),
        ({"type": "update", "id": "a", "version": 1, "fields": {"prise": 1}}, "'prise' is no field"),
        ({"type": "update", "id": "a", "version": 1, "fields": {"id": "b"}}, "'id' is no field"),
        ({"type": "update", "id": "a", "version": 1, "fields": {"price": -1}}, "price"),
        ({"type": "update", "id": "a", "version": 1, "fields": {"title": None}}, "title"),
        ({"type": "update", "id": "a", "version": 1, "price": 1}, "price"),
    ],
)
def test_the_error_of_an_invalid_event_names_the_field(event: object, why: str) -> None:
    with pytest.raises(CatalogError, match=why):
        parse_event(event)


def test_a_file_holds_products_events_or_both(tmp_path: Path) -> None:
    file = tmp_path / "changes.jsonl"
    lines = [
        {"id": "a", "title": "x", "images": ["a.jpg"]},
        {"type": "upsert", "product": {"id": "b", "title": "x", "images": ["b.jpg"]}},
        {"type": "update", "id": "a", "fields": {"images": ["c.jpg"]}},
        {"type": "delete", "id": "c"},
        {"type": "dress", "id": "d", "title": "A product with a field of that name"},
        {"type": "update", "id": "a", "fields": {"images": 5}},
    ]
    file.write_text("\n".join(json.dumps(line) for line in lines))
    events = [line for _, line in read_feed(open_feed(file), parse_line)]
    assert [type(e) for e in events] == [Upsert, Upsert, Update, Delete, Upsert, CatalogError]
    folder = tmp_path.as_uri()
    assert events[1].product.images == [f"{folder}/b.jpg"]  # type: ignore[union-attr]
    assert events[2].fields == {"images": [f"{folder}/c.jpg"]}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"id": 12345}, {"id": "12345"}),
        ({"title": 2024}, {"title": "2024"}),
        ({"attributes": {"sizes": [36, 38, 40]}}, {"attributes": {"sizes": ["36", "38", "40"]}}),
        ({"attributes": {"sizes": ["36", 38]}}, {"attributes": {"sizes": ["36", "38"]}}),
        ({"attributes": {"weight": {"value": 3, "unit": "kg"}}}, {"attributes": {"weight": "3 kg"}}),
        ({"attributes": {"pa:color": "red", "dim.width": 3}}, {"attributes": {"pa_color": "red", "dim_width": 3}}),
        ({"id": "ABC/123"}, {"id": "ABC/123"}),
        ({"images": "https://127.0.0.1/a.jpg"}, {"images": ["https://127.0.0.1/a.jpg"]}),
        ({"price": "19,99 €"}, {"price": 19.99, "currency": "EUR"}),
        ({"currency": "eur"}, {"currency": "EUR"}),
        ({"in_stock": "out of stock"}, {"in_stock": False}),
        ({"title": "t" * 2_000}, {"title": "t" * 999 + "…"}),
        ({"images": [{"src": "https://127.0.0.1/a.jpg"}]}, {"images": ["https://127.0.0.1/a.jpg"]}),
        ({"category": "Home > Women > Dresses"}, {"category": ["Home", "Women", "Dresses"]}),
        ({"category": ["A", None]}, {"category": ["A"]}),
        ({"brand": 3}, {"brand": "3"}),
        ({"attributes": {"color": None, "sizes": [], "size": "M", "care": ""}}, {"attributes": {"size": "M"}}),
        ({"images": [f"https://a/{n}" for n in range(60)]}, {"images": [f"https://a/{n}" for n in range(50)]}),
        ({"images": [""]}, {"images": []}),
        ({"weight": float("nan")}, {"extra": {"weight": "nan"}}),
        ({"attributes": {"code": "12e306"}}, {"attributes": {"code": "12e306"}}),
        ({"version": None}, {}),
    ],
)
def test_a_line_as_shops_write_it_is_a_product(fields: dict[str, Any], read: dict[str, Any]) -> None:
    event = parse_line({"id": "p", "title": "A", **fields})
    assert isinstance(event, Upsert)
    assert {name: getattr(event.product, name) for name in read} == read


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"price": -1}, "price: Input should be greater than or equal to 0"),
        ({"version": 1_730_000_000_000_000_000}, "version: Input should be less than or equal to"),
        ({"id": "漢" * 200}, "id: Value error, longer than 512 bytes"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(CatalogError, match=why):
        parse_line({"id": "p", "title": "A", **fields})
