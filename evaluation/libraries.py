"""Contenders that find neighbours by an in-process library: no keywords, facets, totals or concurrent writes."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from types import ModuleType

import numpy as np

from es_mappings.product import LAYOUT
from evaluation.clustered import Catalogue
from evaluation.contenders import Answer, Contender
from evaluation.workload import PAGE, Task, points

# The product mapping's graph parameters, and one search depth for all libraries.
M, EF_CONSTRUCTION, EF = 16, 100, 200

# NMSLIB can't filter, so it returns enough neighbours for a page to match, but at most this many.
_NMSLIB_MOST = 5_000


def brute_force(catalogue: Catalogue) -> Contender:
    """Return a contender that compares all matches with NumPy."""

    def prepare(task: Task) -> Callable[[], Answer]:
        matching = np.flatnonzero(catalogue.selected(task.share))
        matching = matching[~np.isin(matching, task.numbers)]
        # Gathering the matches isn't timed: a real system would store them contiguously.
        rows = catalogue.vectors[matching] if task.share < 1 else None
        weighed, farthest = points(task, LAYOUT)

        def search() -> Answer:
            products = (catalogue.vectors[matching] if rows is None else rows) @ weighed.T
            values = products.min(axis=1) if farthest else products.max(axis=1)
            best = np.argpartition(-values, min(PAGE, len(values) - 1))[:PAGE]
            return Answer(matching[best[np.argsort(-values[best])]].tolist(), len(matching))

        return search

    return prepare


def available(say: Callable[[str], None]) -> dict[str, Callable[[Catalogue], Contender]]:
    """Return makers of contenders for the installed libraries; report how to install the others."""
    makers = {"hnswlib": _hnswlib, "NMSLIB": _nmslib}
    installed = {}
    for name, maker in makers.items():
        try:
            installed[name] = _bind(maker, importlib.import_module(name.lower()))
        except ImportError:
            say(f"{name} is left out: it isn't installed (pip install {name.lower()})")
    return installed


def _bind(maker: Callable[[ModuleType, Catalogue], Contender], module: ModuleType) -> Callable[[Catalogue], Contender]:
    return lambda catalogue: maker(module, catalogue)


def _hnswlib(module: ModuleType, catalogue: Catalogue) -> Contender:
    index = module.Index("ip", LAYOUT.dims)
    index.init_index(len(catalogue), M=M, ef_construction=EF_CONSTRUCTION, random_seed=catalogue.seed)
    index.set_num_threads(os.cpu_count() or 1)
    index.add_items(catalogue.vectors)
    index.set_num_threads(1)
    index.set_ef(EF)

    def prepare(task: Task) -> Callable[[], Answer]:
        [weighed], _ = points(task, LAYOUT)
        allowed = catalogue.selected(task.share)
        allowed[list(task.numbers)] = False

        def search() -> Answer:
            k = min(PAGE, int(allowed.sum()))
            labels, _ = index.knn_query(weighed, k=k, filter=allowed.__getitem__)
            return Answer(labels[0].tolist())

        return search

    return prepare


def _nmslib(module: ModuleType, catalogue: Catalogue) -> Contender:
    index = module.init(method="hnsw", space="negdotprod")
    index.addDataPointBatch(catalogue.vectors)
    index.createIndex({"M": M, "efConstruction": EF_CONSTRUCTION, "post": 0}, print_progress=False)

    def prepare(task: Task) -> Callable[[], Answer]:
        [weighed], _ = points(task, LAYOUT)
        allowed = catalogue.selected(task.share)
        allowed[list(task.numbers)] = False
        k = min(_NMSLIB_MOST, len(catalogue), round(1.5 * PAGE / task.share) + len(task.numbers))
        index.setQueryTimeParams({"efSearch": max(EF, k)})

        def search() -> Answer:
            labels, _ = index.knnQuery(weighed, k=k)
            return Answer(labels[allowed[labels]][:PAGE].tolist())

        return search

    return prepare
