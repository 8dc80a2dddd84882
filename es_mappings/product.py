"""The product document: what is stored, how it is analysed, and where the vector lies."""

from __future__ import annotations

from typing import Any

from elasticsearch.dsl import (
    Boolean,
    Date,
    DenseVector,
    Document,
    Double,
    Flattened,
    InnerDoc,
    Keyword,
    Long,
    MetaField,
    Nested,
    Object,
    Text,
    analyzer,
    token_filter,
)

from es_mappings.facets import document_fields
from es_mappings.layout import Layout

# The aspects, and how many dimensions each gets in the compound vector: chosen by NDCG (docs/measurements.md).
# An aspect that is taken out here is neither computed nor kept. A change makes a new vector space.
# Each is made by the file of its name in indexer/vectorizers/.
ASPECT_DIMS = {
    "look": 192,
    "style": 32,
    "color": 32,
    "text": 64,
    "attributes": 64,
}

# How much each aspect counts in a similarity when a request doesn't say.
DEFAULT_WEIGHTS = {
    "look": 0.5,
    "style": 0.1,
    "color": 0.1,
    "text": 0.1,
    "attributes": 0.2,
}

LAYOUT = Layout.of(ASPECT_DIMS)

# One analyzer for all text fields: combined_fields treats them as one field and asks for that.
shop_text = analyzer(
    "shop_text",
    tokenizer="standard",
    filter=[
        "lowercase",
        token_filter("english_possessive", type="stemmer", language="possessive_english"),
        "asciifolding",
        token_filter("english_stem", type="stemmer", language="light_english"),
    ],
)

ANALYSIS: dict[str, Any] = {"analyzer": shop_text}


class Embedding(InnerDoc):
    """How the product's vector came to be, or why there is none."""

    status = Keyword()  # pending | done | failed
    reason = Keyword(ignore_above=1024)  # why it failed, or lacks an image
    source = Keyword()  # the product's `source` when it was embedded; absent while an embedding is due
    image = Keyword(index=False, doc_values=False)  # the address of the image that was embedded
    image_digest = Keyword()  # SHA-256 of that image's bytes
    space = Keyword()  # the vector space the vector belongs to
    at = Date()


class Picture(InnerDoc):
    """One image of a product that has several, with the compound vector made from it."""

    image = Keyword(index=False, doc_values=False)
    image_digest = Keyword()
    vector = DenseVector(dims=LAYOUT.dims, index=False)  # only ever scored, within products that are found otherwise


class Attribution(InnerDoc):
    """What found the product's attributes, and in what."""

    model = Keyword()  # digest of the category's model
    source = Keyword(index=False, doc_values=False)  # the product's `source` then
    least = Double(index=False)  # confidence from which a missing value was filled in


class Product(Document):
    """A product as Elasticsearch holds it: the catalogue's fields, what is derived from them, and the vector.

    Facets bring fields of their own: ``numbers``, and any that isn't declared here (`facets.document_fields`).
    """

    id = Keyword()  # also _id; a doc value, so that it breaks ties in every sort
    title = Text(**ANALYSIS)
    description = Text(**ANALYSIS)
    category = Text(**ANALYSIS)  # names, broad to narrow
    category_path = Keyword(ignore_above=512)  # "Dresses", "Dresses/Midi dresses"
    brand = Keyword(ignore_above=256, fields={"text": Text(**ANALYSIS)})
    price = Double()
    currency = Keyword()
    in_stock = Boolean()
    attributes = Flattened(ignore_above=512)  # as the catalogue gives them
    effective = Flattened(ignore_above=512)  # the same, what is missing filled in, and what people decided in its place
    facets = Keyword(ignore_above=512, fields={"text": Text(**ANALYSIS)})  # the effective ones, "color:red"
    predicted = Object(enabled=False)  # name -> value, confidence, doubt: what pictures and text show
    disputes = Keyword()  # names of the attributes whose value they contradict, the surest first
    dispute = Double()  # how sure the surest is
    attribution = Object(Attribution)
    style = Keyword(ignore_above=512)  # variants of one product share it; without variants, the product's own id
    images = Keyword(index=False, doc_values=False)  # the first is the primary one
    pictures = Nested(Picture)  # of products with several images: each one's vector; the first one's is `vector` too
    version = Long()  # of the newest event that gave the whole product, or deleted it
    field_versions = Object(enabled=False)  # of later events that set single fields
    deleted_at = Date()  # a tombstone, or updates of a product that isn't there: hidden by the alias
    source = Keyword(index=False, doc_values=False)  # digest of all that the vector is made from
    extra = Object(enabled=False)  # the catalogue's fields that are not known here, kept as they are
    added_at = Date()
    updated_at = Date()
    embedding = Object(Embedding)
    vector = DenseVector(
        dims=LAYOUT.dims,
        similarity="max_inner_product",
        # Flat: a page counts and facets all its matches anyhow, so that a scan of them in eight bits costs no more,
        # misses nothing (`make bench`), and loads several times as quickly as a graph.
        index_options={"type": "int8_flat"},
    )

    class Meta:
        dynamic = MetaField("false")


# Whoever searches goes by an alias that has this filter, so that no query needs to know of deleted products.
ALIVE: dict[str, Any] = {"bool": {"must_not": [{"exists": {"field": "deleted_at"}}]}}


def mapping(space: str | None) -> dict[str, Any]:
    """Build the mapping of a product index.

    Parameters
    ----------
    space : str or None
        Digest of the vector space whose vectors the index holds; None before one is fitted.
    """
    body: dict[str, Any] = Product._doc_type.mapping.to_dict()
    return {"_meta": meta(space), **body, "properties": document_fields() | body["properties"]}


def meta(space: str | None, match: dict[str, float] | None = None) -> dict[str, Any]:
    """Build the mapping's ``_meta``: the vector space, where each aspect starts and ends, and the match curve."""
    return {"space": space, "aspects": LAYOUT.to_meta(), **({"match": match} if match else {})}


def settings(*, shards: int = 1, replicas: int = 0) -> dict[str, Any]:
    """Build the index settings, with the analyzers the mapping names."""
    analysis: dict[str, Any] = Product._doc_type.mapping._collect_analysis()
    return {"number_of_shards": shards, "number_of_replicas": replicas, "analysis": analysis}
