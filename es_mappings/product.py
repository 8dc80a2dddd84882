"""The product document: its fields, their analysis, and its vector."""

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
    char_filter,
    token_filter,
)

from es_mappings.facets import document_fields
from es_mappings.keywords import SPELLING_FIELD
from es_mappings.layout import Layout
from es_mappings.replicas import AUTO_REPLICAS
from es_mappings.vector_index import DEFAULT, SearchWidth, VectorIndexType

# The aspects, and the dimensions of each in the compound vector, chosen by NDCG (docs/measurements.md). An aspect that
# is removed here is neither computed nor stored. Any change makes a new vector space.
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

# The same for words alone, which say less of the whole look (docs/measurements.md).
TEXT_WEIGHTS = {
    "look": 0.28,
    "style": 0.14,
    "color": 0.14,
    "text": 0.14,
    "attributes": 0.3,
}

LAYOUT = Layout.of(ASPECT_DIMS)


def _stemmer(language: str) -> Any:
    return token_filter(f"{language}_stem", type="stemmer", language=language)


def _elision(*articles: str) -> Any:
    return token_filter("elision", type="elision", articles=list(articles), articles_case=True)


# Numbers and units are words of their own, however they are written: 55inch, 55-inch, 55"; and so are an attribute's
# name and value: "heel_height_cm:5".
CHARACTERS = [
    # What a product is not doesn't describe it: "belted:false" is no answer to "belted dress".
    char_filter("shop_flags", type="pattern_replace", pattern=r"^[^:]*:false$", replacement=""),
    char_filter("shop_names", type="mapping", mappings=[":=>\\u0020", "_=>\\u0020", "\u2033=>\\u0022"]),
    char_filter("shop_inches", type="pattern_replace", pattern=r"(?<=\d)\s?(?:\"|'')", replacement=" inch"),
    char_filter("shop_units", type="pattern_replace", pattern=r"(?<=\d)(?=\p{L})", replacement=" "),
]

# Words that aren't stemmed, because the stemmer, which doesn't know them, would leave one letter: "klied", typed for
# "kleid", would find "4K". It knows fly, ply, sly, city and pity.
_SHORT = r"(?!(fl|pl|sl|cit|pit)(ys?|ie[sd])$)\p{L}(lys?|lie[sd]|ness|isms?|it(ys?|ie[sd]))"

# One analyzer for all text fields, because combined_fields requires it.
shop_text = analyzer(
    "shop_text",
    tokenizer="standard",
    char_filter=CHARACTERS,
    filter=[
        "lowercase",
        token_filter("english_possessive", type="stemmer", language="possessive_english"),
        "asciifolding",
        token_filter("english_short", type="keyword_marker", keywords_pattern=_SHORT),
        token_filter("english_stem", type="stemmer", language="light_english"),
    ],
)

ANALYSIS: dict[str, Any] = {"analyzer": shop_text}

# The filters of `shop_text` in shops of other languages: light stemmers, which take endings off and leave meanings.
LANGUAGES: dict[str, list[Any]] = {
    "german": ["lowercase", "german_normalization", "asciifolding", _stemmer("light_german")],
    "french": [
        _elision("l", "m", "t", "qu", "n", "s", "j", "d", "c"),
        "lowercase",
        "asciifolding",
        _stemmer("light_french"),
    ],
    "italian": [
        _elision("c", "l", "all", "dall", "dell", "nell", "sull", "un", "d"),
        "lowercase",
        "asciifolding",
        _stemmer("light_italian"),
    ],
    "spanish": ["lowercase", "asciifolding", _stemmer("light_spanish")],
    "portuguese": ["lowercase", "asciifolding", _stemmer("light_portuguese")],
    "dutch": ["lowercase", "asciifolding", _stemmer("dutch")],
    "other": ["lowercase", "asciifolding"],
}

# Words as they are written, for corrections of spelling.
shop_words = analyzer("shop_words", tokenizer="standard", char_filter=CHARACTERS, filter=["lowercase", "asciifolding"])


class Embedding(InnerDoc):
    """How the product's vector was made, or why there is none."""

    status = Keyword()  # pending | done | failed
    reason = Keyword(ignore_above=1024)  # why it failed, lacks an image, or has one that was cut off
    source = Keyword()  # the product's `source` when it was embedded; absent while an embedding is due
    image = Keyword(index=False, doc_values=False)  # the address of the image that was embedded
    image_digest = Keyword()  # SHA-256 of that image's bytes
    placeholders = Keyword()  # SHA-256 of its pictures that are confirmed placeholders, and count as no image
    space = Keyword()  # the vector space the vector belongs to
    at = Date()
    retry_at = Date()  # when an image that wasn't available is looked for again, even if the queues were lost


class Picture(InnerDoc):
    """One image of a product that has several, with the compound vector made from it."""

    image = Keyword(index=False, doc_values=False)
    image_digest = Keyword()
    vector = DenseVector(dims=LAYOUT.dims, index=False)  # only used to score products that another query has matched


class Attribution(InnerDoc):
    """The model that predicted the product's attributes, and the state it predicted them from."""

    model = Keyword()  # digest of the category's model
    source = Keyword(index=False, doc_values=False)  # the product's `source` at that time
    least = Double(index=False)  # confidence from which missing values were filled in


