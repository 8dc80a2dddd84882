"""Near duplicates: products with the same image, or nearly the same one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from es_mappings import duplicates
from es_mappings.layout import Layout, Vector
from indexer.elastic.client import vector
from indexer.elastic.multi_search import multi_search
from indexer.elastic.product_index import ProductIndex

_CHUNK = 200


@dataclass(frozen=True)
class Group:
    """Products that look the same.

    Attributes
    ----------
    ids : tuple of str
    same : bool
        Whether all have the same image file.
    """

    ids: tuple[str, ...]
    same: bool


def groups(index: ProductIndex, *, least: float = duplicates.LEAST_COSINE) -> list[Group]:
    """Group products by their images, the largest groups first.

    Groups are the connected components of a graph: its edges are pairs of equal images, and pairs of products and their
    nearest neighbours in Elasticsearch above the cosine ``least``.

    Parameters
    ----------
    least : float
        Cosine of the look from which two images are nearly the same.
    """
    layout = Layout.from_meta(index.meta()["aspects"])
    ids, digests, pairs = [], [], []
    for chunk in _chunks(index):
        vectors = [(product_id, row) for product_id, _, row in chunk if row is not None]
        ids += [product_id for product_id, _, _ in chunk]
        digests += [digest for _, digest, _ in chunk]
        pairs += _near(index, vectors, layout, least)
    numbers = {product_id: number for number, product_id in enumerate(ids)}
    first: dict[str, str] = {}
    for product_id, digest in zip(ids, digests, strict=True):
        if digest:
            pairs.append((first.setdefault(digest, product_id), product_id))
    edges = [(numbers[a], numbers[b]) for a, b in pairs if a in numbers and b in numbers and a != b]
    if not edges:
        return []
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    left, right = np.array(edges).T
    graph = coo_matrix((np.ones(len(edges)), (left, right)), shape=(len(ids), len(ids)))
    count, labels = connected_components(graph, directed=False)
    components: list[list[int]] = [[] for _ in range(count)]
    for number, label in enumerate(labels):
        components[label].append(number)
    duplicate_groups = [
        Group(tuple(sorted(ids[number] for number in component)), len({digests[number] for number in component}) == 1)
        for component in components
        if len(component) > 1
    ]
    return sorted(duplicate_groups, key=lambda g: (-len(g.ids), g.ids))


def _near(
    index: ProductIndex, vectors: Sequence[tuple[str, Vector]], layout: Layout, least: float
) -> list[tuple[str, str]]:
    searches = [duplicates.near(product_id, row, layout, least) for product_id, row in vectors]
    answers = multi_search(index.client, searches, index=index.name)
    return [
        (product_id, hit["_id"])
        for (product_id, _), answer in zip(vectors, answers, strict=True)
        for hit in answer["hits"]["hits"]
    ]


def _chunks(index: ProductIndex) -> Iterator[list[tuple[str, str | None, Vector | None]]]:
    query = {
        "query": {"exists": {"field": "embedding.image_digest"}},
        "_source": {"exclude_vectors": False, "includes": ["vector", "embedding.image_digest"]},
    }
    chunk: list[tuple[str, str | None, Vector | None]] = []
    for hit in index.scan(query, size=_CHUNK):
        source = hit["_source"]
        row = vector(source["vector"]) if "vector" in source else None
        chunk.append((hit["_id"], source["embedding"].get("image_digest"), row))
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
