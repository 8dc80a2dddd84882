"""Products and vectors as bulk actions. Pure; races between writers are decided by scripts in Elasticsearch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from es_mappings import scripts
from es_mappings.facets import attribute_numbers
from es_mappings.layout import Vector
from indexer.catalog.events import Delete, Event, Update, Upsert
from indexer.catalog.products import EMBEDDED_FIELDS, FIELDS, Product
from indexer.digests import manifest_digest

Action = dict[str, Any]

_RETRY = timedelta(days=1)  # after an image was unavailable; queues try it several times before

# The document fields made from each field of the catalogue, as the scripts take them.
_FIELDS = {name: list(stored.document) for name, stored in FIELDS.items()}

# `source` concatenates the digests of all embedded fields, so that a script can replace one of them.
_PART = 12  # hex digits of each: enough for two states of a product's field never to collide
_PLACES = {name: place for place, name in enumerate(EMBEDDED_FIELDS)}

_VECTORS = ("vector", "pictures")  # the fields that an embedding writes anew, or removes


def source_digest(product: Product) -> str:
    """Return the digest of all that a product's vector is made from: images, text, attributes; not price or stock."""
    return "".join(_part(product, field) for field in EMBEDDED_FIELDS)


def content_digest(product: Product) -> str:
    """Return the digest of all that the catalogue says of a product, but for the version."""
    return manifest_digest(product.model_dump(mode="json", exclude={"version"}))


def _part(product: Product, field: str) -> str:
    return manifest_digest({field: getattr(product, field)})[:_PART]


def product_document(product: Product) -> dict[str, Any]:
    """Build the document of a product, without its vector."""
    fields = {name: make(product) for stored in FIELDS.values() for name, make in stored.document.items()}
    return {
        "id": product.id,
        **fields,
        "version": product.version,
        "content": {"digest": content_digest(product), "version": product.version},
        "extra": product.extra,
        "updated_at": now(),
        "source": source_digest(product),
        "embedding": {"status": "pending"},
    }


