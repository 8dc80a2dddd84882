import json
from pathlib import Path

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
