"""Read documents by id, in real time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from elasticsearch import Elasticsearch

from indexer.elastic.item_errors import item_error

_JSON = {"accept": "application/json", "content-type": "application/json"}

# What a read of a single document answers; other errors, such as a missing shard, pass.
_STATUS = {"index_not_found_exception": 404, "index_closed_exception": 400}
_UNAVAILABLE = 503

Place = tuple[str, str]  # index and id


def multi_get(client: Elasticsearch, places: Iterable[Place], **parameters: str) -> list[dict[str, Any]]:
    """Read documents of one or several indices in one request.

    Parameters
    ----------
    places : iterable of (str, str)
        Index and id of each.
    parameters
        Of the request's address, such as ``_source_includes``; the client's own ``mget`` lacks
        ``_source_exclude_vectors``.

    Returns
    -------
    list of dict
        In the order of the places, each with ``found``.

    Raises
    ------
    elasticsearch.ApiError
        One can't be read, because its index is missing or closed for example. Elasticsearch answers 200 then, with an
        error in place of the document, so that the document would look deleted.
    """
    body = {"docs": [{"_index": index, "_id": name} for index, name in places]}
    if not body["docs"]:
        return []
    answer = client.perform_request("POST", "/_mget", params=parameters, headers=_JSON, body=body)
    docs = [_absent(doc) if _is_no_id(doc) else doc for doc in answer.body["docs"]]
    for doc in docs:
        if "error" in doc:
            raise item_error(_STATUS.get(doc["error"]["type"], _UNAVAILABLE), doc["error"], answer.meta)
    return docs


def get_sources(client: Elasticsearch, index: str, ids: Iterable[str], **parameters: str) -> dict[str, dict[str, Any]]:
    """Read the ``_source`` of documents of one index, by id; unknown ids are left out. Parameters as of `multi_get`."""
    docs = multi_get(client, [(index, name) for name in dict.fromkeys(ids)], **parameters)
    return {doc["_id"]: doc["_source"] for doc in docs if doc["found"]}


def get_with_vectors(client: Elasticsearch, index: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read documents by id, with their vectors.

    Returns
    -------
    dict
        Id to ``_source``; unknown ids and deleted products are left out.
    """
    unique = list(dict.fromkeys(ids))
    sources = get_each_with_vectors(client, [(index, name) for name in unique])
    return {name: source for name, source in zip(unique, sources, strict=True) if source is not None}


def get_each_with_vectors(client: Elasticsearch, places: Sequence[Place]) -> list[dict[str, Any] | None]:
    """Read documents of several indices, with their vectors, which ``_source`` leaves out by default.

    Returns
    -------
    list of dict or None
        The ``_source`` of each, in their order; None for an unknown id or a deleted product.
    """
    docs = multi_get(client, places, _source_exclude_vectors="false")
    # A get by id ignores the alias's filter, so deleted products are left out here.
    return [doc["_source"] if doc["found"] and "deleted_at" not in doc["_source"] else None for doc in docs]


def _is_no_id(doc: Mapping[str, Any]) -> bool:
    """Return whether no document can have this id, such as the empty one."""
    return bool(doc.get("error", {}).get("type") == "illegal_argument_exception")


def _absent(doc: Mapping[str, Any]) -> dict[str, Any]:
    return {"_index": doc["_index"], "_id": doc["_id"], "found": False}
