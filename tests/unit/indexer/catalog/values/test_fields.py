"""The whole of reading: fields that people write, and any that a file may hold."""

import json
from typing import Any

import pytest
from hypothesis import given

from indexer.catalog.events import parse_line, parse_stored_event
from indexer.catalog.products import parse_product
from indexer.catalog.values.changes import Changes
from indexer.catalog.values.fields import read_fields
from indexer.errors import CatalogError
from tests.lines import ANY, PRODUCTS, SOUND

EMPTY: list[Any] = [None, "", " ", [], {}]


@pytest.mark.parametrize(
    "field",
    [
        "description",
        "images",
        "category",
        "attributes",
        "brand",
        "price",
        "currency",
        "in_stock",
        "style_id",
        "version",
    ],
)
def test_an_empty_optional_field_is_absent(field: str) -> None:
    bare = parse_product({"id": "a", "title": "A", "version": 1})
    for empty in EMPTY:
        product = parse_product({"id": "a", "title": "A", "version": 1, field: empty})
        assert product.model_copy(update={"version": 1}) == bare


def test_an_empty_field_of_an_update_is_emptied() -> None:
    fields: dict[str, Any] = {"price": None, "description": "", "images": None, "in_stock": None, "attributes": {}}
    event: Any = parse_line({"type": "update", "id": 7, "version": 1, "fields": fields})
    assert event.id == "7"
    assert event.fields == {"price": None, "description": "", "images": [], "in_stock": True, "attributes": {}}
    with pytest.raises(CatalogError, match="title"):
        parse_line({"type": "update", "id": "a", "version": 1, "fields": {"title": None}})


def test_ids_are_those_of_shops() -> None:
    for product_id in ("ABC/123", "SKU 7", "A#1", "a^0", "100%", "?", '"', "a\\b", "漢" * 170):
        assert parse_product({"id": product_id, "title": "A"}).id == product_id
    assert parse_product({"id": 12345, "title": "A"}).id == "12345"
    assert parse_product({"id": " 12 ", "title": "A"}).id == "12"
    for wrong in (".", "..", "a/../b", "/a", "a/", "a//b", "漢" * 171, "a\nb", "", None, True, ["a"]):
        with pytest.raises(CatalogError, match="id: "):
            parse_product({"id": wrong, "title": "A"})


def test_unknown_fields_are_kept_as_far_as_json_goes() -> None:
    nested: Any = "x"
    for _ in range(300):
        nested = [nested]
    line = {
        "id": "a",
        "title": "A",
        "odd": nested,
        "weight": float("nan"),
        "ean": 10**4_000,
        "k" * 9_000: 1,
        "\ud800": 2,
    }
    product = parse_product(line, changes=(changes := Changes()))
    assert product.extra["weight"] == "nan"
    assert product.extra["k" * 200] == 1
    assert product.extra["\N{REPLACEMENT CHARACTER}"] == 2
    assert json.dumps(product.extra, allow_nan=False).count("[") == 20
    assert len(changes) == 5


@given(ANY)
def test_any_line_is_a_product_or_a_named_refusal(line: Any) -> None:
    event = _parsed(line)
    if isinstance(event, CatalogError):
        assert ":" in str(event)
        assert str(event).encode()
        return
    # What is accepted goes through a queue unchanged, and any reader of JSON takes it.
    stored = event.model_dump(mode="json")
    again = parse_stored_event(json.loads(json.dumps(stored, allow_nan=False).encode()))
    assert again == event
    json.dumps(stored, allow_nan=False, ensure_ascii=False).encode()


@given(SOUND)
def test_a_sound_product_is_accepted_whatever_its_other_fields_hold(line: dict[str, Any]) -> None:
    assert _parsed(line).id == line["id"]


def _parsed(line: object) -> Any:
    try:
        return parse_line(line)
    except CatalogError as error:
        return error


@given(PRODUCTS)
def test_reading_again_changes_nothing(fields: dict[str, Any]) -> None:
    try:
        read = read_fields(fields, Changes())
    except CatalogError:
        return
    assert repr(read_fields(read, Changes())) == repr(read)
