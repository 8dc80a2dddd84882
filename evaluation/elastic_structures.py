"""Elasticsearch's structures for nearest neighbours, each in a temporary index of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from elasticsearch import ApiError, BadRequestError, Elasticsearch
from elasticsearch.helpers import BulkIndexError, pack_dense_vector, streaming_bulk

from es_mappings.layout import Vector
from es_mappings.strategies import plain
from evaluation.indexing import settle
from evaluation.structures import EF, EF_CONSTRUCTION, Built, M, UnavailableError

GRAPHS = ("hnsw", "int8_hnsw", "int4_hnsw", "bbq_hnsw")
FLAT = ("flat", "int8_flat", "int4_flat", "bbq_flat")
EXACT = "script_score"
TYPES = (EXACT, *FLAT, *GRAPHS)
_OVERSAMPLE = 3.0  # for quantized types: candidates per neighbour, rescored by their full vectors


@contextmanager
def built(client: Elasticsearch, index: str, kind: str, vectors: Vector) -> Iterator[Built]:
    """Load vectors into an index of one kind, merged to one segment; delete it afterwards.

    Raises
    ------
    UnavailableError
        Elasticsearch refuses vectors like these in this kind of index.
    """
    field: dict[str, Any] = {"type": "dense_vector", "dims": vectors.shape[1], "similarity": "dot_product"}
    if kind == EXACT:
        field = {"type": "dense_vector", "dims": vectors.shape[1], "index": False}
    else:
        graph = {"m": M, "ef_construction": EF_CONSTRUCTION} if kind in GRAPHS else {}
        field["index_options"] = {"type": kind, **graph}
    try:
        client.indices.create(
            index=index,
            mappings={"dynamic": "strict", "properties": {"vector": field}},
            settings={"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": -1},
        )
        actions = ({"_index": index, "_id": str(i), "vector": pack_dense_vector(v)} for i, v in enumerate(vectors))
        for _ in streaming_bulk(client, actions, chunk_size=500):
            pass
        client.options(request_timeout=1_800).indices.forcemerge(index=index, max_num_segments=1)
        client.indices.refresh(index=index)
        settle(client, index)
        yield Built(_search(client, index, kind), _size(client, index))
    except (BadRequestError, BulkIndexError) as error:
        raise UnavailableError(f"refused: {_reason(error)}") from error
    finally:
        client.options(ignore_status=404).indices.delete(index=index)


def _search(client: Elasticsearch, index: str, kind: str) -> Callable[[Vector, int], list[int]]:
    def query(vector: Vector, k: int) -> dict[str, Any]:
        if kind == EXACT:
            script = {"source": "dotProduct(params.query, 'vector') + 1", "params": {"query": plain(vector)}}
            return {"script_score": {"query": {"match_all": {}}, "script": script}}
        quantized = {"rescore_vector": {"oversample": _OVERSAMPLE}} if kind not in {"flat", "hnsw"} else {}
        return {"knn": {"field": "vector", "query_vector": plain(vector), "k": k, "num_candidates": EF, **quantized}}

    def search(vector: Vector, k: int) -> list[int]:
        answer = client.search(
            index=index, query=query(vector, k), size=k, source=False, track_total_hits=False, request_cache=False
        )
        return [int(hit["_id"]) for hit in answer["hits"]["hits"]]

    return search


def _size(client: Elasticsearch, index: str) -> int:
    """Return the index's bytes on disk: vectors, quantized vectors and graph."""
    client.indices.flush(index=index, force=True)
    return int(client.indices.stats(index=index, metric="store")["_all"]["total"]["store"]["size_in_bytes"])


def _reason(error: ApiError | BulkIndexError) -> str:
    if isinstance(error, BulkIndexError):
        return str(next(iter(error.errors[0].values())).get("error", {}).get("reason", error))[:160]
    cause: dict[str, Any] = error.body.get("error", {}) if isinstance(error.body, dict) else {}
    inner = cause.get("caused_by", cause)
    return str(inner.get("reason", error))[:160]