class Product(Document):
    """A product in Elasticsearch: the catalogue's fields, fields derived from them, and the vector.

    Facets add fields that aren't declared here, such as ``numbers`` (`facets.document_fields`).
    """

    id = Keyword()  # also _id; a doc value, so that it breaks ties in every sort
    title = Text(**ANALYSIS, copy_to=SPELLING_FIELD)
    description = Text(**ANALYSIS, copy_to=SPELLING_FIELD)
    category = Text(**ANALYSIS, copy_to=SPELLING_FIELD)  # names, broad to narrow
    category_path = Keyword(ignore_above=512)  # "Dresses", "Dresses/Midi dresses"
    brand = Keyword(ignore_above=256, fields={"text": Text(**ANALYSIS)}, copy_to=SPELLING_FIELD)
    price = Double()
    currency = Keyword()
    in_stock = Boolean()
    attributes = Flattened(ignore_above=512)  # from the catalogue
    effective = Flattened(ignore_above=512)  # those, with predictions for missing ones and people's corrections
    # The effective ones, "color:red".
    facets = Keyword(ignore_above=512, fields={"text": Text(**ANALYSIS)}, copy_to=SPELLING_FIELD)
    words = Text(analyzer=shop_words, index_options="docs", norms=False)  # of the fields copied to it: SPELLING_FIELD
    predicted = Object(enabled=False)  # name -> value, confidence, doubt: predicted from images and text
    disputes = Keyword()  # names of the attributes whose value the predictions contradict, the surest first
    dispute = Double()  # doubt of the surest
    attribution = Object(Attribution)
    style = Keyword(ignore_above=512)  # shared by the variants of a product; its id if it has none
    images = Keyword(index=False, doc_values=False)  # the first is the primary one
    pictures = Nested(Picture)  # each image's vector, of products with several; the first one's is `vector` too
    version = Long()  # of the newest event that wrote the whole product, or deleted it
    field_versions = Object(enabled=False)  # of later events that set single fields
    deleted_at = Date()  # a tombstone, or updates that wait for their product; hidden by the alias
    last = Object(enabled=False)  # of a tombstone: category_path, and vector with its space, to show what is similar
    source = Keyword(index=False, doc_values=False)  # digest of all that the vector is made from
    content = Object(enabled=False)  # digest of all the catalogue's fields, and the version that brought them
    extra = Object(enabled=False)  # the catalogue's fields that are not declared here, unchanged
    added_at = Date()
    updated_at = Date()
    embedding = Object(Embedding)
    vector = DenseVector(
        dims=LAYOUT.dims,
        similarity="max_inner_product",
        # Flat by default: scanning the matches in eight bits misses none (`make bench`), and loads several times as
        # fast as a graph.
        index_options={"type": DEFAULT},
    )

    class Meta:
        dynamic = MetaField("false")


# The filter of the alias that searches use, so that no query needs to exclude deleted products.
ALIVE: dict[str, Any] = {"bool": {"must_not": [{"exists": {"field": "deleted_at"}}]}}


def mapping(space: str | None, vector_index: VectorIndexType = DEFAULT) -> dict[str, Any]:
    """Build the mapping of a product index.

    Parameters
    ----------
    space : str or None
        Digest of the vector space whose vectors the index holds; None before one is fitted.
    vector_index : str
        What Elasticsearch keeps the vectors in; of those of all pictures, which are only compared exactly, none.
    """
    body: dict[str, Any] = Product._doc_type.mapping.to_dict()
    body["properties"]["vector"]["index_options"] = {"type": vector_index}
    described = {**meta(space), "vectors": SearchWidth(vector_index).to_meta()}
    return {"_meta": described, **body, "properties": document_fields() | body["properties"]}


def meta(space: str | None, match: dict[str, Any] | None = None) -> dict[str, Any]:
    """Build the mapping's ``_meta``: the vector space, the layout of its aspects, and the calibration of matches."""
    return {"space": space, "aspects": LAYOUT.to_meta(), **({"match": match} if match else {})}


# Products of a category lie next to each other, so that kNN reads their vectors one after the other: in a category of
# 20,000 among a million that takes a third of the time (docs/scale.md). The greatest of its paths is a narrow one.
SORTED_BY_CATEGORY = {"sort.field": ["category_path"], "sort.order": ["asc"], "sort.mode": ["max"]}


def settings(*, language: str = "english", shards: int = 1, replicas: int | None = None) -> dict[str, Any]:
    """Build the index settings, with the analyzers the mapping names.

    Parameters
    ----------
    language : str
        ``english``, for `shop_text` as it is above, or one of `LANGUAGES`.
    replicas : int, optional
        Copies of each shard; by default one where the cluster has a node for it (`AUTO_REPLICAS`).
    """
    analysis: dict[str, Any] = Product._doc_type.mapping._collect_analysis()
    if language != "english":
        text = analyzer("shop_text", tokenizer="standard", char_filter=CHARACTERS, filter=LANGUAGES[language])
        for kind, definitions in text.get_analysis_definition().items():
            analysis[kind] = {**analysis.get(kind, {}), **definitions}
    copies = AUTO_REPLICAS if replicas is None else {"number_of_replicas": replicas}
    return {"number_of_shards": shards, **copies, **SORTED_BY_CATEGORY, "analysis": analysis}
