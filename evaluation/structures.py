"""In-process structures for nearest neighbours by Euclidean distance: brute force, trees, graphs."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from es_mappings.layout import Vector

# The product mapping's graph parameters, and one search depth for all libraries.
M, EF_CONSTRUCTION, EF = 16, 100, 200

Search = Callable[[Vector, int], Sequence[int]]
"""Maps a query, shape (dims,), and k to the numbers of the k nearest vectors, the nearest first."""


@dataclass(frozen=True)
class Built:
    """A structure ready to search, and its size in bytes, vectors included."""

    search: Search
    size: int


Build = Callable[[Vector], Built]
"""Builds a structure from unit vectors, shape (n, dims)."""


class UnavailableError(Exception):
    """A structure isn't available here, or not for vectors like these; the message says why."""


def in_process() -> Iterator[tuple[str, Build]]:
    """Yield the structures with their names."""
    yield "brute force (NumPy)", brute_force
    yield "kd-tree (scikit-learn)", _tree("KDTree")
    yield "ball tree (scikit-learn)", _tree("BallTree")
    yield "HNSW (hnswlib)", _with("hnswlib", _hnswlib)
    yield "HNSW (NMSLIB)", _with("nmslib", _nmslib)
    yield "HNSW (faiss)", _with("faiss", _faiss("HNSW16,Flat"))
    yield "inverted lists (faiss)", _with("faiss", _faiss("IVF128,Flat"))


def brute_force(vectors: Vector) -> Built:
    """Compare with every vector: the ground truth for the other structures."""

    def search(query: Vector, k: int) -> Sequence[int]:
        products = vectors @ query  # of unit vectors, the largest product is the shortest distance
        best = np.argpartition(-products, k)[:k]
        return [int(i) for i in best[np.argsort(-products[best], kind="stable")]]

    return Built(search, vectors.nbytes)


def _tree(name: str) -> Build:
    def build(vectors: Vector) -> Built:
        from sklearn import neighbors

        tree = getattr(neighbors, name)(vectors, leaf_size=40)
        return Built(
            lambda query, k: tree.query(query[None], k, return_distance=False)[0].tolist(),
            sum(np.asarray(part).nbytes for part in tree.get_arrays()),
        )

    return build


def _with(module: str, build: Callable[[ModuleType, Vector], Built]) -> Build:
    def imported(vectors: Vector) -> Built:
        try:
            library = importlib.import_module(module)
        except ImportError as error:
            raise UnavailableError(f"not installed: pip install -r requirements-bench.txt ({error})") from error
        return build(library, vectors)

    return imported


def _hnswlib(library: ModuleType, vectors: Vector) -> Built:
    index = library.Index("l2", vectors.shape[1])
    index.init_index(len(vectors), M=M, ef_construction=EF_CONSTRUCTION, random_seed=7)
    index.add_items(vectors, num_threads=os.cpu_count() or 1)
    index.set_num_threads(1)
    index.set_ef(EF)
    return Built(
        lambda query, k: index.knn_query(query, k=k)[0][0].tolist(),
        _size_of(index.save_index),
    )


def _nmslib(library: ModuleType, vectors: Vector) -> Built:
    index = library.init(method="hnsw", space="l2")
    index.addDataPointBatch(vectors)
    index.createIndex({"M": M, "efConstruction": EF_CONSTRUCTION, "post": 0}, print_progress=False)
    index.setQueryTimeParams({"efSearch": EF})
    return Built(
        lambda query, k: index.knnQuery(query, k=k)[0].tolist(),
        _size_of(lambda path: index.saveIndex(path, save_data=True)),
    )


def _faiss(kind: str) -> Callable[[ModuleType, Vector], Built]:
    def build(library: ModuleType, vectors: Vector) -> Built:
        lists = 128
        if kind.startswith("IVF") and len(vectors) < 39 * lists:  # the minimum that faiss recommends for training
            raise UnavailableError(f"needs {39 * lists:,} vectors or more")
        index: Any = library.index_factory(vectors.shape[1], kind)
        if kind.startswith("HNSW"):
            index.hnsw.efConstruction, index.hnsw.efSearch = EF_CONSTRUCTION, EF
        else:
            index.nprobe = 16
        index.train(vectors)
        index.add(vectors)
        return Built(
            lambda query, k: index.search(query[None], k)[1][0].tolist(), int(library.serialize_index(index).nbytes)
        )

    return build


def _size_of(save: Callable[[str], object]) -> int:
    """Return the size of a structure's file: graph and vectors, without the allocator's overhead."""
    with tempfile.TemporaryDirectory() as folder:
        save(str(Path(folder) / "index"))
        return sum(file.stat().st_size for file in Path(folder).iterdir())
