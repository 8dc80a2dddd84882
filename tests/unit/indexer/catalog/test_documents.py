from dataclasses import fields
from datetime import UTC, datetime, timedelta

import numpy as np
from elasticsearch.helpers import expand_action

from indexer.catalog import documents
from indexer.catalog.documents import EmbeddedImage
from indexer.catalog.events import Delete, parse_event
from indexer.catalog.products import EMBEDDED_FIELDS, FIELDS, parse_product
from indexer.vectorizers.base import ProductFields


def test_the_complete_product_document() -> None:
    product = parse_product(
        {
            "id": "tv-1",
            "title": "Telluma 55-inch TV",
            "category": ["TV/Video", "OLED"],
            "price": 990,
            "currency": "EUR",
            "attributes": {
                "panel": "OLED",
                "ports": ["HDMI", "USB"],
                "smart": True,
                "screen_size_in": 55,
                "weight": 12.5,
            },
            "images": ["https://shop.example/tv.jpg"],
            "version": 3,
        }
    )
    document = documents.product_document(product)
    assert document.pop("updated_at")
    assert document == document | {
        "id": "tv-1",
        "title": "Telluma 55-inch TV",
        "description": "",
        "category": ["TV/Video", "OLED"],
        "category_path": ["TV\N{DIVISION SLASH}Video", "TV\N{DIVISION SLASH}Video/OLED"],
        "brand": None,
        "price": 990.0,
        "currency": "EUR",
        "in_stock": True,
        "attributes": {"panel": "OLED", "ports": ["HDMI", "USB"], "smart": True, "screen_size_in": 55, "weight": 12.5},
        "facets": ["panel:OLED", "ports:HDMI", "ports:USB", "smart:true", "screen_size_in:55", "weight:12.5"],
        "numbers": {"screen_size_in": 55.0},
        "style": "tv-1",
        "images": ["https://shop.example/tv.jpg"],
        "version": 3,
        "extra": {},
        "source": documents.source_digest(product),
        "embedding": {"status": "pending"},
    }


def test_the_source_covers_exactly_the_fields_that_a_vector_is_made_from() -> None:
    product = parse_product({"id": "a", "title": "x", "version": 1})
    others = {"id": "b", "price": 5, "in_stock": False, "version": 9, "style_id": "s", "currency": "EUR"}
    assert documents.source_digest(product) == documents.source_digest(product.model_copy(update=others))
    for name, value in {
        "images": ["i"], "title": "y", "description": "d", "category": ["c"], "brand": "b", "attributes": {"n": 1},
    }.items():  # fmt: skip
        assert documents.source_digest(product) != documents.source_digest(product.model_copy(update={name: value}))


def test_the_source_of_a_stored_product_does_not_change() -> None:
    """Another order of its parts, or another digest, would invalidate every vector of every shop."""
    known = {
        "id": "a", "version": 1, "title": "Sage wrap dress", "description": "Falls softly.", "category": ["Dresses"],
        "brand": "Marlowe", "attributes": {"color": "sage"}, "images": ["https://shop.example/1.jpg"],
    }  # fmt: skip
    digest = "ab17f00bb624580235d4d4ce6445359f3dcaf45671358567bb1030d6a67a59832455f8d3"
    assert documents.source_digest(parse_product(known)) == digest


def test_embedded_fields_are_those_that_vectorizers_read() -> None:
    assert {"images", *(field.name for field in fields(ProductFields))} == set(EMBEDDED_FIELDS)


def test_an_update_sets_any_field_and_all_document_fields_made_from_it() -> None:
    values = {
        "title": "x", "description": "d", "category": ["A"], "brand": "b", "attributes": {"ram_gb": "8"},
        "images": ["i"], "style_id": None, "price": 1, "currency": "EUR", "in_stock": False,
    }  # fmt: skip
    assert set(values) <= set(FIELDS)
    event = parse_event({"type": "update", "id": "a", "version": 5, "fields": values})
    params = documents.write("shop", event)["script"]["params"]
    assert {name: set(document) for name, document in params["changes"].items()} == {
        name: set(FIELDS[name].document) for name in values
    }
    assert params["changes"]["attributes"] == {
        "attributes": {"ram_gb": "8"}, "facets": ["ram_gb:8"], "numbers": {"ram_gb": 8.0},
    }  # fmt: skip
    assert params["changes"]["style_id"] == {"style": "a"}
    assert set(params["parts"]) == set(EMBEDDED_FIELDS) & set(values)


def test_a_document_of_an_older_mapping_gets_its_numbers() -> None:
    document = {"attributes": {"ram_gb": 8, "color": "red"}}
    assert documents.with_numbers(document) == {**document, "numbers": {"ram_gb": 8.0}}
    filled_in = {**document, "effective": {"ram_gb": 8, "weight_kg": 1.5}, "numbers": {}}
    assert documents.with_numbers(filled_in)["numbers"] == {"ram_gb": 8.0, "weight_kg": 1.5}
    tombstone = {"id": "a", "deleted_at": "2026-01-01"}
    assert documents.with_numbers(tombstone) == tombstone


