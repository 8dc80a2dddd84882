"""Contenders that are vector engines from PyPI, in this process: filtered top 24, no keywords, totals or facets."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from es_mappings.product import LAYOUT
from evaluation.clustered import Catalogue, size_of
from evaluation.contenders import Answer, Contender
from evaluation.libraries import EF, EF_CONSTRUCTION, M
from evaluation.workload import PAGE, Task, points

Maker = Callable[[ModuleType, Catalogue, Path], Contender]

_BATCH = 20_000  # products written at once
_LISTS = 1_000  # inverted lists of a million products, about their square root
_PROBED = 60  # of them that a search reads
_REFINED = 15  # times a page: how many of the nearest by quantized vectors LanceDB compares exactly


@contextmanager
def opened(catalogue: Catalogue, say: Callable[[str], None]) -> Iterator[dict[str, Contender]]:
    """Return the contenders whose engines are installed, with the catalogue written to them; removed at the end."""
    makers: dict[str, tuple[str, Maker]] = {
        "faiss HNSW": ("faiss", _faiss),
        "LanceDB": ("lancedb", _lancedb),
        "Milvus Lite": ("pymilvus", _milvus),
    }
    folder = Path(tempfile.mkdtemp(prefix="engines-"))
    try:
        contenders = {}
        for name, (package, maker) in makers.items():
            try:
                module = importlib.import_module(package)
            except ImportError:
                say(f"{name} is left out: it isn't installed (pip install {package})")
            else:
                say(f"{name}: writing {len(catalogue):,} products")
                contenders[name] = maker(module, catalogue, folder)
        yield contenders
    finally:
        shutil.rmtree(folder)


def _faiss(module: ModuleType, catalogue: Catalogue, _: Path) -> Contender:
    index = module.IndexHNSWFlat(LAYOUT.dims, M, module.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = EF_CONSTRUCTION
    index.add(catalogue.vectors)

    def prepare(task: Task) -> Callable[[], Answer]:
        [weighed], _ = points(task, LAYOUT)
        allowed = catalogue.selected(task.share)
        allowed[list(task.numbers)] = False
        selector = module.IDSelectorBatch(np.flatnonzero(allowed))
        searching = module.SearchParametersHNSW(sel=selector, efSearch=EF)

        def search() -> Answer:
            _, found = index.search(weighed[np.newaxis], PAGE, params=searching)
            return Answer([int(number) for number in found[0] if number >= 0])

        return search

    return prepare


def _lancedb(module: ModuleType, catalogue: Catalogue, folder: Path) -> Contender:
    arrow = importlib.import_module("pyarrow")
    vectors = arrow.list_(arrow.float32(), LAYOUT.dims)
    schema = arrow.schema([("id", arrow.int64()), ("rank", arrow.int64()), ("vector", vectors)])

    def batches() -> Iterator[Any]:
        for numbers in _batches(catalogue):
            flat = arrow.array(catalogue.vectors[numbers].ravel())
            column = arrow.FixedSizeListArray.from_arrays(flat, LAYOUT.dims)
            columns = [arrow.array(numbers), arrow.array(catalogue.rank[numbers]), column]
            yield arrow.RecordBatch.from_arrays(columns, schema=schema)

    table = module.connect(folder / "lance").create_table("products", batches(), schema=schema)
    table.create_scalar_index("rank")
    table.create_index(metric="dot", index_type="IVF_HNSW_SQ", num_partitions=1, m=M, ef_construction=EF_CONSTRUCTION)

    def prepare(task: Task) -> Callable[[], Answer]:
        [weighed], _ = points(task, LAYOUT)

        def search() -> Answer:
            query = table.search(weighed).distance_type("dot").ef(max(EF, PAGE * _REFINED)).refine_factor(_REFINED)
            found = (
                query.where(_allowed(catalogue, task, "NOT IN"), prefilter=True).select(["id", "_distance"]).limit(PAGE)
            )
            return Answer([int(row["id"]) for row in found.to_list()])

        return search

    return prepare


def _milvus(module: ModuleType, catalogue: Catalogue, folder: Path) -> Contender:
    client, types = module.MilvusClient(str(folder / "milvus.db")), module.DataType
    schema = client.create_schema(auto_id=False)
    schema.add_field("id", types.INT64, is_primary=True)
    schema.add_field("rank", types.INT64)
    schema.add_field("vector", types.FLOAT_VECTOR, dim=LAYOUT.dims)
    lists = max(1, round(_LISTS * np.sqrt(len(catalogue) / 1_000_000)))
    indexed = client.prepare_index_params()
    indexed.add_index("vector", index_type="IVF_FLAT", metric_type="IP", params={"nlist": lists})
    client.create_collection("products", schema=schema, index_params=indexed)
    for numbers in _batches(catalogue):
        columns = zip(numbers.tolist(), catalogue.rank[numbers].tolist(), catalogue.vectors[numbers], strict=True)
        client.insert("products", [{"id": i, "rank": rank, "vector": vector} for i, rank, vector in columns])
    client.flush("products")
    client.load_collection("products")

    def prepare(task: Task) -> Callable[[], Answer]:
        [weighed], _ = points(task, LAYOUT)

        def search() -> Answer:
            found = client.search(
                "products",
                data=[weighed],
                limit=PAGE,
                filter=_allowed(catalogue, task, "not in"),
                search_params={"params": {"nprobe": _PROBED}},
            )
            return Answer([int(hit["id"]) for hit in found[0]])

        return search

    return prepare


def _batches(catalogue: Catalogue) -> Iterator[np.ndarray[Any, np.dtype[np.int64]]]:
    for start in range(0, len(catalogue), _BATCH):
        yield np.arange(start, min(start + _BATCH, len(catalogue)), dtype=np.int64)


def _allowed(catalogue: Catalogue, task: Task, outside: str) -> str:
    """Write a filter of what may be found; all values are numbers of this benchmark's own."""
    anchors = ", ".join(str(number) for number in task.numbers)
    brackets = f"({anchors})" if outside.isupper() else f"[{anchors}]"
    return f"rank < {size_of(task.share, len(catalogue))} AND id {outside} {brackets}"
