from es_mappings import product
from es_mappings.keywords import SPELLING_FIELD
from indexer.attribution.outcome import attributed
from indexer.catalog.documents import product_document
from indexer.catalog.products import parse_product
from indexer.vectorizers.base import ProductFields

FULL = {
    "id": "dress-1",
    "title": "Sage wrap dress",
    "description": "Falls softly.",
    "category": ["Dresses", "Midi/maxi"],
    "brand": "Marlowe",
    "price": 79.9,
    "currency": "EUR",
    "in_stock": False,
    "attributes": {"color": "sage", "sizes": ["S", "M"], "belted": True, "length_cm": 110},
    "images": ["https://shop.example/1.jpg"],
    "version": 7,
    "season": "spring",
}


def test_document_and_mapping_have_the_same_fields() -> None:
    document = product_document(parse_product(FULL))
    # By the scripts of documents.py.
    written_later = {"added_at", "vector", "pictures", "field_versions", "deleted_at", "last"}
    written_later |= set(attributed(ProductFields("Dress"), {}, 0.7, {}, model="m", source="s"))
    copied = {SPELLING_FIELD}  # by Elasticsearch
    assert set(document) | written_later | copied == set(product.mapping(None)["properties"])


def test_embedding_and_mapping_have_the_same_fields() -> None:
    from indexer.catalog import documents

    image = documents.EmbeddedImage("u", "d", None)
    action = documents.embedded("i", "1", "src", None, [image], space="s", reason="r", placeholders=["d"])
    whole = documents.to_be_retried(action)["script"]["params"]
    written = set(whole["embedding"])
    assert written == set(product.mapping(None)["properties"]["embedding"]["properties"])


def test_every_aspect_counts_by_default() -> None:
    assert set(product.DEFAULT_WEIGHTS) == set(product.LAYOUT.names)


def test_mapping_holds_the_start_and_end_of_each_aspect() -> None:
    mapping = product.mapping("abc")
    assert mapping["_meta"]["space"] == "abc"
    end = 0
    for aspect, dims in zip(mapping["_meta"]["aspects"], product.ASPECT_DIMS.items(), strict=True):
        assert aspect == {"name": dims[0], "start": end, "dims": dims[1]}
        end += dims[1]
    assert mapping["dynamic"] == "false"
    assert mapping["properties"]["vector"] == {
        "type": "dense_vector",
        "dims": end,
        "similarity": "max_inner_product",
        "index_options": {"type": "int8_flat"},
    }


def test_all_text_fields_have_the_same_analyzer() -> None:
    properties = product.mapping(None)["properties"]
    texts = [f for name, f in properties.items() if f["type"] == "text" and name != SPELLING_FIELD]
    texts += [s for f in properties.values() for s in f.get("fields", {}).values() if s["type"] == "text"]
    assert {t["analyzer"] for t in texts} == {"shop_text"}
    assert product.settings()["analysis"]["analyzer"]["shop_text"]["filter"] == [
        "lowercase",
        "english_possessive",
        "asciifolding",
        "english_short",
        "english_stem",
    ]


def test_another_language_changes_only_the_analyzer_of_texts() -> None:
    english, french = product.settings(), product.settings(language="french")
    assert french["analysis"]["analyzer"]["shop_text"] == {
        "type": "custom",
        "tokenizer": "standard",
        "char_filter": ["shop_flags", "shop_names", "shop_inches", "shop_units"],
        "filter": ["elision", "lowercase", "asciifolding", "light_french_stem"],
    }
    assert french["analysis"]["analyzer"]["shop_words"] == english["analysis"]["analyzer"]["shop_words"]
    assert english["analysis"]["analyzer"]["shop_text"]["filter"][-1] == "english_stem"