def test_script_sources_are_constant_and_values_are_params() -> None:
    one = documents.upsert("shop", parse_product({"id": "a", "title": "'; ctx.op = 'delete'; //"}))
    two = documents.upsert("shop", parse_product({"id": "b", "title": "x"}))
    assert one["script"]["source"] == two["script"]["source"]
    ones = np.ones(2, np.float32)
    images = [EmbeddedImage("u", "d", ones), EmbeddedImage("v", "e", ones)]
    first = documents.embedded("shop", "a", "src", ones, images, space="s")
    second = documents.embedded("shop", "b", "src", None, space="s", reason="broken", failed=True)
    assert first["script"]["source"] == second["script"]["source"]
    assert first["script"]["params"]["vector"] is ones
    assert first["script"]["params"]["pictures"] == [
        {"image": "u", "image_digest": "d", "vector": ones},
        {"image": "v", "image_digest": "e", "vector": ones},
    ]
    alone = documents.embedded("shop", "a", "src", ones, images[:1], space="s")
    assert alone["script"]["params"]["pictures"] is None


def test_an_embedding_holds_its_source_and_why_something_is_missing() -> None:
    def written(*args: object, **kwargs: object) -> dict[str, object]:
        params = documents.embedded("shop", "a", "src", *args, **kwargs)["script"]["params"]  # type: ignore[arg-type]
        assert params["embedding"].pop("at")
        return {**params["embedding"], "vector": params["vector"] is not None}

    ones, image = np.ones(2, np.float32), EmbeddedImage("u", "d", None)
    assert written(None, [image], space=None) == {
        "status": "pending", "source": "src", "image": "u", "image_digest": "d", "vector": False,
    }  # fmt: skip
    assert written(ones, space="s") == {"status": "done", "source": "src", "space": "s", "vector": True}
    assert written(ones, [image], space="s", reason="the second is broken") == {
        "status": "done", "source": "src", "space": "s", "image": "u", "image_digest": "d",
        "reason": "the second is broken", "vector": True,
    }  # fmt: skip
    assert written(ones, space="s", reason="broken", failed=True) == {
        "status": "failed", "source": "src", "space": "s", "reason": "broken", "vector": True,
    }  # fmt: skip


def test_a_product_is_replaced_as_its_script_would_change_it_if_nobody_wrote_it_meanwhile() -> None:
    ones = np.ones(2, np.float32)
    source = {
        "id": "a",
        "price": 3,
        "facets": ["color:red"],
        "pictures": [{"image": "v"}],
        "embedding": {"reason": "x"},
    }
    read = {"_id": "a", "_source": source, "_seq_no": 7, "_primary_term": 2}
    attribution = {"facets": ["color:red", "sleeve:long"]}
    image = EmbeddedImage("u", "d", ones)
    action = documents.embedded("shop", "a", "src", ones, [image], space="s", attribution=attribution)
    header, written = expand_action(documents.replaced(action, read))
    assert header == {"index": {"_index": "shop", "_id": "a", "if_seq_no": 7, "if_primary_term": 2}}
    embedding = action["script"]["params"]["embedding"]
    assert written == {"id": "a", "price": 3, **attribution, "embedding": embedding, "vector": ones}
    failed = documents.embedded("shop", "a", "src", None, space="s", reason="broken", failed=True)
    assert set(documents.replaced(failed, read)["_source"]) == {"id", "price", "facets", "embedding"}


def test_an_update_changes_only_the_fields_it_sets() -> None:
    event = parse_event({"type": "update", "id": "a", "version": 5, "fields": {"price": 3, "category": ["A", "B"]}})
    action = documents.write("shop", event)
    params = action["script"]["params"]
    assert action["_id"] == "a"
    assert params["changes"] == {
        "price": {"price": 3.0},
        "category": {"category": ["A", "B"], "category_path": ["A", "A/B"]},
    }
    assert list(params["parts"]) == ["category"]
    assert params["version"] == 5


def test_each_embedded_field_has_its_part_of_the_source() -> None:
    product = parse_product({"id": "a", "title": "x", "version": 1})
    changed = parse_event({"type": "update", "id": "a", "version": 2, "fields": {"title": "y"}})
    part = documents.write("shop", changed)["script"]["params"]["parts"]["title"]
    place = documents._PLACES["title"] * documents._PART
    renamed = documents.source_digest(product.model_copy(update={"title": "y"}))
    assert renamed[place : place + documents._PART] == part
    assert renamed.replace(part, "") == documents.source_digest(product).replace(
        documents.source_digest(product)[place : place + documents._PART], ""
    )


def test_a_delete_has_its_version() -> None:
    params = documents.delete("shop", Delete(type="delete", id="a", version=5))["script"]["params"]
    assert (params["id"], params["version"]) == ("a", 5)


def test_an_image_that_isn_t_available_is_looked_for_again_a_day_later() -> None:
    action = documents.embedded("shop", "a", "src", None, space="s", reason="away", failed=True)
    again = documents.to_be_retried(action)["script"]["params"]["embedding"]["retry_at"]
    assert timedelta(hours=23) < datetime.fromisoformat(again) - datetime.now(UTC) < timedelta(hours=25)