def with_numbers(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored document with the numbers of its attributes, which a document of an older mapping may lack."""
    attributes = document.get("effective") or document.get("attributes")
    return {**document, **({"numbers": attribute_numbers(attributes)} if attributes else {})}


def write(index: str, event: Event) -> Action:
    """Build the action that applies a catalogue event, unless the stored state is newer."""
    if isinstance(event, Upsert):
        return upsert(index, event.product)
    return update(index, event) if isinstance(event, Update) else delete(index, event)


def upsert(index: str, product: Product) -> Action:
    """Build the action that writes a product unless a newer version of it is stored.

    Fields that updates of newer versions have set stay.
    """
    params = {"product": product_document(product), "fields": _FIELDS, "places": _PLACES, "width": _PART}
    return {**_scripted(index, product.id, "product_upsert", params), "_source": "content"}


def update(index: str, event: Update) -> Action:
    """Build the action that sets some fields of a product, each unless a newer version of it is stored.

    If the product doesn't exist, or was deleted, the fields wait for it in a hidden document.
    """
    product = event.product
    document = product_document(product)
    params = {
        "id": event.id,
        "version": event.version,
        "at": document["updated_at"],
        "changes": {field: {name: document[name] for name in _FIELDS[field]} for field in event.fields},
        "places": _PLACES,
        "parts": {field: _part(product, field) for field in event.fields if field in EMBEDDED_FIELDS},
    }
    return _scripted(index, event.id, "product_update", params)


def delete(index: str, event: Delete) -> Action:
    """Build the action that replaces a product by a tombstone unless a newer version of it is stored."""
    params = {"id": event.id, "version": event.version, "at": now()}
    return _scripted(
        index, event.id, "product_delete", {**params, "fields": _FIELDS, "places": _PLACES, "width": _PART}
    )


@dataclass(frozen=True)
class EmbeddedImage:
    """An image that was embedded: its address, its digest, and its vector once a vector space is fitted."""

    image: str
    digest: str
    vector: Vector | None


def embedded(
    index: str,
    product_id: str,
    source: str,
    vector: Vector | None,
    images: Sequence[EmbeddedImage] = (),
    *,
    space: str | None,
    reason: str | None = None,
    failed: bool = False,
    placeholders: Sequence[str] = (),
    attribution: Mapping[str, Any] | None = None,
) -> Action:
    """Build the action that writes a product's vectors, if its source is still the one they were made from.

    Parameters
    ----------
    source : str
        The product's `source_digest` when it was read.
    vector : ndarray or None
        The compound vector. None before a vector space is fitted (the product stays ``pending`` and gets its vector
        after the fit), and if the product has nothing to make one from.
    images : sequence of EmbeddedImage
        The images that were embedded, the one in the compound vector first.
    reason : str, optional
        Why the product lacks an image, or its vector.
    failed : bool
        Whether the primary image, or the whole vector, failed and must be retried.
    placeholders : sequence of str
        Digests of its pictures that count as no image.
    attribution : mapping, optional
        The attributes predicted in the same pass (`attribution.outcome.attributed`).
    """
    status = "failed" if failed else "pending" if space is None else "done"
    embedding: dict[str, Any] = {"status": status, "source": source, "space": space, "at": now(), "reason": reason}
    if placeholders:
        embedding["placeholders"] = list(placeholders)
    if images:
        embedding |= {"image": images[0].image, "image_digest": images[0].digest}
    pictures = [
        {"image": i.image, "image_digest": i.digest, **({} if i.vector is None else {"vector": i.vector})}
        for i in images
    ]
    params = {
        "embedding": {name: value for name, value in embedding.items() if value is not None},
        "vector": vector,
        "pictures": pictures if len(images) > 1 else None,
    }
    if attribution is not None:
        params["attribution"] = dict(attribution)
    return _without_upsert(_scripted(index, product_id, "product_embed", params))


def replaced(action: Action, read: Mapping[str, Any]) -> Action:
    """Build the action that writes the whole product as one of `embedded` would, if it is still as it was read.

    Elasticsearch refuses it otherwise (409), and needn't read the product again to find out.

    Parameters
    ----------
    read : mapping
        The product as Elasticsearch returned it: ``_source``, which may lack vectors, ``_seq_no`` and
        ``_primary_term``.
    """
    params = action["script"]["params"]
    kept = {name: value for name, value in read["_source"].items() if name not in _VECTORS}
    vectors = {name: params[name] for name in _VECTORS if params[name] is not None}
    return {
        "_op_type": "index",
        "_index": action["_index"],
        "_id": action["_id"],
        "if_seq_no": read["_seq_no"],
        "if_primary_term": read["_primary_term"],
        "_source": {**kept, "embedding": params["embedding"], **vectors, **params.get("attribution", {})},
    }


def attributed(index: str, product_id: str, source: str, attribution: Mapping[str, Any]) -> Action:
    """Build the action that writes a product's predicted attributes, if its source is still the one they are from."""
    return _without_upsert(
        _scripted(index, product_id, "product_attribute", {"source": source, "attribution": attribution})
    )


def _without_upsert(action: Action) -> Action:
    """Return the action without the upsert that would create a missing product."""
    return {name: value for name, value in action.items() if name not in {"scripted_upsert", "upsert"}}


def _scripted(index: str, product_id: str, script: str, params: dict[str, Any]) -> Action:
    return {
        "_op_type": "update",
        "_index": index,
        "_id": product_id,
        "script": {"source": scripts.whole(script), "params": params},
        "scripted_upsert": True,
        "upsert": {},
        "retry_on_conflict": 5,
    }


def to_be_retried(action: Action) -> Action:
    """Have a product whose image isn't available looked at again a day later, even if all queues are lost."""
    action["script"]["params"]["embedding"]["retry_at"] = _written(datetime.now(UTC) + _RETRY)
    return action


def now() -> str:
    """Return the current time as ISO 8601 with milliseconds, in UTC."""
    return _written(datetime.now(UTC))


def _written(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds")


def today() -> date:
    """Return the current day in UTC."""
    return datetime.now(UTC).date()
