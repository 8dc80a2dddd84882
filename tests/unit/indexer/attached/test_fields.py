from dataclasses import replace

import pytest

from indexer.attached.fields import FieldNames, describe, values

NAMES = FieldNames("photos.url", "sku", "name", category="path", brand="maker.name", attributes=("color", "size"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"a": {"b": 1}}, [1]),
        ({"a": [{"b": 1}, {"b": [2, 3]}, {"c": 4}]}, [1, 2, 3]),  # nested, or plain lists of objects
        ({"a.b": 1}, [1]),  # a name that contains a dot
        ({"a": {"b": None}}, [None]),
        ({"a": 1}, []),
        ({}, []),
    ],
)
def test_a_path_goes_through_objects_lists_and_dotted_names(source: dict[str, object], expected: list[object]) -> None:
    assert list(values(source, "a.b")) == expected


def test_a_foreign_document_is_read_by_its_own_field_names() -> None:
    source = {
        "sku": 7,
        "name": "Sage dress",
        "photos": [{"url": "https://a"}, {"url": "https://b"}, {"url": "https://a"}, {"alt": "x"}],
        "path": ["Dresses", "Midi"],
        "maker": {"name": "Marlowe"},
        "color": "sage",
        "size": ["S", 38, True],
    }
    described = describe(source, NAMES)
    assert described.images == ("https://a", "https://b")
    assert (described.fields.title, described.fields.brand, described.fields.category) == (
        "Sage dress",
        "Marlowe",
        ("Dresses", "Midi"),
    )
    assert described.fields.attributes == {"color": "sage", "size": ["S", "38", "true"]}


def test_the_source_changes_only_with_what_the_vector_is_made_from() -> None:
    source = {"name": "Dress", "photos": {"url": "https://a"}, "price": 1}
    digest = describe(source, NAMES).source
    assert describe({**source, "price": 2, "lookalike": {"status": "done"}}, NAMES).source == digest
    assert describe({**source, "name": "Robe"}, NAMES).source != digest
    assert describe(source, replace(NAMES, image="none")).source != digest
